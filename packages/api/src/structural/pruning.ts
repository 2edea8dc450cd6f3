/** What a schema does not know of is not kept. */
import { isRecord } from '../object.js';
import {
  additionalOf,
  isEmbedded,
  itemsOf,
  type JsonSchema,
  keepsUnknown,
  propertyOf,
  RESOURCE_FIELDS,
} from './json-schema.js';
import { mapFields, mapItems } from './map-value.js';

/**
 * The value without fields that its schema does not have; what a resource always has stays. What is not kept is told
 * to `unknown` by its path, such as `spec.a[0].b`.
 */
export function pruned(
  value: unknown,
  schema: JsonSchema | undefined,
  unknown?: (path: string) => void,
  path = '',
): unknown {
  const keeps = schema !== undefined && keepsUnknown(schema);
  if (Array.isArray(value)) {
    const items = schema === undefined ? undefined : itemsOf(schema);
    // Where everything is kept, that holds for the items of lists too, unless they say otherwise further in.
    if (keeps && items === undefined) return value;
    const inItems = keeps ? keeping(items!) : items;
    return mapItems(value, (item, index) =>
      typeof item === 'object' ? pruned(item, inItems, unknown, unknown && `${path}[${index}]`) : item,
    );
  }
  if (!isRecord(value)) return value;
  return mapFields(value, (key, item) => {
    const next = schema === undefined ? undefined : inside(schema, key);
    if (next === 'whole' || (next === undefined && keeps)) return item;
    if (next !== undefined && (typeof item !== 'object' || item === null)) return item;
    const at = unknown === undefined ? '' : path === '' ? key : `${path}.${key}`;
    if (next !== undefined) return pruned(item, next === 'unknown' ? undefined : next, unknown, at);
    unknown?.(at);
    return undefined;
  });
}

const kept = new WeakMap<JsonSchema, JsonSchema>();

function keeping(items: JsonSchema): JsonSchema {
  let known = kept.get(items);
  if (known === undefined) {
    known = { ...items, 'x-kubernetes-preserve-unknown-fields': true };
    kept.set(items, known);
  }
  return known;
}

/** What becomes of a field: it stays as it is, or it has a schema, or it may be there but nothing in it. */
function inside(schema: JsonSchema, key: string): JsonSchema | 'whole' | 'unknown' | undefined {
  if (isEmbedded(schema) && RESOURCE_FIELDS.has(key)) return 'whole';
  const property = propertyOf(schema, key);
  if (property !== undefined) return property;
  const additional = additionalOf(schema.additionalProperties);
  return additional === undefined ? undefined : (additional.schema ?? 'unknown');
}
