/** The form in which upstream's Go types write an object: what an empty value looks like, and what is left out. */
import { isRecord } from './object.js';
import { readSchemaFile, resolve, type Schema } from './schema.js';

/** Optional scalar fields for which zero differs from absent, by type: they are pointers upstream. */
const pointers = new Map(
  Object.entries(readSchemaFile<Record<string, readonly string[]>>('pointers.json')).map(
    ([type, fields]) => [type, new Set(fields)] as const,
  ),
);

type Loose = Record<string, unknown>;

/** Leaves out nulls and the zero values of optional fields, in place. */
export function normalize(value: unknown, schema: Schema): void {
  const node = resolve(schema);
  if (Array.isArray(value)) {
    if (node.items !== undefined) for (const item of value) normalize(item, node.items);
    return;
  }
  if (!isRecord(value)) return;
  if (node.map !== undefined) for (const item of Object.values(value)) normalize(item, node.map);
  if (node.properties !== undefined) normalizeFields(value, node, schema.ref ?? '');
}

function normalizeFields(value: Loose, node: Schema, typeName: string): void {
  const properties = node.properties ?? {};
  const kept = pointers.get(typeName);
  for (const [field, item] of Object.entries(value)) {
    const schema = properties[field];
    if (schema === undefined) continue;
    normalize(item, schema);
    if (item === null || (!isRequired(node, field) && !(kept?.has(field) ?? false) && isZero(item, schema))) {
      delete value[field];
    }
  }
}

function isRequired(node: Schema, field: string): boolean {
  return node.required?.includes(field) ?? false;
}

function isZero(value: unknown, schema: Schema): boolean {
  if (value === '' || value === 0 || value === false) return resolve(schema).format !== 'int-or-string';
  if (Array.isArray(value)) return value.length === 0;
  return isRecord(value) && resolve(schema).map !== undefined && Object.keys(value).length === 0;
}

/** Adds what Go always writes: structs that are not pointers, and required fields. */
export function fillEmpty(value: unknown, schema: Schema): void {
  const node = resolve(schema);
  if (Array.isArray(value)) {
    if (node.items !== undefined) for (const item of value) fillEmpty(item, node.items);
    return;
  }
  if (!isRecord(value)) return;
  if (node.map !== undefined) for (const item of Object.values(value)) fillEmpty(item, node.map);
  for (const [field, property] of Object.entries(node.properties ?? {})) {
    if (value[field] === undefined && isWrittenWhenEmpty(node, field, property)) value[field] = emptyValue(property);
    if (value[field] !== undefined) fillEmpty(value[field], property);
  }
}

function isWrittenWhenEmpty(node: Schema, field: string, property: Schema): boolean {
  const value = property.default;
  if (isRecord(value)) return Object.keys(value).length === 0 && resolve(property).properties !== undefined;
  return value !== undefined && isRequired(node, field) && (value === '' || value === 0 || value === false);
}

function emptyValue(property: Schema): unknown {
  return isRecord(property.default) ? {} : property.default;
}
