/** Whether a schema can be read as a structural one at all; the rules of structural schemas are about those that can. */
import { additionalOf, itemListOf, itemsOf, type JsonSchema, sortedEntries } from './json-schema.js';

const known = new WeakMap<JsonSchema, { readonly problem: string | undefined }>();

/** The first thing in the way; undefined if there is none. */
export function conversionProblem(schema: JsonSchema): string | undefined {
  let found = known.get(schema);
  if (found === undefined) {
    found = { problem: unsupported(schema) ?? inside(schema) };
    known.set(schema, found);
  }
  return found.problem;
}

function unsupported(schema: JsonSchema): string | undefined {
  const is = (field: string) => `OpenAPIV3Schema '${field}' is not supported`;
  if (schema.id) return is('id');
  if (schema.$schema) return is('schema');
  if (schema.$ref) return is('$ref');
  if (isFilled(schema.patternProperties)) return is('patternProperties');
  if (isFilled(schema.dependencies)) return is('dependencies');
  if (additionalOf(schema.additionalItems) !== undefined) return is('additionalItems');
  return isFilled(schema.definitions) ? is('definitions') : undefined;
}

const isFilled = (map: object | undefined) => map !== undefined && Object.keys(map).length > 0;

function inside(schema: JsonSchema): string | undefined {
  const { not, allOf = [], anyOf = [], oneOf = [] } = schema;
  const first = firstProblem([...(not === undefined ? [] : [not]), ...allOf, ...anyOf, ...oneOf]);
  if (first !== undefined) return first;
  if (schema['x-kubernetes-preserve-unknown-fields'] === false)
    return "internal error: 'x-kubernetes-preserve-unknown-fields' must be true or undefined";
  if (itemListOf(schema).length > 0) return "OpenAPIV3Schema 'items' must be a schema, but is an array";
  const items = itemsOf(schema);
  const values = additionalOf(schema.additionalProperties)?.schema;
  const properties = sortedEntries(schema.properties).map(([, it]) => it);
  return firstProblem([
    ...(items === undefined ? [] : [items]),
    ...properties,
    ...(values === undefined ? [] : [values]),
  ]);
}

function firstProblem(schemas: readonly JsonSchema[]): string | undefined {
  for (const schema of schemas) {
    const problem = conversionProblem(schema);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
