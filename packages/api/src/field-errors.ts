/** Validation errors of single fields, in the words of k8s.io/apimachinery/pkg/util/validation/field. */

import { goQuote as quote } from '@keelson/cel';
import { encodeGoJson } from './exact-json.js';
import { goNumber } from './go-text.js';

export type FieldErrorType =
  | 'FieldValueNotFound'
  | 'FieldValueRequired'
  | 'FieldValueDuplicate'
  | 'FieldValueInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueForbidden'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'InternalError'
  | 'FieldValueTypeInvalid';

export interface FieldError {
  readonly type: FieldErrorType;
  /** Path such as `spec.containers[0].name`. */
  readonly field: string;
  readonly value?: unknown;
  readonly detail: string;
  /** The rule that found it, where not every cluster has that rule: one that lives on one machine has loopback addresses. */
  readonly rule?: 'loopback';
}

const TITLES: Readonly<Record<FieldErrorType, string>> = {
  FieldValueNotFound: 'Not found',
  FieldValueRequired: 'Required value',
  FieldValueDuplicate: 'Duplicate value',
  FieldValueInvalid: 'Invalid value',
  FieldValueNotSupported: 'Unsupported value',
  FieldValueForbidden: 'Forbidden',
  FieldValueTooLong: 'Too long',
  FieldValueTooMany: 'Too many',
  InternalError: 'Internal error',
  FieldValueTypeInvalid: 'Invalid value',
};

const WITHOUT_VALUE: ReadonlySet<FieldErrorType> = new Set<FieldErrorType>([
  'FieldValueRequired',
  'FieldValueForbidden',
  'FieldValueTooLong',
  'InternalError',
]);

/** A field's path. Immutable: `child`, `index` and `key` give a new one. */
export class Path {
  readonly #text: string;

  constructor(text = '') {
    this.#text = text;
  }

  child(...names: readonly string[]): Path {
    const tail = names.join('.');
    return new Path(this.#text === '' ? tail : `${this.#text}.${tail}`);
  }

  index(index: number): Path {
    return new Path(`${this.#text}[${index}]`);
  }

  key(key: string): Path {
    return new Path(`${this.#text}[${key}]`);
  }

  /** Of the root, as upstream prints a path that is none. */
  toString(): string {
    return this.#text === '' ? '<nil>' : this.#text;
  }
}

export function path(...names: readonly string[]): Path {
  return new Path(names.join('.'));
}

type At = Path | string;

export function required(field: At, detail = ''): FieldError {
  return { type: 'FieldValueRequired', field: String(field), detail };
}

export function invalid(field: At, value: unknown, detail: string): FieldError {
  return { type: 'FieldValueInvalid', field: String(field), value, detail };
}

export function typeInvalid(field: At, value: unknown, detail: string): FieldError {
  return { type: 'FieldValueTypeInvalid', field: String(field), value, detail };
}

export function notSupported(field: At, value: unknown, supported: readonly string[]): FieldError {
  const detail = supported.length === 0 ? '' : `supported values: ${supported.map(quote).join(', ')}`;
  return { type: 'FieldValueNotSupported', field: String(field), value, detail };
}

export function notFound(field: At, value: unknown): FieldError {
  return { type: 'FieldValueNotFound', field: String(field), value, detail: '' };
}

export function duplicate(field: At, value: unknown): FieldError {
  return { type: 'FieldValueDuplicate', field: String(field), value, detail: '' };
}

export function forbidden(field: At, detail: string): FieldError {
  return { type: 'FieldValueForbidden', field: String(field), detail };
}

/** `limit` counts bytes. */
export function tooLong(field: At, limit: number): FieldError {
  const detail = limit >= 0 ? `may not be more than ${limit} bytes` : 'value is too long';
  return { type: 'FieldValueTooLong', field: String(field), detail };
}

export function tooMany(field: At, actual: number, limit: number): FieldError {
  const detail = limit >= 0 ? `must have at most ${limit} item${limit === 1 ? '' : 's'}` : 'has too many items';
  return { type: 'FieldValueTooMany', field: String(field), value: actual, detail };
}

export function internal(field: At, detail: string): FieldError {
  return { type: 'InternalError', field: String(field), detail };
}

/** Of an error whose value is not told. */
export const OMITTED: unique symbol = Symbol('omitted');

/** The error without its field, as it stands in a Status cause's message. */
export function errorBody(error: FieldError): string {
  const title = TITLES[error.type];
  const isTold = !WITHOUT_VALUE.has(error.type) && error.value !== OMITTED;
  const head = isTold ? `${title}: ${formatValue(error.value)}` : title;
  return error.detail === '' ? head : `${head}: ${error.detail}`;
}

/** The whole error: `spec.replicas: Invalid value: -1: must be greater than or equal to 0`. */
export function errorText(error: FieldError): string {
  return `${error.field}: ${errorBody(error)}`;
}

function formatValue(value: unknown): string {
  if (value === undefined || value === null) return 'null';
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'number') return goNumber(value);
  if (typeof value !== 'object') return String(value);
  return encodeGoJson(value);
}

export { quote };
