/** Values that a schema gives to what is not said, and nulls that mean that nothing is said. */
import { encodeJson } from '../exact-json.js';
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

/** Defaults made more of a value than anybody may store. */
export class DefaultsTooLarge extends Error {
  override readonly name = 'DefaultsTooLarge';
}

/** The value with its schema's defaults, at every depth. Throws DefaultsTooLarge where they have more characters than that. */
export function withDefaults(
  value: unknown,
  schema: JsonSchema | undefined,
  charsMax = Number.POSITIVE_INFINITY,
): unknown {
  return filled(value, schema, { chars: charsMax });
}

interface Left {
  chars: number;
}

function filled(value: unknown, schema: JsonSchema | undefined, left: Left): unknown {
  if (schema === undefined || value === null || typeof value !== 'object' || !fills(schema)) return value;
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    if (items === undefined) return value;
    return mapItems(value, (item) => filled(isNoValue(item, items) ? made(items, left) : item, items, left));
  }
  const object = value as Fields;
  return mapFields(withAbsent(object, schema, left), (key, item) => {
    const inside = schemaOf(schema, key);
    // Properties have theirs already.
    const isOther = isNoValue(item, inside) && propertyOf(schema, key) === undefined;
    return filled(isOther ? made(inside, left) : item, inside, left);
  });
}

const sizes = new WeakMap<JsonSchema, number>();

/** A copy, for what becomes of an object is its own. */
function made(schema: JsonSchema | undefined, left: Left): unknown {
  const value = defaultOf(schema);
  if (schema === undefined || value === undefined) return null;
  let size = sizes.get(schema);
  if (size === undefined) {
    size = encodeJson(value).length;
    sizes.set(schema, size);
  }
  left.chars -= size;
  if (left.chars < 0) throw new DefaultsTooLarge('the defaults are too large');
  return deepClone(value);
}

function withAbsent(object: Fields, schema: JsonSchema, left: Left): Fields {
  let full: Record<string, unknown> | undefined;
  const { properties = {} } = schema;
  for (const key in properties) {
    const property = properties[key]!;
    if (defaultOf(property) === undefined) continue;
    if (Object.hasOwn(object, key) && !isNoValue(object[key], property)) continue;
    full ??= { ...object };
    setField(full, key, made(property, left));
  }
  return full ?? object;
}
