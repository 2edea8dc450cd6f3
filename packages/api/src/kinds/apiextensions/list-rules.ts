/** Lists that are sets or maps: their items can be told apart. */
import { type FieldError, forbidden, invalid, notSupported, type Path, required } from '../../field-errors.js';
import { internalForm } from '../../internal-form.js';
import { itemListOf, itemsOf, type JsonSchema, propertyOf } from '../../structural/json-schema.js';
import type { SchemaRuleSettings } from './schema-rules.js';

const LIST_TYPES = ['atomic', 'set', 'map'];
const PROPS = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps';

export function validateLists(
  schema: JsonSchema,
  at: Path,
  { requireAtomicSets, requireListKeys }: SchemaRuleSettings,
): FieldError[] {
  const errors: FieldError[] = [];
  const { type = '', 'x-kubernetes-list-type': listType, 'x-kubernetes-list-map-keys': keys = [] } = schema;
  const listTypeAt = at.child('x-kubernetes-list-type');
  if (listType !== undefined && type !== 'array') {
    const text = 'must be array if x-kubernetes-list-type is specified';
    errors.push(type === '' ? required(at.child('type'), text) : invalid(at.child('type'), type, text));
  } else if (requireAtomicSets) errors.push(...validateSetItems(schema, at.child('items')));
  if (listType !== undefined && !LIST_TYPES.includes(listType))
    errors.push(notSupported(listTypeAt, listType, LIST_TYPES));
  if (keys.length > 0 && listType !== 'map') {
    const text = 'must be map if x-kubernetes-list-map-keys is non-empty';
    errors.push(listType === undefined ? required(listTypeAt, text) : invalid(listTypeAt, listType, text));
  }
  if (listType === 'map') errors.push(...validateMap(schema, keys, at));
  return requireListKeys ? [...errors, ...validateItems(schema, at.child('items'))] : errors;
}

/** Whether a set's items could be merged, so that there would be no telling which is which. */
export function hasMergedSetItems(schema: JsonSchema): boolean {
  return mergedItems(schema) !== undefined;
}

function mergedItems(schema: JsonSchema): 'x-kubernetes-list-type' | 'x-kubernetes-map-type' | undefined {
  const items = schema['x-kubernetes-list-type'] === 'set' ? itemsOf(schema) : undefined;
  const listType = items?.['x-kubernetes-list-type'] ?? 'atomic';
  if (items?.type === 'array' && listType !== 'atomic') return 'x-kubernetes-list-type';
  const isMerged = items?.type === 'object' && items['x-kubernetes-map-type'] !== 'atomic';
  return isMerged ? 'x-kubernetes-map-type' : undefined;
}

function validateSetItems(schema: JsonSchema, at: Path): FieldError[] {
  const field = mergedItems(schema);
  if (field === undefined) return [];
  const shown = itemsOf(schema)?.['x-kubernetes-list-type'];
  return [invalid(at.child(field), shown, 'must be atomic as item of a list with x-kubernetes-list-type=set')];
}

function validateMap(schema: JsonSchema, keys: readonly string[], at: Path): FieldError[] {
  const errors: FieldError[] = [];
  const [keysAt, itemsAt] = [at.child('x-kubernetes-list-map-keys'), at.child('items')];
  const items = itemsOf(schema);
  if (keys.length === 0) errors.push(required(keysAt, 'must not be empty if x-kubernetes-list-type is map'));
  if (items === undefined) {
    const listed = itemListOf(schema);
    if (listed.length === 0)
      return [...errors, required(itemsAt, 'must have a schema if x-kubernetes-list-type is map')];
    const shown = { Schema: null, JSONSchemas: listed.map((it) => internalForm(PROPS, it)) };
    return [...errors, invalid(itemsAt, shown, 'must only have a single schema if x-kubernetes-list-type is map')];
  }
  const { type = '' } = items;
  if (type !== 'object') {
    const text = "must be object if parent array's x-kubernetes-list-type is map";
    return [...errors, invalid(itemsAt.child('type'), type, text)];
  }
  return [...errors, ...validateKeys(items, keys, keysAt, itemsAt)];
}

function validateKeys(items: JsonSchema, keys: readonly string[], at: Path, itemsAt: Path): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const key of keys) {
    const property = propertyOf(items, key);
    if (property === undefined) errors.push(invalid(at, keys, 'entries must all be names of item properties'));
    else if (property.type === 'array' || property.type === 'object') {
      const text = "must be a scalar type if parent array's x-kubernetes-list-type is map";
      errors.push(invalid(itemsAt.child('properties').key(key).child('type'), items.type, text));
    }
    if (seen.has(key)) errors.push(invalid(at, keys, 'must not contain duplicate entries'));
    seen.add(key);
  }
  return errors;
}

/** Items of sets and maps are there, and so are the keys of maps. */
export function validateItems(schema: JsonSchema, at: Path): FieldError[] {
  const items = itemsOf(schema);
  const listType = schema['x-kubernetes-list-type'];
  if (items === undefined || (listType !== 'set' && listType !== 'map')) return [];
  const errors: FieldError[] = [];
  if (items.nullable === true)
    errors.push(forbidden(at.child('nullable'), `cannot be nullable when x-kubernetes-list-type is ${listType}`));
  if (listType === 'set') return errors;
  const isRequired = new Set(items.required);
  for (const key of schema['x-kubernetes-list-map-keys'] ?? []) {
    const property = propertyOf(items, key);
    if (property === undefined) continue;
    const own = at.child('properties').key(key);
    const which = 'this property is in x-kubernetes-list-map-keys, so it';
    if (!isRequired.has(key) && property.default === undefined)
      errors.push(required(own.child('default'), `${which} must have a default or be a required property`));
    if (property.nullable === true) errors.push(forbidden(own.child('nullable'), `${which} cannot be nullable`));
  }
  return errors;
}
