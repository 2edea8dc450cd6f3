/** How a value falls into parts that can be owned apart: struct fields, map entries, list items. */
import { encodeJson } from '../../exact-json.js';
import { isRecord } from '../../object.js';
import { resolve, type Schema } from '../../schema.js';

export interface Part {
  /** Path element, as in FieldSet. */
  readonly element: string;
  readonly value: unknown;
  readonly schema: Schema;
  /** Entries of maps are members of sets themselves; fields of structs are not. */
  readonly isEntry: boolean;
}

/** The parts of a value; undefined for one that is owned as a whole. */
export function partsOf(value: unknown, schema: Schema): Part[] | undefined {
  const node = resolve(schema);
  if (isRecord(value)) {
    if (!isOwnedByField(schema)) return undefined;
    return Object.entries(value).map(([key, item]) => {
      const property = node.properties?.[key];
      return { element: `f:${key}`, value: item, schema: property ?? node.map ?? {}, isEntry: property === undefined };
    });
  }
  if (!Array.isArray(value)) return undefined;
  return listParts(value, { ...node, ...schema });
}

/** Whether the fields of a record are owned each by itself. */
export function isOwnedByField(schema: Schema): boolean {
  const node = resolve(schema);
  if ((schema.mapType ?? node.mapType) === 'atomic') return false;
  return node.properties !== undefined || node.map !== undefined;
}

function listParts(list: readonly unknown[], schema: Schema): Part[] | undefined {
  const items = schema.items ?? {};
  switch (schema.listType) {
    case 'map':
      return list.map((value) => ({ element: keyElement(value, schema), value, schema: items, isEntry: true }));
    case 'set':
      return list.map((value) => ({ element: `v:${encodeJson(value)}`, value, schema: items, isEntry: true }));
    default:
      return undefined;
  }
}

/** `k:{"containerPort":80,"protocol":"TCP"}`: an absent key has its default. */
export function keyElement(item: unknown, schema: Schema): string {
  const keys = keysOf(item, schema);
  if (keys.length === 0) throw new KeylessItemError('an item of a list of keyed items has none of the keys');
  return `k:${encodeJson(Object.fromEntries(keys))}`;
}

/** There is no telling who manages what of an object with such an item. */
export class KeylessItemError extends Error {
  override readonly name = 'KeylessItemError';
}

/** The keys of an item, by name: one that it leaves out has its default, or none. */
export function keysOf(item: unknown, schema: Schema): [string, unknown][] {
  const record = isRecord(item) ? item : {};
  const properties = resolve(schema.items ?? {}).properties ?? {};
  return [...(schema.mapKeys ?? [])].sort().flatMap((key): [string, unknown][] => {
    const value = Object.hasOwn(record, key) ? record[key] : properties[key]?.default;
    return value === undefined ? [] : [[key, value]];
  });
}

/** Empty lists and maps, and null, are owned as wholes. */
export function isBlank(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (typeof value !== 'object') return false;
  for (const key in value) if (Object.hasOwn(value, key)) return false;
  return true;
}
