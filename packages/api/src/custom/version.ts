/** One version of a definition, with its schema as values meet it. */
import type { CustomResourceDefinition, CustomResourceDefinitionVersion } from '../gen/types.js';
import { conversionProblem } from '../structural/convertible.js';
import { hasEmbedded } from '../structural/embedded-form.js';
import {
  asResource,
  isEmbedded,
  itemsOf,
  type JsonSchema,
  RESOURCE_FIELDS,
  valuesOf,
} from '../structural/json-schema.js';
import { mapFields } from '../structural/map-value.js';
import { pruned } from '../structural/pruning.js';

export interface CustomVersion {
  readonly group: string;
  readonly name: string;
  readonly kind: string;
  readonly settings: CustomResourceDefinitionVersion;
  /** As the definition has it. */
  readonly given: JsonSchema;
  /** Its defaults without what they may not have. */
  readonly schema: JsonSchema;
  /** The same as that of a resource. */
  readonly root: JsonSchema;
  /** Whether there are resources within its objects. */
  readonly hasEmbedded: boolean;
  /** The whole definition asks that nothing is taken away. */
  readonly keepsUnknown: boolean;
}

/** Throws if there is no such version, or no reading of its schema. */
export function customVersion(crd: CustomResourceDefinition, name: string): CustomVersion {
  const { spec = {}, status } = crd;
  const settings = spec.versions?.find((it) => it.name === name);
  if (settings === undefined) throw new Error(`the definition ${crd.metadata.name} has no version ${name}`);
  const given = settings.schema?.openAPIV3Schema ?? {};
  const problem = conversionProblem(given);
  if (problem !== undefined) throw new Error(`the schema of ${crd.metadata.name} ${name} cannot be read: ${problem}`);
  const keepsUnknown = spec.preserveUnknownFields === true;
  const schema = keepsUnknown ? given : withPrunedDefaults(given, true);
  return {
    group: spec.group ?? '',
    name,
    kind: status?.acceptedNames?.kind || spec.names?.kind || '',
    settings,
    given,
    schema,
    root: asResource(schema),
    hasEmbedded: hasEmbedded(schema),
    keepsUnknown,
  };
}

/** The schema, with defaults that have nothing that it lacks; itself where they have not. Those of metadata are what metadata is. */
function withPrunedDefaults(schema: JsonSchema, isResource: boolean): JsonSchema {
  const own: { -readonly [K in keyof JsonSchema]: JsonSchema[K] } = {};
  const { default: value, properties } = schema;
  if (value !== undefined && value !== null) {
    const kept = pruned(value, schema);
    if (kept !== value) own.default = kept;
  }
  const inside = (it: JsonSchema) => withPrunedDefaults(it, isEmbedded(it));
  const [items, values] = [itemsOf(schema), valuesOf(schema)];
  const [ownItems, ownValues] = [items && inside(items), values && inside(values)];
  if (ownItems !== items) own.items = ownItems;
  if (ownValues !== values) own.additionalProperties = ownValues;
  if (properties !== undefined) {
    const changed = mapFields(properties, (name, property) =>
      isResource && RESOURCE_FIELDS.has(name) ? property : inside(property as JsonSchema),
    );
    if (changed !== properties) own.properties = changed as Record<string, JsonSchema>;
  }
  return Object.keys(own).length === 0 ? schema : { ...schema, ...own };
}
