/** The schema of a version, whole: as a structural one, in its defaults, by OpenAPI's rules and in its expressions. */
import { costProblem, ESTIMATED_DEFINITION_COST_LIMIT } from '@keelson/cel';
import { type FieldError, forbidden, invalid, type Path } from '../../field-errors.js';
import type { CustomResourceValidation } from '../../gen/types.js';
import { internalForm } from '../../internal-form.js';
import { conversionProblem } from '../../structural/convertible.js';
import { validateDefaults } from '../../structural/defaults.js';
import type { JsonSchema } from '../../structural/json-schema.js';
import { validateStructural } from '../../structural/structural.js';
import { SchemaExpressions } from './schema-expressions.js';
import { type SchemaRuleSettings, SchemaRules } from './schema-rules.js';

export interface SchemaSettings extends SchemaRuleSettings {
  readonly requireStructural: boolean;
  readonly requirePrunedDefaults: boolean;
  /** Whether what a single rule may cost is limited. */
  readonly limitCosts: boolean;
}

export function validateVersionSchema(
  validation: CustomResourceValidation | undefined,
  hasStatus: boolean,
  settings: SchemaSettings,
  above: Path,
): FieldError[] {
  const schema = validation?.openAPIV3Schema;
  if (schema === undefined) return [];
  const at = above.child('openAPIV3Schema');
  const errors = hasStatus ? validateRootForStatus(schema, at) : [];
  if (schema.nullable === true) errors.push(forbidden(at.child('nullable'), 'nullable cannot be true at the root'));
  const unreadable = settings.requireStructural ? conversionProblem(schema) : undefined;
  const isReadable = settings.requireStructural && unreadable === undefined;
  const unfit = isReadable ? validateStructure(schema, settings, at) : [];
  errors.push(...unfit);
  // Expressions are looked at only where the schema is one that can say their types.
  const expressions = isReadable && unfit.length === 0 ? new SchemaExpressions(settings.limitCosts) : undefined;
  errors.push(...new SchemaRules(settings, expressions).validate(schema, at));
  if (errors.length === 0 && unreadable !== undefined) errors.push(invalid(at, '', unreadable));
  return [...errors, ...validateTotalCost(expressions, at)];
}

function validateStructure(schema: JsonSchema, settings: SchemaSettings, at: Path): FieldError[] {
  const errors = validateStructural(schema, at);
  return errors.length > 0 ? errors : validateDefaults(schema, at, { requirePruned: settings.requirePrunedDefaults });
}

function validateTotalCost(expressions: SchemaExpressions | undefined, at: Path): FieldError[] {
  const what = 'x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema';
  const problem = costProblem(what, expressions?.totalCost ?? 0, ESTIMATED_DEFINITION_COST_LIMIT);
  if (expressions === undefined || problem === undefined) return [];
  const text = 'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema';
  return [...expressions.mostExpensive.map((place) => forbidden(place, text)), forbidden(at, problem)];
}

const PROPS = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps';

/** What may stand at the root where the status is checked by itself, in Go's names and order. */
const ROOT_FIELDS = [
  ...['Description', 'Type', 'Format', 'Title', 'Maximum', 'ExclusiveMaximum', 'Minimum', 'ExclusiveMinimum'],
  ...['MaxLength', 'MinLength', 'Pattern', 'MaxItems', 'MinItems', 'UniqueItems', 'MultipleOf', 'Required', 'Items'],
  ...['Properties', 'ExternalDocs', 'Example', 'XPreserveUnknownFields', 'XValidations'],
];

function validateRootForStatus(schema: JsonSchema, at: Path): FieldError[] {
  const written = internalForm(PROPS, schema) as Readonly<Record<string, unknown>>;
  for (const [field, value] of Object.entries(written)) {
    if (value === null || value === '' || value === false) continue;
    if (field === 'Type' && value !== 'object') {
      const text =
        'only "object" is allowed as the type at the root of the schema if the status subresource is enabled';
      return [invalid(at.child('type'), value, text)];
    }
    if (ROOT_FIELDS.includes(field)) continue;
    const fields = ROOT_FIELDS.join(' ');
    const text = `only [${fields}] fields are allowed at the root of the schema if the status subresource is enabled`;
    return [invalid(at, written, text)];
  }
  return [];
}
