/** What OpenAPI and Kubernetes' own words in it allow of a schema, place by place. */
import { type FieldError, forbidden, invalid, notSupported, type Path, required } from '../../field-errors.js';
import type { ValidationRule } from '../../gen/types.js';
import { wasSaidEmpty } from '../../normalize.js';
import { isRecord } from '../../object.js';
import { isFieldPath } from '../../structural/field-path.js';
import {
  additionalOf,
  isEmbedded,
  itemListOf,
  itemsOf,
  type JsonSchema,
  propertiesOf,
  RESOURCE_FIELDS,
  sortedEntries,
} from '../../structural/json-schema.js';
import { validateLists } from './list-rules.js';
import type { ExpressionScope, SchemaExpressions } from './schema-expressions.js';

export const SCHEMA_TYPES = ['array', 'boolean', 'integer', 'number', 'object', 'string'];
const MAP_TYPES = ['atomic', 'granular'];
const REASONS = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired'];

/** What stored definitions may have that new ones may not. */
export interface SchemaRuleSettings {
  readonly requireTypes: boolean;
  readonly requireAtomicSets: boolean;
  readonly requireListKeys: boolean;
}

interface Where {
  /** Why there may be no default. */
  readonly noDefaults?: string;
  readonly insideMetadata?: boolean;
  /** The place from which on it cannot be told what a value was before. */
  readonly uncorrelatable?: Path;
  /** Absent where no rules of expressions are looked at. */
  readonly scope?: ExpressionScope | undefined;
}

/** Errors of the schema, and of expressions: those are told after, and not at all where the schema around is wrong. */
interface Found {
  readonly schema: FieldError[];
  readonly expressions: FieldError[];
}

export class SchemaRules {
  readonly #settings: SchemaRuleSettings;
  readonly #expressions: SchemaExpressions | undefined;

  constructor(settings: SchemaRuleSettings, expressions: SchemaExpressions | undefined) {
    this.#settings = settings;
    this.#expressions = expressions;
  }

  validate(schema: JsonSchema, at: Path): FieldError[] {
    const found: Found = { schema: [], expressions: [] };
    this.#visit(schema, at, { scope: this.#expressions?.root(schema) }, true, found);
    return [...found.schema, ...found.expressions];
  }

  #visit(schema: JsonSchema, at: Path, where: Where, isRoot: boolean, found: Found): void {
    const before = found.schema.length;
    found.schema.push(...validateNode(schema, at, where, this.#settings));
    this.#visitAdditional(schema, at.child('additionalProperties'), where, found);
    this.#visitProperties(schema, at.child('properties'), at, where, isRoot, found);
    this.#visitClauses(schema, at, where, found);
    this.#visitItems(schema, at, where, found);
    for (const [name, it] of sortedEntries(schema.dependencies))
      if (isRecord(it)) this.#visit(it as JsonSchema, at.child('dependencies').key(name), without(where), false, found);
    found.schema.push(
      ...validateUnknownAndMaps(schema, at),
      ...validateLists(schema, at, this.#settings),
      ...validateRules(schema, at.child('x-kubernetes-validations')),
    );
    if (found.schema.length > before || where.scope === undefined || this.#expressions === undefined) return;
    const rulesAt = at.child('x-kubernetes-validations');
    found.expressions.push(...this.#expressions.validate(schema, where.scope, where.uncorrelatable, rulesAt));
  }

  #visitAdditional(schema: JsonSchema, at: Path, where: Where, found: Found): void {
    const additional = additionalOf(schema.additionalProperties);
    if (additional === undefined) return;
    const hasProperties = Object.keys(schema.properties ?? {}).length > 0;
    if (hasProperties && (!additional.allows || additional.schema !== undefined))
      found.schema.push(forbidden(at, 'additionalProperties and properties are mutual exclusive'));
    if (additional.schema === undefined) return;
    const own = inside(where, additional.schema);
    const noDefaults = 'inside additionalProperties applying to object metadata';
    this.#visit(additional.schema, at, where.insideMetadata ? { ...own, noDefaults } : own, false, found);
  }

  #visitProperties(schema: JsonSchema, at: Path, above: Path, where: Where, isRoot: boolean, found: Found): void {
    const mapType = schema['x-kubernetes-map-type'];
    const isCorrelatable = mapType === undefined || MAP_TYPES.includes(mapType);
    for (const [name, property] of propertiesOf(schema)) {
      const isMetadata = (isRoot || isEmbedded(schema)) && RESOURCE_FIELDS.has(name);
      this.#visit(
        property,
        at.key(name),
        {
          ...inside(where, property),
          ...(isCorrelatable ? {} : lost(where, above)),
          ...(isMetadata ? { insideMetadata: true } : {}),
          ...(isMetadata && isRoot ? { noDefaults: `in top-level ${name}` } : {}),
        },
        false,
        found,
      );
    }
  }

  #visitClauses(schema: JsonSchema, at: Path, where: Where, found: Found): void {
    const plain = without(where);
    if (schema.not !== undefined) this.#visit(schema.not, at.child('not'), plain, false, found);
    for (const field of ['allOf', 'oneOf', 'anyOf'] as const)
      for (const [index, it] of (schema[field] ?? []).entries())
        this.#visit(it, at.child(field).index(index), plain, false, found);
    for (const [name, it] of sortedEntries(schema.definitions))
      this.#visit(it, at.child('definitions').key(name), plain, false, found);
  }

