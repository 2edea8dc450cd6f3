/** What makes a schema structural: every value has one place that says what it is, and the rest only narrows it. */
import { compileRegex } from '@keelson/cel';
import { errorText, type FieldError, forbidden, invalid, type Path, required } from '../field-errors.js';
import { deepEqual } from '../object.js';
import { validateCompleteness } from './completeness.js';
import {
  additionalOf,
  isEmbedded,
  isIntOrString,
  itemsOf,
  type JsonSchema,
  keepsUnknown,
  propertiesOf,
  propertyOf,
} from './json-schema.js';

type Level = 'root' | 'item' | 'field';

/** The errors of a schema that can be read as a structural one, in the order of their texts. */
export function validateStructural(schema: JsonSchema, at: Path): FieldError[] {
  const errors: FieldError[] = [];
  validateInvariants(schema, 'root', at, errors);
  errors.push(...validateCompleteness(schema, at));
  const texts = new Map(errors.map((error) => [error, errorText(error)]));
  return errors.sort((a, b) => (texts.get(a)! < texts.get(b)! ? -1 : 1));
}

const MISSING_TYPE: Readonly<Record<Level, string>> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
};

function validateInvariants(schema: JsonSchema, level: Level, at: Path, errors: FieldError[]): void {
  const { type = '' } = schema;
  const items = itemsOf(schema);
  if (type === 'array' && items === undefined) errors.push(required(at.child('items'), 'must be specified'));
  if (items !== undefined) validateInvariants(items, 'item', at.child('items'), errors);
  for (const [name, property] of propertiesOf(schema))
    validateInvariants(property, 'field', at.child('properties').key(name), errors);
  validateAdditional(schema, level, at.child('additionalProperties'), errors);
  validateExtensions(schema, at, errors);
  const isAnyOf = isIntOrStringAnyOf(schema);
  const isAllOf = isIntOrStringAnyOf(schema.allOf?.[0]);
  validateNarrowing(schema, { skipAnyOf: isAnyOf, skipFirstAllOf: isAllOf }, at, errors);
  validateType(schema, level, at.child('type'), errors);
  validateResource(schema, level, at, errors);
}

function validateAdditional(schema: JsonSchema, level: Level, at: Path, errors: FieldError[]): void {
  const additional = additionalOf(schema.additionalProperties);
  if (additional === undefined) return;
  if (level === 'root') errors.push(forbidden(at, 'must not be used at the root'));
  if (additional.schema !== undefined) validateInvariants(additional.schema, 'field', at, errors);
  if (isEmbedded(schema)) errors.push(forbidden(at, 'must not be used if x-kubernetes-embedded-resource is set'));
}

function validateExtensions(schema: JsonSchema, at: Path, errors: FieldError[]): void {
  if (!isIntOrString(schema)) return;
  const text = 'must be false if x-kubernetes-int-or-string is true';
  if (keepsUnknown(schema)) errors.push(invalid(at.child('x-kubernetes-preserve-unknown-fields'), true, text));
  if (isEmbedded(schema)) errors.push(invalid(at.child('x-kubernetes-embedded-resource'), true, text));
}

function validateType(schema: JsonSchema, level: Level, at: Path, errors: FieldError[]): void {
  const { type = '' } = schema;
  if (isEmbedded(schema) && type !== 'object') {
    const text = 'must be object if x-kubernetes-embedded-resource is true';
    errors.push(type === '' ? required(at, text) : invalid(at, type, text));
  } else if (type === '' && !isIntOrString(schema) && !keepsUnknown(schema)) {
    errors.push(required(at, MISSING_TYPE[level]));
  }
  if (level === 'root' && type !== '' && type !== 'object')
    errors.push(invalid(at, type, 'must be object at the root'));
}

/** What every resource has is not for its schema to say, but for names of metadata. */
function validateResource(schema: JsonSchema, level: Level, at: Path, errors: FieldError[]): void {
  const isResource = level === 'root' || isEmbedded(schema);
  const properties = at.child('properties');
  for (const name of ['kind', 'apiVersion']) {
    const type = propertyOf(schema, name)?.type ?? '';
    if (isResource && propertyOf(schema, name) !== undefined && type !== 'string')
      errors.push(invalid(properties.key(name).child('type'), type, 'must be string'));
  }
  const metadata = propertyOf(schema, 'metadata');
  if (metadata !== undefined && isResource && metadata.type !== 'object')
    errors.push(invalid(properties.key('metadata').child('type'), metadata.type ?? '', 'must be object'));
  if (metadata !== undefined && level === 'root' && !isOnlyNames(metadata)) {
    const text = 'must not specify anything other than name and generateName, but metadata is implicitly specified';
    errors.push(forbidden(properties.key('metadata'), text));
  }
  if (isEmbedded(schema) && !keepsUnknown(schema) && propertiesOf(schema).length === 0) {
    const text =
      'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields';
    errors.push(required(properties, text));
  }
}

