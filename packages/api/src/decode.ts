/** Turns a parsed body into an object of a kind: types are checked, unknown fields found and left out. */
import { badRequest } from './errors.js';
import { quote } from './field-errors.js';
import type { ObjectMeta } from './gen/types.js';
import type { Kind, KubeObject } from './kind.js';
import { apiVersionOf, deepEqual, isRecord, parseApiVersion } from './object.js';
import { canonicalQuantity } from './quantity.js';
import { resolve, type Schema, typeNameOf } from './schema.js';

export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

export interface DecodeOptions {
  readonly fieldValidation: FieldValidation;
  /** Fields that the text gave twice, as parseJson finds them. */
  readonly duplicates?: readonly string[];
}

export interface Decoded<T> {
  readonly object: T;
  readonly warnings: string[];
}

/** A value of the wrong type; the message is Go's. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
}

/** A body as an object of `kind`. Throws ApiError 400 on what is not one. */
export function decodeObject<T extends KubeObject>(kind: Kind<T>, value: unknown, options: DecodeOptions): Decoded<T> {
  const gvk = checkTypeMeta(kind, value);
  try {
    const { object, strictErrors } = decodeValue(value, kind.schema, kind.kind);
    const problems = [...(options.duplicates ?? []).map((field) => `duplicate field ${quote(field)}`), ...strictErrors];
    if (problems.length > 0 && options.fieldValidation === 'Strict') throw strictError(problems);
    const typed = { ...(object as object), apiVersion: apiVersionOf(kind.group, kind.version), kind: kind.kind };
    const whole = typed as unknown as T;
    whole.metadata ??= {};
    const warnings = options.fieldValidation === 'Warn' ? problems : [];
    return { object: whole, warnings: [...warnings, ...dropDuplicateOwners(whole.metadata)] };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw cannotHandle(gvk.kind, gvk.version, kind.kind, error.message);
  }
}

/** An owner named twice is named once; gives the warning about it. */
function dropDuplicateOwners(metadata: ObjectMeta): string[] {
  const owners = metadata.ownerReferences ?? [];
  const kept = owners.filter((owner, index) => owners.findIndex((other) => deepEqual(owner, other)) === index);
  if (kept.length === owners.length) return [];
  metadata.ownerReferences = kept;
  const uids = [...new Set(owners.filter((owner) => !kept.includes(owner)).map((owner) => owner.uid))];
  return [
    `.metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${uids.join(', ')}`,
  ];
}

export function strictError(problems: readonly string[]): DecodeError {
  return new DecodeError(`strict decoding error: ${problems.join(', ')}`);
}

/** A value against a schema alone; `strictErrors` are texts such as `unknown field "spec.foo"`. */
export function decodeValue(
  value: unknown,
  schema: Schema,
  structName: string,
): { object: unknown; strictErrors: string[] } {
  const strictErrors: string[] = [];
  const object = decodeNode(value, schema, { struct: '', fields: '', path: '', goName: structName, strictErrors });
  return { object, strictErrors };
}

function cannotHandle(found: string, version: string, wanted: string, why: string): Error {
  return badRequest(`${found} in version ${quote(version)} cannot be handled as a ${wanted}: ${why}`);
}

function checkTypeMeta(kind: Kind, value: unknown): { kind: string; version: string } {
  const ours = { kind: kind.kind, version: kind.version };
  if (!isRecord(value)) {
    const text = `json: cannot unmarshal ${jsonTypeOf(value)} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`;
    throw badRequest(`couldn't get version/kind; json parse error: ${text}`);
  }
  const apiVersion = value['apiVersion'] ?? apiVersionOf(kind.group, kind.version);
  const found = value['kind'] ?? kind.kind;
  if (typeof apiVersion !== 'string' || typeof found !== 'string') return ours;
  if (apiVersion.split('/').length > 2) throw unrecognized(kind, value, apiVersion);
  const { group, version } = apiVersion === '' ? kind : parseApiVersion(apiVersion);
  const name = found === '' ? kind.kind : found;
  if (group === kind.group && version === kind.version && name === kind.kind) return ours;
  throw cannotHandle(name, version, kind.kind, wrongKindText(kind, group, version, name));
}

