import { type CustomResourceDefinition, isApiError, type JSONSchemaProps, type Schema } from '@keelson/api';
import type { Cluster } from '../../cluster/cluster.js';
import { groupResource, type MappedResource } from '../../cluster/mapper.js';

const TEXT: Schema = { type: 'string' };
const OBJECT_FIELDS: Readonly<Record<string, Schema>> = {
  apiVersion: TEXT,
  kind: TEXT,
  metadata: { ref: 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' },
};
const TYPES: ReadonlySet<string> = new Set(['object', 'string', 'integer', 'number', 'boolean']);

/** The schema that a definition gives a kind; undefined where none does. */
export async function definedSchema(
  { client, mapper }: Pick<Cluster, 'client' | 'mapper'>,
  resource: MappedResource,
): Promise<Schema | undefined> {
  const definitions = mapper.kind('apiextensions.k8s.io/v1', 'CustomResourceDefinition');
  if (definitions === undefined) return undefined;
  try {
    const found = await client.get(definitions, { name: groupResource(resource) });
    const { versions = [] } = (found as CustomResourceDefinition).spec ?? {};
    const root = versions.find(({ name }) => name === resource.version)?.schema?.openAPIV3Schema;
    return root === undefined ? undefined : schemaOf({ type: 'object', ...root }, true);
  } catch (error) {
    if (isApiError(error, 'NotFound')) return undefined;
    throw error;
  }
}

function schemaOf(json: JSONSchemaProps, isObject = json['x-kubernetes-embedded-resource'] === true): Schema {
  const { type = '', properties = {}, required, items, additionalProperties } = json;
  if (type === 'array') return { items: isSchema(items) ? schemaOf(items) : {} };
  if (type !== 'object' && TYPES.has(type)) return { type: type as NonNullable<Schema['type']> };
  const own = Object.entries(properties).map(([name, it]) => [name, schemaOf(it)] as const);
  if (own.length === 0 && !isObject && isSchema(additionalProperties)) return { map: schemaOf(additionalProperties) };
  return {
    ...(type === 'object' ? { type } : {}),
    properties: { ...Object.fromEntries(own), ...(isObject ? OBJECT_FIELDS : {}) },
    ...(required === undefined ? {} : { required }),
  };
}

function isSchema(value: unknown): value is JSONSchemaProps {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
