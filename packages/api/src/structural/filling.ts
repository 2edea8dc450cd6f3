/** Values that a schema gives to what is not said, and nulls that mean that nothing is said. */
import { deepClone } from '../object.js';
import { setField } from '../set-field.js';
import { itemsOf, type JsonSchema, propertyOf, someSchema, valuesOf } from './json-schema.js';
import { type Fields, mapFields, mapItems } from './map-value.js';

/** The default of a schema; undefined where it has none, for null is none. */
const defaultOf = (schema: JsonSchema | undefined): unknown => schema?.default ?? undefined;

/** Whether a null there stands for nothing. */
const isNoValue = (value: unknown, schema: JsonSchema | undefined): boolean =>
  value === null && schema !== undefined && schema.nullable !== true;

function schemaOf(schema: JsonSchema | undefined, key: string): JsonSchema | undefined {
  if (schema === undefined) return undefined;
  return propertyOf(schema, key) ?? valuesOf(schema);
}

/** The value without nulls in fields that may have none; those that have a default wait for it. */
export function withoutNulls(value: unknown, schema: JsonSchema | undefined): unknown {
  if (schema === undefined || value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    return items === undefined ? value : mapItems(value, (item) => withoutNulls(item, items));
  }
  return mapFields(value as Fields, (key, item) => {
    const inside = schemaOf(schema, key);
    if (isNoValue(item, inside) && defaultOf(inside) === undefined) return undefined;
    return withoutNulls(item, inside);
  });
}

const filling = new WeakMap<JsonSchema, boolean>();

/** Whether values of the schema may be filled anywhere. */
function fills(schema: JsonSchema): boolean {
  let known = filling.get(schema);
  if (known === undefined) {
    known = someSchema(schema, (it) => defaultOf(it) !== undefined);
    filling.set(schema, known);
  }
  return known;
}

/** The value with its schema's defaults, at every depth. */
export function withDefaults(value: unknown, schema: JsonSchema | undefined): unknown {
  if (schema === undefined || value === null || typeof value !== 'object' || !fills(schema)) return value;
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    if (items === undefined) return value;
    return mapItems(value, (item) => withDefaults(isNoValue(item, items) ? made(items) : item, items));
  }
  const object = value as Fields;
  return mapFields(withAbsent(object, schema), (key, item) => {
    const inside = schemaOf(schema, key);
    // Properties have theirs already.
    const isOther = isNoValue(item, inside) && propertyOf(schema, key) === undefined;
    return withDefaults(isOther ? made(inside) : item, inside);
  });
}

/** A copy, for what becomes of an object is its own. */
const made = (schema: JsonSchema | undefined): unknown => deepClone(defaultOf(schema)) ?? null;

function withAbsent(object: Fields, schema: JsonSchema): Fields {
  let filled: Record<string, unknown> | undefined;
  const { properties = {} } = schema;
  for (const key in properties) {
    const property = properties[key]!;
    if (defaultOf(property) === undefined) continue;
    if (Object.hasOwn(object, key) && !isNoValue(object[key], property)) continue;
    filled ??= { ...object };
    setField(filled, key, made(property));
  }
  return filled ?? object;
}