function unrecognized(kind: Kind, value: unknown, apiVersion: string): Error {
  const start = JSON.stringify(value).slice(0, 30);
  const why = `unexpected GroupVersion string: ${apiVersion} (${start} ...)`;
  return badRequest(`the object provided is unrecognized (must be of type ${kind.kind}): ${why}`);
}

function wrongKindText(kind: Kind, group: string, version: string, found: string): string {
  if (typeNameOf(group, version, found) === undefined) {
    const apiVersion = apiVersionOf(group, version);
    return `no kind ${quote(found)} is registered for version ${quote(apiVersion)} in scheme "pkg/api/legacyscheme/scheme.go:30"`;
  }
  const internal = kind.group === '' ? 'core' : (kind.group.split('.')[0] ?? '');
  return `converting (${version}.${found}) to (${internal}.${kind.kind}): unknown conversion`;
}

interface Where {
  /** The Go struct that the field is in. */
  readonly struct: string;
  /** Field names from the top, without list indexes. */
  readonly fields: string;
  /** The whole path, with list indexes. */
  readonly path: string;
  /** The name of the struct that this value is, if it is one. */
  readonly goName: string;
  readonly strictErrors: string[];
}

function decodeNode(value: unknown, schema: Schema, where: Where): unknown {
  if (value === null || value === undefined) return null;
  const node = resolve(schema);
  if (node.format === 'quantity') return decodeQuantity(value);
  if (node.format === 'int-or-string') return decodeIntOrString(value, where);
  switch (node.type) {
    case 'object':
      return decodeObjectNode(value, node, schema, where);
    case 'array':
      if (!Array.isArray(value)) throw mismatch(value, schema, where);
      return value.map((item, index) =>
        decodeItem(item, node.items ?? {}, { ...where, path: `${where.path}[${index}]` }),
      );
    case 'string':
      if (typeof value !== 'string') throw mismatch(value, schema, where);
      return decodeString(value, node.format);
    case 'boolean':
      if (typeof value !== 'boolean') throw mismatch(value, schema, where);
      return value;
    case 'integer':
      return decodeInteger(value, schema, node.format, where);
    case 'number':
      if (typeof value !== 'number') throw mismatch(value, schema, where);
      return value;
    default:
      return value;
  }
}

/** A null among a list's items is a zero value. */
function decodeItem(value: unknown, schema: Schema, where: Where): unknown {
  if (value !== null) return decodeNode(value, schema, named(where, schema));
  const { type } = resolve(schema);
  return type === 'object' ? {} : type === 'string' ? '' : type === 'array' ? [] : 0;
}

function named(where: Where, schema: Schema): Where {
  return { ...where, goName: schema.ref?.split('.').at(-1) ?? '' };
}

function decodeObjectNode(value: unknown, node: Schema, schema: Schema, where: Where): unknown {
  if (node.map === undefined && node.properties === undefined) {
    if (!isRecord(value) && schema.ref?.endsWith('.FieldsV1') === true) throw mismatch(value, schema, where);
    return value;
  }
  if (!isRecord(value)) throw mismatch(value, schema, where);
  if (node.properties === undefined) return decodeMap(value, node.map ?? {}, where);
  const object: Record<string, unknown> = {};
  for (const [field, item] of Object.entries(value)) {
    const path = where.path === '' ? field : `${where.path}.${field}`;
    const property = Object.hasOwn(node.properties, field) ? node.properties[field] : undefined;
    if (property === undefined) {
      if (node.preserveUnknownFields === true) object[field] = item;
      else if (node.map !== undefined) object[field] = decodeNode(item, node.map, where);
      else where.strictErrors.push(`unknown field ${quote(path)}`);
      continue;
    }
    const fields = where.fields === '' ? field : `${where.fields}.${field}`;
    const decoded = decodeNode(item, property, named({ ...where, struct: where.goName, fields, path }, property));
    if (decoded !== null) object[field] = decoded;
  }
  return object;
}

