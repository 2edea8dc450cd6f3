/** Schemas of custom resources as definitions have them, and what stands below one. */
import type { JSONSchemaProps } from '../gen/types.js';
import { isRecord } from '../object.js';

export type JsonSchema = JSONSchemaProps;

/** The one schema of a list's items. */
export function itemsOf({ items }: JsonSchema): JsonSchema | undefined {
  return isRecord(items) ? (items as JsonSchema) : undefined;
}

/** Schemas by position, which definitions may not have. */
export function itemListOf({ items }: JsonSchema): readonly JsonSchema[] {
  return Array.isArray(items) ? (items as JsonSchema[]) : [];
}

export interface Additional {
  readonly allows: boolean;
  readonly schema?: JsonSchema;
}

export function additionalOf(value: unknown): Additional | undefined {
  if (value === undefined || value === null) return undefined;
  return isRecord(value) ? { allows: true, schema: value as JsonSchema } : { allows: value === true };
}

/** The schema of what has keys that are not known beforehand. */
export function valuesOf({ additionalProperties }: JsonSchema): JsonSchema | undefined {
  return additionalOf(additionalProperties)?.schema;
}

const sorted = new WeakMap<object, readonly (readonly [string, JsonSchema])[]>();

/** Properties in the order of their names: what is found in them is told in one order. */
export function propertiesOf({ properties }: JsonSchema): readonly (readonly [string, JsonSchema])[] {
  if (properties === undefined) return [];
  let known = sorted.get(properties);
  if (known === undefined) {
    known = sortedEntries(properties);
    sorted.set(properties, known);
  }
  return known;
}

export function sortedEntries<T>(map: Readonly<Record<string, T>> | undefined): (readonly [string, T])[] {
  return Object.keys(map ?? {})
    .sort()
    .map((key) => [key, map![key]!] as const);
}

export function propertyOf({ properties }: JsonSchema, name: string): JsonSchema | undefined {
  return properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : undefined;
}

export const isEmbedded = (schema: JsonSchema): boolean => schema['x-kubernetes-embedded-resource'] === true;
export const keepsUnknown = (schema: JsonSchema): boolean => schema['x-kubernetes-preserve-unknown-fields'] === true;
export const isIntOrString = (schema: JsonSchema): boolean => schema['x-kubernetes-int-or-string'] === true;

/** The root, which is a resource whether it says so or not. */
export const asResource = (schema: JsonSchema): JsonSchema =>
  isEmbedded(schema) ? schema : { ...schema, 'x-kubernetes-embedded-resource': true };

export const RESOURCE_FIELDS: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata']);

function childrenOf(schema: JsonSchema): JsonSchema[] {
  const dependent = Object.values(schema.dependencies ?? {}).filter(isRecord) as JsonSchema[];
  return [
    itemsOf(schema),
    ...itemListOf(schema),
    ...(schema.allOf ?? []),
    ...(schema.anyOf ?? []),
    ...(schema.oneOf ?? []),
    schema.not,
    ...Object.values(schema.properties ?? {}),
    valuesOf(schema),
    ...Object.values(schema.patternProperties ?? {}),
    additionalOf(schema.additionalItems)?.schema,
    ...Object.values(schema.definitions ?? {}),
    ...dependent,
  ].filter((it) => it !== undefined);
}

/** A schema and all that are in it, whatever they are there for. */
export function* schemasIn(schema: JsonSchema): Generator<JsonSchema> {
  yield schema;
  for (const child of childrenOf(schema)) yield* schemasIn(child);
}

export function someSchema(schema: JsonSchema | undefined, holds: (schema: JsonSchema) => boolean): boolean {
  if (schema === undefined) return false;
  for (const it of schemasIn(schema)) if (holds(it)) return true;
  return false;
}
