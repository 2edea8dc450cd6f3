/** Schemas as OpenAPI documents show them. */
import { type Schema, typeSchema } from '../schema.js';
import { describeField, describeType } from './descriptions.js';
import { valuesOf } from './enums.js';

/** Where version 2 and version 3 of OpenAPI differ. */
export interface Dialect {
  readonly refPrefix: string;
  /** Whether a reference may have other keywords beside it only inside `allOf`. */
  readonly wrapRefs: boolean;
  /** Whether `oneOf` is known. */
  readonly unions: boolean;
}

export const OPENAPI_V3: Dialect = { refPrefix: '#/components/schemas/', wrapRefs: true, unions: true };
export const OPENAPI_V2: Dialect = { refPrefix: '#/definitions/', wrapRefs: false, unions: false };

/** The version of the API that the schemas are of. */
export const OPENAPI_INFO = { title: 'Kubernetes', version: 'v1.36.2' };

export type Json = Record<string, unknown>;

/** Every type that can be reached from those named, by name. */
export function schemasFrom(names: Iterable<string>, dialect: Dialect): Json {
  const found = new Map<string, Json>();
  const visit = (name: string): void => {
    if (found.has(name)) return;
    const schema = typeSchema(name);
    const body = schemaBody(schema, dialect, { name, text: describeType(name) });
    found.set(name, body);
    for (const ref of refsOf(schema)) visit(ref);
  };
  for (const name of names) visit(name);
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function refsOf(schema: Schema): string[] {
  return [
    ...(schema.ref === undefined ? [] : [schema.ref]),
    ...Object.values(schema.properties ?? {}).flatMap(refsOf),
    ...(schema.items === undefined ? [] : refsOf(schema.items)),
    ...(schema.map === undefined ? [] : refsOf(schema.map)),
  ];
}

/** What is said of a schema: of which type it is, if it has a name, what it is for, and which values there are. */
interface About {
  readonly name?: string;
  readonly values?: readonly string[] | undefined;
  readonly text?: string | undefined;
}

function schemaBody(schema: Schema, dialect: Dialect, about: About = {}): Json {
  if (schema.ref !== undefined) return reference(schema, dialect, about);
  return {
    ...description(about),
    ...typeKeywords(schema, dialect),
    ...(schema.type === 'string' && about.values !== undefined ? { enum: about.values } : {}),
    ...nested(schema, dialect, about),
    ...extensions(schema),
    ...defaultOf(schema),
  };
}

function description({ text }: About): Json {
  return text === undefined ? {} : { description: text };
}

/** A reference to a named type. */
export function refTo(name: string, dialect: Dialect, text?: string): Json {
  return reference({ ref: name }, dialect, { text });
}

function reference(schema: Schema, dialect: Dialect, about: About): Json {
  const ref = { $ref: `${dialect.refPrefix}${schema.ref}` };
  const beside = { ...description(about), ...extensions(schema), ...defaultOf(schema) };
  if (!dialect.wrapRefs || Object.keys(beside).length === 0) return { ...ref, ...(dialect.wrapRefs ? {} : beside) };
  return { allOf: [ref], ...beside };
}

function defaultOf(schema: Schema): Json {
  return schema.default === undefined ? {} : { default: schema.default };
}

function typeKeywords(schema: Schema, { unions }: Dialect): Json {
  switch (schema.format) {
    case 'quantity':
      return unions ? { oneOf: [{ type: 'string' }, { type: 'number' }] } : { type: 'string' };
    case 'int-or-string':
      return unions
        ? { format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] }
        : { type: 'string', format: 'int-or-string' };
    case 'micro-time':
      return { type: 'string', format: 'date-time' };
    default:
      return {
        ...(schema.type === undefined ? {} : { type: schema.type }),
        ...(schema.format === undefined ? {} : { format: schema.format }),
      };
  }
}

function nested(schema: Schema, dialect: Dialect, { name: type, values }: About): Json {
  const about = (field: string): About =>
    type === undefined ? {} : { text: describeField(type, field), values: valuesOf(type, field) };
  const properties = Object.entries(schema.properties ?? {}).map(([name, property]) => [
    name,
    schemaBody(property, dialect, about(name)),
  ]);
  return {
    ...(schema.required === undefined ? {} : { required: schema.required }),
    ...(properties.length === 0 ? {} : { properties: Object.fromEntries(properties) }),
    ...(schema.items === undefined ? {} : { items: schemaBody(schema.items, dialect, { values }) }),
    ...(schema.map === undefined ? {} : { additionalProperties: schemaBody(schema.map, dialect, { values }) }),
  };
}

function extensions(schema: Schema): Json {
  return withoutUndefined({
    'x-kubernetes-group-version-kind': schema.gvk,
    'x-kubernetes-list-type': schema.listType,
    'x-kubernetes-list-map-keys': schema.mapKeys,
    'x-kubernetes-map-type': schema.mapType,
    'x-kubernetes-patch-strategy': schema.patchStrategy,
    'x-kubernetes-patch-merge-key': schema.mergeKey,
    'x-kubernetes-preserve-unknown-fields': schema.preserveUnknownFields,
  });
}

function withoutUndefined(object: Json): Json {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}
