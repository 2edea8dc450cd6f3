/** Structural schemas: what fields a type has, how lists merge and what Go would write for an empty value. */
import { readFileSync } from 'node:fs';

export type SchemaType = 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';

/** A node of a schema. `ref` names another type; then only the list, map and patch attributes stand beside it. */
export interface Schema {
  /** OpenAPI name of a named type. */
  readonly name?: string;
  readonly ref?: string;
  /** Absent where any JSON value may stand. */
  readonly type?: SchemaType;
  readonly format?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  /** Schema of the values of a map. */
  readonly map?: Schema;
  readonly default?: unknown;
  readonly listType?: 'atomic' | 'set' | 'map';
  readonly mapKeys?: readonly string[];
  readonly mapType?: 'granular' | 'atomic';
  /** `merge`, `retainKeys`, or both. */
  readonly patchStrategy?: string;
  readonly mergeKey?: string;
  readonly gvk?: readonly { readonly group: string; readonly version: string; readonly kind: string }[];
  /** Unknown fields are kept: custom resources only. */
  readonly preserveUnknownFields?: boolean;
}

const types: Readonly<Record<string, Schema>> = Object.fromEntries(
  Object.entries(readSchemaFile<Record<string, Schema>>('types.json')).map(([name, type]) => [name, { ...type, name }]),
);

/** Reads a file of the package's schema directory. */
export function readSchemaFile<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../../schema/${name}`, import.meta.url), 'utf8')) as T;
}

/** The schema of a type by its OpenAPI name, such as `io.k8s.api.core.v1.Pod`. */
export function typeSchema(name: string): Schema {
  const schema = types[name];
  if (schema === undefined) throw new Error(`no such type: ${name}`);
  return schema;
}

export function typeNames(): string[] {
  return Object.keys(types);
}

/** Follows a reference; any other schema is given back as it is. */
export function resolve(schema: Schema): Schema {
  return schema.ref === undefined ? schema : typeSchema(schema.ref);
}

const byGvk = new Map(
  Object.entries(types).flatMap(([name, type]) =>
    (type.gvk ?? []).map((gvk) => [gvkKey(gvk.group, gvk.version, gvk.kind), name] as const),
  ),
);

function gvkKey(group: string, version: string, kind: string): string {
  return `${group}/${version}/${kind}`;
}

/** The OpenAPI name of a kind's type, if there is one. */
export function typeNameOf(group: string, version: string, kind: string): string | undefined {
  return byGvk.get(gvkKey(group, version, kind));
}
