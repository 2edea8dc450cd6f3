/** What every resource has, in resources within resources: its kind, its version and its metadata. */

import { decodeValue } from '../decode.js';
import { DecodeError } from '../decode-mismatch.js';
import { type FieldError, invalid, type Path, required } from '../field-errors.js';
import type { ObjectMeta } from '../gen/types.js';
import { pathSegmentName, validateObjectMeta } from '../meta.js';
import { dns1035LabelErrors } from '../names.js';
import { isRecord } from '../object.js';
import { METADATA } from './embedded-form.js';
import { isEmbedded, itemsOf, type JsonSchema, propertyOf, valuesOf } from './json-schema.js';

/** The first value in it that is of no type that its field could have. */
export function metadataMismatch(value: unknown, schema: JsonSchema | undefined, at: Path): FieldError | undefined {
  if (schema === undefined) return undefined;
  if (Array.isArray(value))
    return first(value.entries(), ([index, item]) => metadataMismatch(item, itemsOf(schema), at.index(index)));
  if (!isRecord(value)) return undefined;
  return first(Object.entries(value).sort(byKey), ([key, item]) => {
    const wrong = isEmbedded(schema) ? fieldMismatch(key, item, at) : undefined;
    if (wrong !== undefined) return wrong;
    const property = propertyOf(schema, key);
    return property === undefined
      ? metadataMismatch(item, valuesOf(schema), at.key(key))
      : metadataMismatch(item, property, at.child(key));
  });
}

const byKey = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]) => (a < b ? -1 : 1);

function first<T, R>(items: Iterable<T>, find: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

function fieldMismatch(key: string, value: unknown, at: Path): FieldError | undefined {
  if (key === 'apiVersion' || key === 'kind')
    return typeof value === 'string' ? undefined : invalid(at.child(key), value, 'must be a string');
  if (key !== 'metadata') return undefined;
  const metadata = readMetadata(value);
  return typeof metadata === 'string' ? invalid(at.child(key), value, metadata) : undefined;
}

/** The metadata, or why it is none. */
function readMetadata(value: unknown): ObjectMeta | string {
  try {
    return decodeValue(value, METADATA, 'ObjectMeta').object as ObjectMeta;
  } catch (error) {
    if (error instanceof DecodeError) return error.message;
    throw error;
  }
}

/** What is wrong with those resources, where all values are of the right types. */
export function validateResources(value: unknown, schema: JsonSchema | undefined, at: Path): FieldError[] {
  if (schema === undefined) return [];
  if (Array.isArray(value))
    return value.flatMap((item, index) => validateResources(item, itemsOf(schema), at.index(index)));
  if (!isRecord(value)) return [];
  const errors = isEmbedded(schema) ? validateResource(value, at) : [];
  for (const [key, item] of Object.entries(value).sort(byKey)) {
    const property = propertyOf(schema, key);
    if (property !== undefined) errors.push(...validateResources(item, property, at.child(key)));
    else errors.push(...validateResources(item, valuesOf(schema), at.key(key)));
  }
  return errors;
}

function validateResource(resource: Readonly<Record<string, unknown>>, at: Path): FieldError[] {
  const errors: FieldError[] = [];
  for (const field of ['apiVersion', 'kind'])
    if (!Object.hasOwn(resource, field)) errors.push(required(at.child(field)));
  const { apiVersion, kind, metadata } = resource;
  if (apiVersion !== undefined) errors.push(...validateApiVersion(apiVersion, at.child('apiVersion')));
  if (kind !== undefined) errors.push(...validateKind(kind, at.child('kind')));
  if (metadata !== undefined) errors.push(...validateMetadata(metadata, at.child('metadata')));
  return errors;
}

function validateApiVersion(value: unknown, at: Path): FieldError[] {
  if (typeof value !== 'string') return [invalid(at, value, 'must be a string')];
  if (value === '') return [invalid(at, value, 'must not be empty')];
  return value.split('/').length > 2 ? [invalid(at, value, `unexpected GroupVersion string: ${value}`)] : [];
}

function validateKind(value: unknown, at: Path): FieldError[] {
  if (typeof value !== 'string') return [invalid(at, value, 'must be a string')];
  if (value === '') return [invalid(at, value, 'must not be empty')];
  const wrong = dns1035LabelErrors(value.toLowerCase());
  const text = `may have mixed case, but should otherwise match: ${wrong.join(',')}`;
  return wrong.length === 0 ? [] : [invalid(at, value, text)];
}

function validateMetadata(value: unknown, at: Path): FieldError[] {
  const metadata = readMetadata(value);
  if (typeof metadata === 'string') return [invalid(at, value, metadata)];
  // A name is not asked for: the schema of a resource knows none.
  const named = { ...metadata, name: metadata.name || 'fakename' };
  return validateObjectMeta(named, { namespaced: Boolean(named.namespace), nameRule: pathSegmentName, path: at });
}
