/** Turns a parsed body into an object of a kind: types are checked, unknown fields found and left out. */
import { DecodeError, declaredItem, declaredType, jsonTypeOf, mismatch } from './decode-mismatch.js';
import { decodeScalar, type ScalarTarget, wrong } from './decode-scalars.js';
import { embeddedFields } from './embedded.js';
import { type ApiError, badRequest } from './errors.js';
import { encodeJson } from './exact-json.js';
import { quote } from './field-errors.js';
import type { ObjectMeta } from './gen/types.js';
import { FAULTS_MAX, type Note, type Notes } from './json.js';
import type { Kind, KubeObject } from './kind.js';
import { isPointer } from './normalize.js';
import { apiVersionOf, identityText, isRecord, parseApiVersion } from './object.js';
import { resolve, type Schema, typeNameOf } from './schema.js';
import { memberOf, type Union, unionOf } from './schema-unions.js';

/** A kind by its names. */
type GroupVersionKind = Pick<Kind, 'group' | 'version' | 'kind'>;

export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

export interface DecodeOptions {
  readonly fieldValidation: FieldValidation;
  /** What the reader of the text found wrong with it, told before what is found here. */
  readonly faults?: readonly string[];
  /** What the text said beyond its value, from parseJson. */
  readonly notes?: Notes | undefined;
  /** The value is what a strategic merge patch made: faults further in are told first, and in other words. */
  readonly unstructured?: boolean;
}

export interface Decoded<T> {
  readonly object: T;
  readonly warnings: string[];
  /** It is none of its kind, which is told behind the warnings. */
  readonly refused?: ApiError | undefined;
}

/** A body as an object of `kind`. Throws ApiError 400 on what is not one. */
export function decodeObject<T extends KubeObject>(kind: Kind<T>, value: unknown, options: DecodeOptions): Decoded<T> {
  const found = kind.typeOf(value);
  try {
    const { object, strictErrors } = kind.read(value, options);
    const problems = [...(options.faults ?? []), ...strictErrors];
    if (problems.length > 0 && options.fieldValidation === 'Strict') throw strictError(problems);
    const typed = { ...(object as object), apiVersion: apiVersionOf(kind.group, kind.version), kind: kind.kind };
    const whole = typed as unknown as T;
    whole.metadata ??= {};
    const warnings = options.fieldValidation === 'Warn' ? problems.flatMap(singleFaults) : [];
    if (found.refused !== undefined) return { object: whole, warnings, refused: found.refused };
    return { object: whole, warnings: [...warnings, ...dropDuplicateOwners(whole.metadata)] };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw cannotHandle(found.kind, found.version, kind.kind, error.message);
  }
}

/** What a YAML reader found is one text in errors and several in warnings. */
function singleFaults(fault: string): string[] {
  const list = /^yaml: unmarshal errors:\n(.*)$/s.exec(fault)?.[1];
  return list === undefined ? [fault] : list.split('\n').map((line) => line.trim());
}

/** An owner named twice is named once; gives the warning about it. */
function dropDuplicateOwners(metadata: ObjectMeta): string[] {
  const owners = metadata.ownerReferences ?? [];
  if (owners.length < 2) return [];
  const seen = new Set<string>();
  const isFirst = owners.map((owner) => {
    const known = seen.size;
    return seen.add(identityText(owner)).size > known;
  });
  if (seen.size === owners.length) return [];
  metadata.ownerReferences = owners.filter((_, index) => isFirst[index]);
  const uids = [...new Set(owners.filter((_, index) => !isFirst[index]).map((owner) => owner.uid))];
  return [
    `.metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${uids.join(', ')}`,
  ];
}

export function strictError(problems: readonly string[]): DecodeError {
  return new DecodeError(`strict decoding error: ${problems.join(', ')}`);
}

/** A value against a schema alone; `strictErrors` are texts such as `unknown field "spec.foo"`, in the text's order. */
export function decodeValue(
  value: unknown,
  schema: Schema,
  structName: string,
  { notes, unstructured = false }: Pick<DecodeOptions, 'notes' | 'unstructured'> = {},
): { object: unknown; strictErrors: string[] } {
  const faults = new Set<string>();
  const first: { error?: DecodeError } = {};
  const start = { struct: '', fields: '', path: '', goName: structName };
  const where = { ...start, faults, notes, unstructured, first };
  const object = decodeNode(value, schema, where);
  if (first.error !== undefined) throw first.error;
  return { object, strictErrors: [...faults] };
}