function decodeMap(value: Record<string, unknown>, schema: Schema, where: Where): Record<string, unknown> {
  const map: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    map[key] = decodeItem(item, schema, { ...where, path: `${where.path}.${key}` });
  }
  return map;
}

function decodeQuantity(value: unknown): string {
  if (typeof value !== 'string' && typeof value !== 'number') {
    throw new DecodeError(
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    );
  }
  try {
    return canonicalQuantity(typeof value === 'string' ? value.trim() : value);
  } catch (error) {
    throw new DecodeError((error as Error).message);
  }
}

function decodeIntOrString(value: unknown, where: Where): unknown {
  if (typeof value === 'string') return value;
  return decodeInteger(value, { type: 'integer', format: 'int32' }, 'int32', where);
}

const INTEGER_MAX: Readonly<Record<string, number>> = { int32: 2 ** 31 - 1, int64: 2 ** 63 };

function decodeInteger(value: unknown, schema: Schema, format: string | undefined, where: Where): number {
  if (typeof value !== 'number') throw mismatch(value, schema, where);
  const max = INTEGER_MAX[format ?? 'int64'] ?? 2 ** 63;
  if (!Number.isInteger(value) || value > max || value < -max - 1) throw mismatch(value, schema, where, String(value));
  return value;
}

function decodeString(value: string, format: string | undefined): string {
  if (format === 'byte') return canonicalBase64(value);
  if (format === 'date-time' || format === 'micro-time') return decodeTime(value, format);
  return value;
}

/** Bytes in the one text that stands for them. */
function canonicalBase64(value: string): string {
  const text = value.replace(/[\r\n]/g, '');
  const bad = /[^A-Za-z0-9+/]/.exec(text.replace(/={1,2}$/, ''));
  const good = text.length % 4 === 0 && bad === null && !/^=|=[^=]/.test(text);
  if (good) return Buffer.from(text, 'base64').toString('base64');
  throw new DecodeError(`illegal base64 data at input byte ${bad?.index ?? text.length}`);
}

const RFC3339 = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

/** Times are kept in UTC; those of seconds lose their fraction. */
function decodeTime(value: string, format: string): string {
  const match = RFC3339.exec(value);
  const time = match === null ? Number.NaN : Date.parse(value);
  if (Number.isNaN(time)) {
    const layout = format === 'micro-time' ? '2006-01-02T15:04:05.000000Z07:00' : '2006-01-02T15:04:05Z07:00';
    throw new DecodeError(`parsing time ${quote(value)} as ${quote(layout)}: cannot parse ${quote(value)} as "2006"`);
  }
  const seconds = new Date(time).toISOString().slice(0, 19);
  if (format === 'date-time') return `${seconds}Z`;
  const fraction = (match?.[7] ?? '.').slice(1, 7).padEnd(6, '0');
  return `${seconds}.${fraction}Z`;
}

function mismatch(value: unknown, schema: Schema, where: Where, number = ''): DecodeError {
  const found = number === '' ? jsonTypeOf(value) : `number ${number}`;
  const target =
    where.struct === ''
      ? `Go value of type ${goType(schema)}`
      : `Go struct field ${where.struct}.${where.fields} of type ${goType(schema)}`;
  return new DecodeError(`json: cannot unmarshal ${found} into ${target}`);
}

function jsonTypeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

function goType(schema: Schema): string {
  const node = resolve(schema);
  if (node.properties !== undefined && schema.ref !== undefined) return schema.ref.split('.').slice(-2).join('.');
  switch (node.type) {
    case 'array':
      return `[]${goType(node.items ?? {})}`;
    case 'boolean':
      return 'bool';
    case 'integer':
      return node.format ?? 'int64';
    case 'number':
      return 'float64';
    case 'object':
      return `map[string]${node.map === undefined ? 'interface {}' : goType(node.map)}`;
    default:
      return node.format === 'byte' ? '[]uint8' : 'string';
  }
}