const NAMES: ReadonlySet<string> = new Set(['name', 'generateName']);

function isOnlyNames({ type: _type, default: _default, properties, ...rest }: JsonSchema): boolean {
  const isEmpty = Object.values(rest).every((value) => value === undefined || value === false);
  return isEmpty && Object.keys(properties ?? {}).every((name) => NAMES.has(name));
}

const INT_OR_STRING = [{ type: 'integer' }, { type: 'string' }];

export function isIntOrStringAnyOf(schema: JsonSchema | undefined): boolean {
  return deepEqual(schema?.anyOf, INT_OR_STRING);
}

/** Clauses that only say what a number or a text is are no clauses. */
interface Skipped {
  readonly skipAnyOf: boolean;
  readonly skipFirstAllOf: boolean;
}

const NONE: Skipped = { skipAnyOf: false, skipFirstAllOf: false };

function validateNarrowing(schema: JsonSchema, skipped: Skipped, at: Path, errors: FieldError[]): void {
  const { anyOf = [], allOf = [], oneOf = [], not, pattern } = schema;
  if (!skipped.skipAnyOf) {
    for (const [index, it] of anyOf.entries()) validateNested(it, NONE, at.child('anyOf').index(index), errors);
  }
  for (const [index, it] of allOf.entries()) {
    const own = { ...NONE, skipAnyOf: skipped.skipFirstAllOf && index === 0 };
    validateNested(it, own, at.child('allOf').index(index), errors);
  }
  for (const [index, it] of oneOf.entries()) validateNested(it, NONE, at.child('oneOf').index(index), errors);
  if (not !== undefined) validateNested(not, NONE, at.child('not'), errors);
  const problem = pattern ? patternProblem(pattern) : undefined;
  if (problem !== undefined) {
    const text = `must be a valid regular expression, but isn't: ${problem}`;
    errors.push(invalid(at.child('pattern'), pattern, text));
  }
}

function patternProblem(pattern: string): string | undefined {
  const compiled = compileRegex(pattern);
  return 'message' in compiled ? compiled.message : undefined;
}

const EMPTY = 'must be empty to be structural';
const UNDEFINED = 'must be undefined to be structural';
const FALSE = 'must be false to be structural';

/** What only the structure may say, and what is said of it in a clause. */
const STRUCTURE: readonly (readonly [keyof JsonSchema, string])[] = [
  ['default', UNDEFINED],
  ['title', EMPTY],
  ['description', EMPTY],
  ['nullable', FALSE],
  ['x-kubernetes-preserve-unknown-fields', FALSE],
  ['x-kubernetes-embedded-resource', FALSE],
  ['x-kubernetes-int-or-string', FALSE],
  ['x-kubernetes-list-map-keys', EMPTY],
  ['x-kubernetes-list-type', UNDEFINED],
  ['x-kubernetes-map-type', UNDEFINED],
  ['x-kubernetes-validations', EMPTY],
];

function validateNested(schema: JsonSchema, skipped: Skipped, at: Path, errors: FieldError[]): void {
  validateNarrowing(schema, skipped, at, errors);
  const items = itemsOf(schema);
  if (items !== undefined) validateNested(items, NONE, at.child('items'), errors);
  for (const [name, property] of propertiesOf(schema))
    validateNested(property, NONE, at.child('properties').key(name), errors);
  if (schema.type) errors.push(forbidden(at.child('type'), EMPTY));
  if (additionalOf(schema.additionalProperties)?.allows === true)
    errors.push(forbidden(at.child('additionalProperties'), UNDEFINED));
  for (const [field, text] of STRUCTURE) if (isSaid(schema[field])) errors.push(forbidden(at.child(field), text));
  if (propertyOf(schema, 'metadata') !== undefined)
    errors.push(forbidden(at.child('properties').key('metadata'), 'must not be specified in a nested context'));
}

function isSaid(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false;
}