  /** Only items of lists with keys can be found again. */
  #visitItems(schema: JsonSchema, at: Path, where: Where, found: Found): void {
    const isMap = schema['x-kubernetes-list-type'] === 'map';
    const items = itemsOf(schema);
    const listed = items === undefined ? itemListOf(schema) : [items];
    for (const [index, item] of listed.entries()) {
      const own = { ...inside(where, item), ...(isMap ? {} : lost(where, at)) };
      const place = at.child('items');
      this.#visit(item, items === undefined ? place.index(index) : place, own, false, found);
    }
  }
}

const inside = (where: Where, schema: JsonSchema): Where => ({ ...where, scope: where.scope?.inside(schema) });
const without = ({ scope: _, ...where }: Where): Where => where;
const lost = (where: Where, at: Path): Where => ({ uncorrelatable: where.uncorrelatable ?? at });

/** Fields of OpenAPI that definitions have no use for. */
function validateNode(schema: JsonSchema, at: Path, where: Where, { requireTypes }: SchemaRuleSettings): FieldError[] {
  const errors: FieldError[] = [];
  const { type = '' } = schema;
  if (requireTypes && type !== '' && !SCHEMA_TYPES.includes(type))
    errors.push(notSupported(at.child('type'), type, SCHEMA_TYPES));
  if (schema.default !== undefined && where.noDefaults !== undefined)
    errors.push(forbidden(at.child('default'), `must not be set ${where.noDefaults}`));
  const unsupported = (field: string, isThere: boolean) =>
    isThere ? [forbidden(at.child(field), `${field} is not supported`)] : [];
  errors.push(
    ...unsupported('id', Boolean(schema.id)),
    ...unsupported('additionalItems', additionalOf(schema.additionalItems) !== undefined),
    ...unsupported('patternProperties', isFilled(schema.patternProperties)),
    ...unsupported('definitions', isFilled(schema.definitions)),
    ...unsupported('dependencies', schema.dependencies !== undefined || wasSaidEmpty(schema, 'dependencies')),
    ...unsupported('$ref', schema.$ref !== undefined),
  );
  if (type === 'null')
    errors.push(forbidden(at.child('type'), 'type cannot be set to null, use nullable as an alternative'));
  if (itemListOf(schema).length > 0)
    errors.push(forbidden(at.child('items'), 'items must be a schema object and not an array'));
  if (where.insideMetadata && isEmbedded(schema))
    errors.push(forbidden(at.child('x-kubernetes-embedded-resource'), 'must not be used inside of resource meta'));
  if (schema.uniqueItems === true) {
    const text = 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic';
    errors.push(forbidden(at.child('uniqueItems'), text));
  }
  return errors;
}

const isFilled = (map: object | undefined) => map !== undefined && Object.keys(map).length > 0;

function validateUnknownAndMaps(schema: JsonSchema, at: Path): FieldError[] {
  const errors: FieldError[] = [];
  const { type = '' } = schema;
  if (schema['x-kubernetes-preserve-unknown-fields'] === false)
    errors.push(invalid(at.child('x-kubernetes-preserve-unknown-fields'), false, 'must be true or undefined'));
  const mapType = schema['x-kubernetes-map-type'];
  if (mapType === undefined) return errors;
  if (type !== 'object') {
    const text = 'must be object if x-kubernetes-map-type is specified';
    errors.push(type === '' ? required(at.child('type'), text) : invalid(at.child('type'), type, text));
  }
  if (!MAP_TYPES.includes(mapType)) errors.push(notSupported(at.child('x-kubernetes-map-type'), mapType, MAP_TYPES));
  return errors;
}

function validateRules(schema: JsonSchema, at: Path): FieldError[] {
  return (schema['x-kubernetes-validations'] ?? []).flatMap((rule, index) => [
    ...validateRuleText(rule, at.index(index)),
    ...validateRuleFields(rule, schema, at.index(index)),
  ]);
}

const hasNewlines = (text: string) => /[\n\r]/.test(text);

function validateRuleText({ rule = '', message = '' }: ValidationRule, at: Path): FieldError[] {
  const own = message.trim();
  if (rule.trim() === '') return [required(at.child('rule'), 'rule is not specified')];
  if (message !== '' && own === '') return [invalid(at.child('message'), message, 'must be non-empty if specified')];
  if (hasNewlines(own)) return [invalid(at.child('message'), message, 'must not contain line breaks')];
  if (!hasNewlines(rule.trim()) || own !== '') return [];
  return [required(at.child('message'), 'message must be specified if rule contains line breaks')];
}

function validateRuleFields(rule: ValidationRule, schema: JsonSchema, at: Path): FieldError[] {
  const { messageExpression = '', reason, fieldPath = '' } = rule;
  const errors: FieldError[] = [];
  if (messageExpression !== '' && messageExpression.trim() === '') {
    const text = 'messageExpression must be non-empty if specified';
    errors.push(required(at.child('messageExpression'), text));
  }
  if (reason !== undefined && !REASONS.includes(reason)) errors.push(notSupported(at.child('reason'), reason, REASONS));
  if (fieldPath === '') return errors;
  const wrong = (text: string) => errors.push(invalid(at.child('fieldPath'), fieldPath, text));
  if (fieldPath.trim() === '') wrong('must be non-empty if specified');
  if (hasNewlines(fieldPath)) wrong('must not contain line breaks');
  if (!isFieldPath(fieldPath, schema)) wrong('must be a valid path');
  return errors;
}
