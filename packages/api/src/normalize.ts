/** The form in which upstream's Go types write an object: what an empty value looks like, and what is left out. */
import { isRecord } from './object.js';
import { readSchemaFile, resolve, type Schema } from './schema.js';
import { resolveFor, unionOf } from './schema-unions.js';

/** Optional scalar fields for which zero differs from absent, by type: they are pointers upstream. */
const pointers = new Map(
  Object.entries(readSchemaFile<Record<string, readonly string[]>>('pointers.json')).map(
    ([type, fields]) => [type, new Set(fields)] as const,
  ),
);

/** Optional fields that upstream writes even when empty, with what it writes, by type. */
const writtenWhenEmpty = new Map(
  Object.entries(readSchemaFile<Record<string, Readonly<Record<string, unknown>>>>('written-when-empty.json')),
);

/** Required lists and maps that upstream leaves out when empty, by type. */
const omittedWhenEmpty = new Map(
  Object.entries(readSchemaFile<Record<string, readonly string[]>>('omitted-when-empty.json')),
);

type Loose = Record<string, unknown>;

/** Whether an optional scalar field differs when it is absent and when it is zero. */
export function isPointer(node: Schema, field: string): boolean {
  return pointers.get(node.name ?? '')?.has(field) ?? false;
}

/** Whether values of a map or list can hold anything that these rules are about. */
function isPlain(schema: Schema): boolean {
  const node = resolve(schema);
  const { properties, map, items } = node;
  return properties === undefined && map === undefined && items === undefined && unionOf(node) === undefined;
}

/**
 * What a body said to be empty, and so is left out, on the object that it was in. Go tells an empty list from none:
 * it is its writer's, and shows in errors. A symbol, so that it goes along with copies and into no text.
 */
const SAID_EMPTY = Symbol('said to be empty');

function noteEmpty(value: Loose, field: string): void {
  const noting = value as { [SAID_EMPTY]?: readonly string[] };
  const noted = noting[SAID_EMPTY] ?? [];
  if (!noted.includes(field)) noting[SAID_EMPTY] = [...noted, field];
}

/** The empty list or map that a body said; undefined where it said none. */
export function saidEmpty(value: object, field: string, schema: Schema): readonly unknown[] | object | undefined {
  if (!wasSaidEmpty(value, field)) return undefined;
  return resolve(schema).type === 'array' ? [] : {};
}

export function wasSaidEmpty(value: object, field: string): boolean {
  return (value as { [SAID_EMPTY]?: readonly string[] })[SAID_EMPTY]?.includes(field) === true;
}

/** Whether a body said of anything in the value that it is empty. */
export function saysEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(saysEmpty);
  if (!isRecord(value)) return false;
  const noted = (value as { [SAID_EMPTY]?: readonly string[] })[SAID_EMPTY] ?? [];
  // What was said to be empty may have its default by now.
  return noted.some((field) => value[field] === undefined) || Object.values(value).some(saysEmpty);
}

/** Leaves out nulls and the zero values of optional fields, in place. */
export function normalize(value: unknown, schema: Schema): void {
  const node = resolveFor(schema, value);
  if (Array.isArray(value)) {
    if (node.items !== undefined && !isPlain(node.items)) for (const item of value) normalize(item, node.items);
    return;
  }
  if (!isRecord(value)) return;
  if (node.map !== undefined && !isPlain(node.map)) for (const item of Object.values(value)) normalize(item, node.map);
  if (node.properties !== undefined) normalizeFields(value, node, node.name ?? '');
}

function normalizeFields(value: Loose, node: Schema, typeName: string): void {
  const properties = node.properties ?? {};
  const kept = pointers.get(typeName);
  const written = writtenWhenEmpty.get(typeName);
  for (const [field, item] of Object.entries(value)) {
    const schema = properties[field];
    if (schema === undefined) continue;
    normalize(item, schema);
    if (isEmptyCollection(item, schema)) {
      noteEmpty(value, field);
      delete value[field];
    } else if (item === null) delete value[field];
    else if (isRequired(node, field) || (kept?.has(field) ?? false) || written?.[field] === item) continue;
    else if (isZero(item, schema)) delete value[field];
  }
}

function isRequired(node: Schema, field: string): boolean {
  return node.required?.includes(field) ?? false;
}

function isZero(value: unknown, schema: Schema): boolean {
  if (value !== '' && value !== 0 && value !== false) return false;
  const { type, format } = resolve(schema);
  return type !== undefined && format !== 'int-or-string';
}

function isEmptyCollection(value: unknown, schema: Schema): boolean {
  if (Array.isArray(value)) return value.length === 0 && resolve(schema).type === 'array';
  return isRecord(value) && resolve(schema).map !== undefined && isEmptyRecord(value);
}

/** What is written into an object of a type where it says nothing. */
interface Fills {
  /** Fields with what Go always writes. An object is made anew for each. */
  readonly empty: readonly (readonly [field: string, value: unknown])[];
  /** Required lists and maps, with their schemas. */
  readonly collections: readonly (readonly [field: string, schema: Schema])[];
}

