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

/** The value without fields that its schema does not have; what a resource always has stays. */
export function pruned(value: unknown, schema: JsonSchema | undefined): unknown {
  const keeps = schema !== undefined && keepsUnknown(schema);
  if (Array.isArray(value)) {
    const items = schema === undefined ? undefined : itemsOf(schema);
    // Where everything is kept, that holds for the items of lists too, unless they say otherwise further in.
    return value.map((item) => (keeps && items === undefined ? item : pruned(item, keeps ? keeping(items) : items)));
  }
  if (!isRecord(value)) return value;
  const kept: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    const next = schema === undefined ? undefined : inside(schema, key);
    if (next === undefined ? keeps : next === 'whole') kept[key] = item;
    else if (next !== undefined) kept[key] = pruned(item, next === 'unknown' ? undefined : (next as JsonSchema));
  }
  return kept;
}

const keeping = (items: JsonSchema | undefined): JsonSchema | undefined =>
  items === undefined ? undefined : { ...items, 'x-kubernetes-preserve-unknown-fields': true };

/** What becomes of a field: it stays as it is, or it has a schema, or it may be there but nothing in it. */
function inside(schema: JsonSchema, key: string): JsonSchema | 'whole' | 'unknown' | undefined {
  if (isEmbedded(schema) && RESOURCE_FIELDS.has(key)) return 'whole';
  const property = propertyOf(schema, key);
  if (property !== undefined) return property;
  const additional = additionalOf(schema.additionalProperties);
  return additional === undefined ? undefined : (additional.schema ?? 'unknown');
}
