import { type Declaration, listDeclaration, mapDeclaration, objectDeclaration, scalar } from './declaration.js';
import { escapeProperty } from './escape.js';
import { BOOL, BYTES, DOUBLE, DURATION, DYN, INT, STRING, TIMESTAMP } from './type.js';

/** As much of an OpenAPI v3 (structural) schema as expressions and their costs are about. */
export interface Schema {
  readonly type?: string;
  readonly format?: string;
  readonly nullable?: boolean;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly required?: readonly string[];
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-embedded-resource'?: boolean;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  readonly 'x-kubernetes-list-type'?: string;
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
}

/** Bytes of the largest request that the API server takes. */
export const REQUEST_MAX = 3 * 1024 * 1024;

const SIZE = { string: 2, bool: 4, number: 1, duration: 3, date: 12, dateTime: 21, intOrString: 1 } as const;
const DURATION_LENGTH_MAX = 32;
const DATE_LENGTH_MAX = 12;
const DATE_TIME_LENGTH_MAX = 32;
const STRING_LENGTH_MAX = REQUEST_MAX - 2;
/** Bytes of a code point at the most. */
const POINT_BYTES_MAX = 4;

const NAME: Schema = { type: 'string' };
const METADATA: Schema = { type: 'object', properties: { name: NAME, generateName: NAME } };

/** The schema with what every resource has, whether its schema says so or not. */
export function withTypeAndMetadata(schema: Schema): Schema {
  return {
    ...schema,
    properties: { ...schema.properties, kind: NAME, apiVersion: NAME, metadata: METADATA },
  };
}

/** What expressions see of values of the schema; undefined if they may not see them at all. */
export function schemaDeclaration(schema: Schema, isResource: boolean): Declaration | undefined {
  if (schema['x-kubernetes-int-or-string']) {
    const length = schema.maxLength === undefined ? STRING_LENGTH_MAX : pointBytes(schema.maxLength);
    return scalar(DYN, SIZE.intOrString, length);
  }
  const known = isResource ? withTypeAndMetadata(schema) : schema;
  switch (known.type) {
    case 'array':
      return arrayDeclaration(known);
    case 'object':
      return objectOrMap(known);
    case 'string':
      return stringDeclaration(known);
    case 'boolean':
      return scalar(BOOL, SIZE.bool);
    case 'number':
      return scalar(DOUBLE, SIZE.number);
    case 'integer':
      return scalar(INT, SIZE.number);
    default:
      return undefined;
  }
}

const nested = (schema: Schema) => schemaDeclaration(schema, schema['x-kubernetes-embedded-resource'] === true);
const atLeastZero = (value: number) => Math.max(value, 0);
const pointBytes = (length: number) => atLeastZero(length) * POINT_BYTES_MAX;

function arrayDeclaration(schema: Schema): Declaration | undefined {
  const items = schema.items && nested(schema.items);
  if (!items) return undefined;
  const fitting = Math.floor((REQUEST_MAX - 2) / (items.minSize + 1));
  return listDeclaration(items, schema.maxItems === undefined ? fitting : atLeastZero(schema.maxItems));
}

function objectOrMap(schema: Schema): Declaration | undefined {
  const { additionalProperties } = schema;
  if (typeof additionalProperties === 'object') {
    const values = nested(additionalProperties);
    if (!values) return undefined;
    const fitting = Math.floor((REQUEST_MAX - 2) / (values.minSize + 6));
    return mapDeclaration(values, schema.maxProperties === undefined ? fitting : atLeastZero(schema.maxProperties));
  }
  const fields = new Map<string, Declaration>();
  const required = new Set(schema.required);
  let minSize = 2;
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const declaration = nested(property);
    if (!declaration) continue;
    const escaped = escapeProperty(name);
    if (escaped !== undefined) fields.set(escaped, declaration);
    if (required.has(name) && property.default === undefined) {
      minSize += Buffer.byteLength(name) + declaration.minSize + 4;
    }
  }
  return objectDeclaration(fields, minSize);
}

function stringDeclaration(schema: Schema): Declaration {
  switch (schema.format) {
    case 'byte':
      return scalar(
        BYTES,
        SIZE.string,
        schema.maxLength === undefined ? STRING_LENGTH_MAX : atLeastZero(schema.maxLength),
      );
    case 'duration':
      return scalar(DURATION, SIZE.duration, DURATION_LENGTH_MAX);
    case 'date':
      return scalar(TIMESTAMP, SIZE.date, DATE_LENGTH_MAX);
    case 'date-time':
      return scalar(TIMESTAMP, SIZE.dateTime, DATE_TIME_LENGTH_MAX);
  }
  if (schema.maxLength !== undefined) return scalar(STRING, SIZE.string, pointBytes(schema.maxLength));
  if (!schema.enum?.length) return scalar(STRING, SIZE.string, STRING_LENGTH_MAX);
  const longest = schema.enum.map((it) => (typeof it === 'string' ? Buffer.byteLength(it) : 0));
  return scalar(STRING, SIZE.string, Math.max(...longest));
}