const NO_FILLS: Fills = { empty: [], collections: [] };
const fills = new WeakMap<Schema, Fills>();

/** Of a schema that is no reference; most of a type's fields are not filled, so they are looked at once. */
function fillsOf(node: Schema): Fills {
  if (node.properties === undefined) return NO_FILLS;
  let known = fills.get(node);
  if (known === undefined) {
    known = makeFills(node, node.properties);
    fills.set(node, known);
  }
  return known;
}

function makeFills(node: Schema, properties: Readonly<Record<string, Schema>>): Fills {
  const written = writtenWhenEmpty.get(node.name ?? '') ?? {};
  const empty: (readonly [string, unknown])[] = [];
  const collections: (readonly [string, Schema])[] = [];
  for (const [field, property] of Object.entries(properties)) {
    const isWritten = Object.hasOwn(written, field);
    const value = isWritten ? written[field] : emptyValue(node, field, property);
    const ofCollection = isCollection(resolve(property));
    if (value !== undefined && (value !== null || !ofCollection)) empty.push([field, value]);
    const isLeft = omittedWhenEmpty.get(node.name ?? '')?.includes(field) ?? false;
    if (ofCollection && ((isRequired(node, field) && !isLeft) || isWritten)) collections.push([field, property]);
  }
  return { empty, collections };
}

/** Adds what Go always writes: structs that are not pointers, and required fields. */
export function fillEmpty(value: unknown, schema: Schema): void {
  if (typeof value !== 'object' || value === null) return;
  const node = resolveFor(schema, value);
  if (!Array.isArray(value)) {
    const object = value as Loose;
    for (const [field, empty] of fillsOf(node).empty) {
      if (object[field] === undefined) object[field] = structuredEmpty(empty);
    }
  }
  forEachChild(value, node, fillEmpty);
}

function structuredEmpty(empty: unknown): unknown {
  if (Array.isArray(empty)) return [...empty];
  return isRecord(empty) ? { ...empty } : empty;
}

/** What is in an object or a list, with its schema, unless nothing can be filled in there. */
function forEachChild(value: object, node: Schema, visit: (child: unknown, schema: Schema) => void): void {
  if (!Array.isArray(value)) forEachField(value as Loose, node, (_field, child, schema) => visit(child, schema));
  else if (node.items !== undefined && !isPlain(node.items)) for (const item of value) visit(item, node.items);
}

/** The objects and lists in an object. */
function forEachField(
  object: Loose,
  { map, properties }: Schema,
  visit: (field: string, child: object, schema: Schema) => void,
): void {
  const ofAll = map !== undefined && !isPlain(map) ? map : undefined;
  if (ofAll === undefined && properties === undefined) return;
  for (const field of Object.keys(object)) {
    const child = object[field];
    if (typeof child !== 'object' || child === null) continue;
    const schema = properties !== undefined && Object.hasOwn(properties, field) ? properties[field] : ofAll;
    if (schema !== undefined) visit(field, child, schema);
  }
}

/** What stands for a field that has no value: undefined where it is left out. */
function emptyValue(node: Schema, field: string, property: Schema): unknown {
  if (isRecord(property.default)) return resolve(property).properties === undefined ? undefined : {};
  if (!isRequired(node, field)) return undefined;
  const { default: zero } = property;
  return zero === '' || zero === 0 || zero === false ? zero : undefined;
}

/** Writes required lists and maps that are absent as null. */
export function fillRequired(value: unknown, schema: Schema): void {
  if (typeof value !== 'object' || value === null) return;
  const node = resolveFor(schema, value);
  forEachChild(value, node, fillRequired);
  if (Array.isArray(value)) return;
  const object = value as Loose;
  for (const [field] of fillsOf(node).collections) if (object[field] === undefined) object[field] = null;
}

/** The value with required lists and maps that are absent as null; what stays as it is is shared, not copied. */
export function withRequired(value: unknown, schema: Schema): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const node = resolveFor(schema, value);
  if (Array.isArray(value)) {
    const { items } = node;
    return items === undefined || isPlain(items) ? value : mapShared(value, (item) => withRequired(item, items));
  }
  const object = value as Loose;
  let filled = object;
  const set = (field: string, item: unknown): void => {
    if (filled === object) filled = { ...object };
    filled[field] = item;
  };
  forEachField(object, node, (field, item, itemSchema) => {
    const changed = withRequired(item, itemSchema);
    if (changed !== item) set(field, changed);
  });
  for (const [field, property] of fillsOf(node).collections) {
    if (object[field] === undefined) set(field, saidEmpty(object, field, property) ?? null);
  }
  return filled;
}

/** The list itself if no item changes. */
function mapShared(list: readonly unknown[], change: (item: unknown) => unknown): readonly unknown[] {
  const changed = list.map(change);
  return changed.every((item, index) => item === list[index]) ? list : changed;
}

function isCollection(schema: Schema): boolean {
  return schema.type === 'array' || schema.map !== undefined;
}

function isEmptyRecord(value: Loose): boolean {
  for (const key in value) if (Object.hasOwn(value, key)) return false;
  return true;
}
