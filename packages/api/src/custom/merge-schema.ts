/** What server-side apply has to know of a custom resource: how its lists and maps fall into parts. */
import type { Schema } from '../schema.js';
import {
  additionalOf,
  isEmbedded,
  isIntOrString,
  itemsOf,
  type JsonSchema,
  keepsUnknown,
  propertiesOf,
} from '../structural/json-schema.js';

const METADATA: Schema = { ref: 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' };
const TEXT: Schema = { type: 'string' };

/** Values of which nothing is known: maps by their fields, all else as a whole. */
const DEDUCED: Schema = {
  get map(): Schema {
    return DEDUCED;
  },
};

/** `root` is the schema of a resource. */
export function mergeSchema(root: JsonSchema, keepsAll: boolean): Schema {
  return schemaOf(root, keepsAll);
}

type Made = { -readonly [K in keyof Schema]: Schema[K] };

/** What is below a schema is made when it is first looked at: most objects have little of what there could be. */
function lazily<K extends 'properties' | 'map' | 'items'>(made: Made, field: K, make: () => Schema[K]): void {
  let known: { readonly value: Schema[K] } | undefined;
  Object.defineProperty(made, field, {
    enumerable: true,
    get() {
      known ??= { value: make() };
      return known.value;
    },
  });
}

function schemaOf(schema: JsonSchema, keepsAbove: boolean): Schema {
  const keeps = keepsAbove || keepsUnknown(schema);
  const made: Made = {};
  switch (isIntOrString(schema) ? '' : (schema.type ?? '')) {
    case 'object':
      made.type = 'object';
      addMap(made, schema, keeps);
      return made;
    case 'array':
      made.type = 'array';
      addList(made, schema, keeps);
      return made;
    case 'integer':
    case 'number':
      return { type: 'number', ...defaultOf(schema) };
    case 'boolean':
      return { type: 'boolean', ...defaultOf(schema) };
    case 'string':
      // A format may be met by a value of another type.
      return { ...(schema.format && schema.format !== 'byte' ? {} : TEXT), ...defaultOf(schema) };
    default:
      Object.assign(made, defaultOf(schema));
      addList(made, schema, keeps);
      addMap(made, schema, keeps);
      return made;
  }
}

/** Items are known by their keys, and keys by their defaults, which are plain values. */
function defaultOf({ default: value }: JsonSchema): Schema {
  return value === undefined || value === null || typeof value === 'object' ? {} : { default: value };
}

const OF_RESOURCES: Readonly<Record<string, Schema>> = { apiVersion: TEXT, kind: TEXT, metadata: METADATA };

function addMap(made: Made, schema: JsonSchema, keeps: boolean): void {
  const properties = propertiesOf(schema);
  const own = isEmbedded(schema) ? OF_RESOURCES : {};
  if (properties.length > 0 || isEmbedded(schema))
    lazily(made, 'properties', () => ({
      ...Object.fromEntries(properties.map(([name, property]) => [name, schemaOf(property, keeps)])),
      ...own,
    }));
  const additional = additionalOf(schema.additionalProperties);
  const isOpen = additional === undefined ? keeps || properties.length === 0 : additional.allows;
  const values = additional?.schema;
  if (isOpen) lazily(made, 'map', () => (values === undefined ? DEDUCED : schemaOf(values, keeps)));
  if (schema['x-kubernetes-map-type'] === 'atomic') made.mapType = 'atomic';
}

function addList(made: Made, schema: JsonSchema, keeps: boolean): void {
  const items = itemsOf(schema);
  const listType = schema['x-kubernetes-list-type'];
  const keys = schema['x-kubernetes-list-map-keys'];
  if (items !== undefined) lazily(made, 'items', () => schemaOf(items, keeps));
  if (listType === 'map' || listType === 'set') made.listType = listType;
  if (listType === 'map' && keys !== undefined) made.mapKeys = keys;
}
