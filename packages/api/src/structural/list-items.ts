/** Lists that are sets or maps have nothing twice. */
import { duplicate, type FieldError, invalid, type Path } from '../field-errors.js';
import { identityText, isRecord } from '../object.js';
import { itemsOf, type JsonSchema, propertyOf, someSchema, valuesOf } from './json-schema.js';

const unique = new WeakMap<JsonSchema, boolean>();

function hasUniqueItems(schema: JsonSchema): boolean {
  let known = unique.get(schema);
  if (known === undefined) {
    known = someSchema(schema, ({ 'x-kubernetes-list-type': type }) => type === 'set' || type === 'map');
    unique.set(schema, known);
  }
  return known;
}

/** The errors of a value that stands at `at`, below the root. */
export function validateListItems(value: unknown, schema: JsonSchema | undefined, at: Path): FieldError[] {
  if (schema === undefined || value === null || typeof value !== 'object' || !hasUniqueItems(schema)) return [];
  if (Array.isArray(value)) return validateList(value, schema, at);
  const object = value as Readonly<Record<string, unknown>>;
  const values = valuesOf(schema);
  const errors: FieldError[] = [];
  for (const key of Object.keys(object).sort()) {
    if (values !== undefined) errors.push(...validateListItems(object[key], values, at.key(key)));
    errors.push(...validateListItems(object[key], propertyOf(schema, key), at.child(key)));
  }
  return errors;
}

function validateList(list: readonly unknown[], schema: JsonSchema, at: Path): FieldError[] {
  const items = itemsOf(schema);
  return [
    ...validateUnique(list, schema, at),
    ...(items === undefined ? [] : list.flatMap((item, index) => validateListItems(item, items, at.index(index)))),
  ];
}

function validateUnique(list: readonly unknown[], schema: JsonSchema, at: Path): FieldError[] {
  switch (schema['x-kubernetes-list-type']) {
    case 'set':
      return repeated(list).map((index) => duplicate(at.index(index), list[index]));
    case 'map':
      return validateKeys(list, schema['x-kubernetes-list-map-keys'] ?? [], at);
    default:
      return [];
  }
}

function validateKeys(list: readonly unknown[], keys: readonly string[], at: Path): FieldError[] {
  const wrong = list.findIndex((item) => item !== null && !isRecord(item));
  if (wrong >= 0) return [invalid(at.index(wrong), list[wrong], 'must be an object for an array of list-type map')];
  const found = list.map((item) => keysOf(item, keys));
  return repeated(found).map((index) => duplicate(at.index(index), found[index]));
}

function keysOf(item: unknown, keys: readonly string[]): Readonly<Record<string, unknown>> {
  const entries = isRecord(item) ? keys.filter((key) => Object.hasOwn(item, key)).map((key) => [key, item[key]]) : [];
  return Object.fromEntries(entries);
}

/** Where a value is for the second time. */
function repeated(list: readonly unknown[]): number[] {
  const seen = new Map<string, number>();
  return [...list.keys()].filter((index) => {
    const text = identityText(list[index]);
    const times = seen.get(text) ?? 0;
    seen.set(text, times + 1);
    return times === 1;
  });
}