function cannotHandle(found: string, version: string, wanted: string, why: string): Error {
  return badRequest(`${found} in version ${quote(version)} cannot be handled as a ${wanted}: ${why}`);
}

/** What a body says that it is; what it does not say it is by where it came. Throws ApiError 400 where it is no other. */
export function typeOf(kind: GroupVersionKind, value: unknown): { kind: string; version: string } {
  const ours = { kind: kind.kind, version: kind.version };
  if (!isRecord(value)) {
    throw noObject(value);
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

export function noObject(value: unknown): ApiError {
  const text = `json: cannot unmarshal ${jsonTypeOf(value)} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`;
  return badRequest(`couldn't get version/kind; json parse error: ${text}`);
}

function unrecognized(kind: GroupVersionKind, value: unknown, apiVersion: string): Error {
  const start = encodeJson(value).slice(0, 30);
  const why = `unexpected GroupVersion string: ${apiVersion} (${start} ...)`;
  return badRequest(`the object provided is unrecognized (must be of type ${kind.kind}): ${why}`);
}

function wrongKindText(kind: GroupVersionKind, group: string, version: string, found: string): string {
  if (typeNameOf(group, version, found) === undefined) {
    const apiVersion = apiVersionOf(group, version);
    return `no kind ${quote(found)} is registered for version ${quote(apiVersion)} in scheme "pkg/api/legacyscheme/scheme.go:30"`;
  }
  const internal = kind.group === '' ? 'core' : (kind.group.split('.')[0] ?? '');
  return `converting (${version}.${found}) to (${internal}.${kind.kind}): unknown conversion`;
}

interface Where extends ScalarTarget {
  /** The whole path, with list indexes. */
  readonly path: string;
  /** The name of the struct that this value is, if it is one. */
  readonly goName: string;
  readonly faults: Set<string>;
  readonly notes: Notes | undefined;
}

function tell({ faults }: Where, what: 'unknown' | 'duplicate', path: string): void {
  if (faults.size < FAULTS_MAX) faults.add(`${what} field ${quote(path)}`);
}

/** `before` is what the same field held when the text gave it first: structs and lists are filled further. */
function decodeNode(value: unknown, schema: Schema, where: Where, before?: unknown): unknown {
  if (value === null || value === undefined) return null;
  const node = resolve(schema);
  switch (node.type) {
    case 'object':
      return decodeObjectNode(value, node, schema, where, before);
    case 'array':
      if (!Array.isArray(value)) return wrong(where, mismatch(value, schema, where));
      return decodeList(value, node.items ?? {}, where, before);
    case undefined:
      return decodeAny(value, node, where);
    default:
      return decodeScalar(value, schema, where);
  }
}

function decodeAny(value: unknown, node: Schema, where: Where): unknown {
  const union = unionOf(node);
  return union === undefined ? value : decodeUnion(value, union, where);
}

/** Such values are read by themselves: what they do not know is dropped, and the first fault ends it all. */
function decodeUnion(value: unknown, union: Union, where: Where): unknown {
  const member = memberOf(union, value);
  if (member === undefined) {
    if (union.otherwise === undefined) return null;
    if (typeof value === 'boolean') return value;
    throw new DecodeError(union.otherwise);
  }
  const first: Where['first'] = {};
  const inside = named(
    { ...where, struct: '', fields: '', path: '', faults: new Set(), unstructured: false },
    member,
    undefined,
  );
  const decoded = decodeNode(value, member, { ...inside, first });
  if (first.error === undefined) return decoded;
  if (where.unstructured) throw first.error;
  const text = first.error.message.replace(/Go (?:value|struct field \w+(\.\S+)) of type/, (_, inner = '') => {
    return `Go struct field ${where.struct}.${where.fields}${inner} of type`;
  });
  throw new DecodeError(text);
}

function decodeList(list: readonly unknown[], items: Schema, where: Where, before: unknown): unknown[] {
  const numbers = where.notes?.get(list)?.numbers;
  const old: readonly unknown[] = Array.isArray(before) ? before : [];
  return list.map((item, index) => {
    const path = `${where.path}[${index}]`;
    return decodeItem(item, items, { ...where, path, literal: numbers?.get(String(index)) }, old[index]);
  });
}

/** A null among a list's items is a zero value. */
function decodeItem(value: unknown, schema: Schema, where: Where, before?: unknown): unknown {
  if (value !== null) return decodeNode(value, schema, named(where, schema, declaredItem(where.declared)), before);
  const { type, format } = resolve(schema);
  if (format === 'quantity') return '0';
  return type === 'object' ? {} : type === 'string' ? '' : type === 'array' ? [] : 0;
}

function named(where: Where, schema: Schema, declared: string | undefined): Where {
  return { ...where, declared, goName: schema.ref?.split('.').at(-1) ?? '' };
}

function decodeObjectNode(value: unknown, node: Schema, schema: Schema, where: Where, before: unknown): unknown {
  if (node.map === undefined && node.properties === undefined) {
    if (!isRecord(value) && schema.ref?.endsWith('.FieldsV1') === true)
      return wrong(where, mismatch(value, schema, where));
    return value;
  }
  if (!isRecord(value)) return wrong(where, mismatch(value, schema, where));
  const note = where.notes?.get(value);
  const fields = note?.fields ?? Object.entries(value);
  if (node.properties === undefined) return decodeMap(fields, note, node.map ?? {}, where, before);
  const object: Record<string, unknown> = isRecord(before) ? before : {};
  const seen = note?.fields === undefined ? undefined : new Set<string>();
  const embedded = embeddedFields(node);
  const unknown: string[] = [];
  for (const [field, item] of fields) {
    const path = where.path === '' ? field : `${where.path}.${field}`;
    const literal = note?.numbers?.get(field);
    const property = Object.hasOwn(node.properties, field) ? node.properties[field] : undefined;
    if (property === undefined) {
      if (node.preserveUnknownFields === true) object[field] = item;
      else if (node.map !== undefined) object[field] = decodeNode(item, node.map, { ...where, literal });
      else if (where.unstructured) unknown.push(path);
      else tell(where, 'unknown', path);
      continue;
    }
    if (seen?.has(field) === true) tell(where, 'duplicate', path);
    seen?.add(field);
    if (typeof item === 'string' && isText(property)) {
      object[field] = item;
      continue;
    }
    const goPath = embedded?.get(field) ?? field;
    const inside = where.fields === '' ? goPath : `${where.fields}.${goPath}`;
    const declared = declaredType(node, field);
    const at = named({ ...where, struct: where.goName, fields: inside, path, literal }, property, declared);
    const decoded = decodeNode(item, property, at, object[field]);
    if (decoded !== null) object[field] = decoded;
    else if (Object.hasOwn(object, field) && !keepsWhenNull(node, field, property)) delete object[field];
  }
  for (const path of unknown) tell(where, 'unknown', path);
  return object;
}

/** Go's null empties what can be nil and leaves everything else as it was. */
function keepsWhenNull(node: Schema, field: string, property: Schema): boolean {
  const { type, format } = resolve(property);
  const isPlain = type === 'string' || type === 'integer' || type === 'number' || type === 'boolean';
  return isPlain && format !== 'quantity' && !isPointer(node, field);
}

function decodeMap(
  fields: readonly (readonly [string, unknown])[],
  note: Note | undefined,
  schema: Schema,
  where: Where,
  before: unknown,
): Record<string, unknown> {
  const map: Record<string, unknown> = isRecord(before) ? before : {};
  const seen = note?.fields === undefined ? undefined : new Set<string>();
  const isOfTexts = isText(schema);
  for (const [key, item] of fields) {
    if (seen === undefined && isOfTexts && typeof item === 'string') {
      map[key] = item;
      continue;
    }
    const path = where.path === '' ? key : `${where.path}.${key}`;
    if (seen?.has(key) === true) tell(where, 'duplicate', path);
    seen?.add(key);
    map[key] = decodeItem(item, schema, { ...where, path, literal: note?.numbers?.get(key) });
  }
  return map;
}

/** Whether any string is a value of the schema, as it is. */
function isText(schema: Schema): boolean {
  const { type, format } = resolve(schema);
  return type === 'string' && format === undefined;
}
