/** The schema of a custom resource as OpenAPI documents show it. */
import { describeField } from '../openapi/descriptions.js';
import { type Dialect, type Json, refTo } from '../openapi/schemas.js';
import {
  isEmbedded,
  isIntOrString,
  itemsOf,
  type JsonSchema,
  keepsUnknown,
  valuesOf,
} from '../structural/json-schema.js';
import { isIntOrStringAnyOf } from '../structural/structural.js';
import type { CustomVersion } from './version.js';

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';

/** Throws nothing: what the dialect does not know is left out. */
export function publishedSchema({ given, keepsUnknown: keepsAll }: CustomVersion, dialect: Dialect): Json {
  // Clients take what is listed for all that there is.
  if (!dialect.unions && (keepsAll || keepsUnknown(given))) return { type: 'object' };
  const shown = shownSchema(given, dialect);
  return { ...shown, properties: { ...(shown['properties'] as Json | undefined), ...resourceFields(dialect) } };
}

function resourceFields(dialect: Dialect): Json {
  const texts = ['apiVersion', 'kind'].map((field) => [field, { ...described('ObjectKind', field), type: 'string' }]);
  const metadata = refTo(`${META}.ObjectMeta`, dialect, describeField('ObjectKind', 'metadata'));
  return Object.fromEntries([...texts, ['metadata', metadata]]);
}

function described(type: string, field: string): Json {
  const text = describeField(type, field);
  return text === undefined ? {} : { description: text };
}

function shownSchema(schema: JsonSchema, dialect: Dialect): Json {
  const known = dialect.unions ? unfolded(schema) : withoutUnions(schema);
  const { properties, items: _items, additionalProperties, ...rest } = known as JsonSchema & Json;
  const [items, values] = [itemsOf(known), valuesOf(known)];
  const entries = Object.entries(properties ?? {}) as [string, JsonSchema][];
  const shown: Json = {
    ...rest,
    ...(properties === undefined
      ? {}
      : { properties: Object.fromEntries(entries.map(([name, it]) => [name, shownSchema(it, dialect)])) }),
    ...(items === undefined ? {} : { items: shownSchema(items, dialect) }),
    ...(additionalProperties === undefined || additionalProperties === null
      ? {}
      : { additionalProperties: values === undefined ? additionalProperties : shownSchema(values, dialect) }),
  };
  return isEmbedded(known) && (dialect.unions || !keepsUnknown(known)) ? asEmbedded(shown, dialect) : shown;
}

function asEmbedded(shown: Json, dialect: Dialect): Json {
  const required = new Set((shown['required'] ?? []) as string[]);
  return {
    ...shown,
    properties: { ...(shown['properties'] as Json | undefined), ...resourceFields(dialect) },
    required: [...required, ...['kind', 'apiVersion'].filter((field) => !required.has(field))],
  };
}

/** What a number or a text is, said so that everybody understands. */
function unfolded(schema: JsonSchema): JsonSchema {
  if (!isIntOrString(schema) || isIntOrStringAnyOf(schema) || isIntOrStringAnyOf(schema.allOf?.[0])) return schema;
  const either = [{ type: 'integer' }, { type: 'string' }];
  if (schema.anyOf === undefined) return { ...schema, anyOf: either };
  return { ...schema, allOf: [{ anyOf: either }, ...(schema.allOf ?? [])] };
}

/** What version 2 has no words for, or its clients do not understand. */
function withoutUnions(schema: JsonSchema): JsonSchema {
  const { allOf: _all, anyOf: _any, oneOf: _one, not: _not, nullable, default: _default, ...known } = schema;
  const shown: { -readonly [K in keyof JsonSchema]: JsonSchema[K] } = known;
  const keeps = keepsUnknown(schema);
  if (nullable === true || keeps) {
    delete shown.items;
    delete shown.properties;
  }
  const isOpen = nullable === true || (keeps && schema.type === 'object');
  if (isOpen || (shown.items === undefined && schema.type === 'array')) delete shown.type;
  const nullables = Object.entries(shown.properties ?? {}).filter(([, it]) => it.nullable === true);
  const optional = new Set(nullables.map(([name]) => name));
  if (shown.required !== undefined) {
    const required = shown.required.filter((name) => !optional.has(name));
    if (required.length === 0 || valuesOf(schema)?.nullable === true) delete shown.required;
    else shown.required = required;
  }
  return shown;
}
