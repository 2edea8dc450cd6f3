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

function schemaOf(schema: JsonSchema, keepsAbove: boolean): Schema {
  const keeps = keepsAbove || keepsUnknown(schema);
  switch (isIntOrString(schema) ? '' : (schema.type ?? '')) {
    case 'object':
      return { type: 'object', ...mapOf(schema, keeps) };
    case 'array':
      return { type: 'array', ...listOf(schema, keeps) };
    case 'integer':
    case 'number':
      return { type: 'number', ...defaultOf(schema) };
    case 'boolean':
      return { type: 'boolean', ...defaultOf(schema) };
    case 'string':
      // A format may be met by a value of another type.
      return { ...(schema.format && schema.format !== 'byte' ? {} : TEXT), ...defaultOf(schema) };
    default:
      return { ...listOf(schema, keeps), ...mapOf(schema, keeps), ...defaultOf(schema) };
  }
}

/** Items are known by their keys, and keys by their defaults, which are plain values. */
function defaultOf({ default: value }: JsonSchema): Schema {
  return value === undefined || value === null || typeof value === 'object' ? {} : { default: value };
}

function mapOf(schema: JsonSchema, keeps: boolean): Schema {
  const properties: Record<string, Schema> = Object.fromEntries(
    propertiesOf(schema).map(([name, property]) => [name, schemaOf(property, keeps)]),
  );
  const hasOwn = Object.keys(properties).length > 0;
  if (isEmbedded(schema)) Object.assign(properties, { apiVersion: TEXT, kind: TEXT, metadata: METADATA });
  const additional = additionalOf(schema.additionalProperties);
  const isOpen = additional === undefined ? keeps || !hasOwn : additional.allows;
  const values = additional?.schema === undefined ? DEDUCED : schemaOf(additional.schema, keeps);
  return {
    ...(Object.keys(properties).length === 0 ? {} : { properties }),
    ...(isOpen ? { map: values } : {}),
    ...(schema['x-kubernetes-map-type'] === 'atomic' ? { mapType: 'atomic' } : {}),
  };
}

function listOf(schema: JsonSchema, keeps: boolean): Schema {
  const items = itemsOf(schema);
  const listType = schema['x-kubernetes-list-type'];
  const keys = schema['x-kubernetes-list-map-keys'];
  return {
    ...(items === undefined ? {} : { items: schemaOf(items, keeps) }),
    ...(listType === 'map' || listType === 'set' ? { listType } : {}),
    ...(keys === undefined || listType !== 'map' ? {} : { mapKeys: keys }),
  };
}
