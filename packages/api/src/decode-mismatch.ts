/** What Go says of a value that a field cannot hold. */
import { isRecord } from './object.js';
import { readSchemaFile, resolve, type Schema } from './schema.js';

/** A value of the wrong type; the message is Go's. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
}

/** Where the value was to go: the Go struct and the names of the fields from the top. */
export interface Target {
  readonly struct: string;
  readonly fields: string;
  /** The Go type that was declared, where the schema does not tell it. */
  readonly declared?: string | undefined;
  /** The value is no text to be decoded but what a patch made: another decoder, other words. */
  readonly unstructured: boolean;
}

export function mismatch(value: unknown, schema: Schema, target: Target, number = ''): DecodeError {
  if (target.unstructured) return new DecodeError(unstructuredText(value, schema, target.declared));
  const found = number === '' ? jsonTypeOf(value) : `number ${number}`;
  const { struct, fields, declared = goType(schema) } = target;
  const into =
    struct === '' ? `Go value of type ${declared}` : `Go struct field ${struct}.${fields} of type ${declared}`;
  return new DecodeError(`json: cannot unmarshal ${found} into ${into}`);
}

/** Go types by the types and fields that have them, where these are named strings, lists or maps. */
const goTypes = readSchemaFile<Record<string, Readonly<Record<string, string>>>>('go-types.json');

/** The Go type of a struct's field, where the schema does not tell it. */
export function declaredType(node: Schema, field: string): string | undefined {
  return node.name === undefined ? undefined : goTypes[node.name]?.[field];
}

/** The Go type of the items of a list or map of such a type; undefined where it has a name of its own. */
export function declaredItem(declared: string | undefined): string | undefined {
  return declared === undefined ? undefined : /^(?:\[\]|map\[[^\]]*\])\*?(.*)$/.exec(declared)?.[1];
}

export function jsonTypeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'bigint') return 'number';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

function goType(schema: Schema): string {
  const node = resolve(schema);
  if (node.properties !== undefined && schema.ref !== undefined) return schema.ref.split('.').slice(-2).join('.');
  switch (node.type) {
    case 'array':
      return `[]${goType(node.items ?? {})}`;
    case 'object':
      return `map[string]${node.map === undefined ? 'interface {}' : goType(node.map)}`;
    default:
      return node.format === 'byte' ? '[]uint8' : goKind(node);
  }
}

function goKind({ type, format }: Schema): string {
  switch (type) {
    case 'boolean':
      return 'bool';
    case 'integer':
      return format ?? 'int64';
    case 'number':
      return 'float64';
    default:
      return 'string';
  }
}

function unstructuredText(value: unknown, schema: Schema, declared: string | undefined): string {
  const node = resolve(schema);
  const found = unstructuredKind(value);
  if (node.type === 'array') return `cannot restore slice from ${found}`;
  if (node.type === 'object')
    return node.properties === undefined ? `cannot restore map from ${found}` : `cannot restore struct from: ${found}`;
  const wanted = goKind(node);
  const isNumber = (kind: string) => /^(?:int|float)/.test(kind);
  const isConvertible = isNumber(found) && (isNumber(wanted) || (found === 'int64' && wanted === 'string'));
  return isConvertible ? `cannot convert ${found} to ${declared ?? wanted}` : `unrecognized type: ${wanted}`;
}

function unstructuredKind(value: unknown): string {
  if (Array.isArray(value)) return 'slice';
  if (isRecord(value)) return 'map';
  if (typeof value === 'bigint' || Number.isInteger(value)) return 'int64';
  return typeof value === 'number' ? 'float64' : jsonTypeOf(value);
}
