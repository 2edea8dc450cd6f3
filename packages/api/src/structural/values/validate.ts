/** Whether a value is what a schema says, as kube-openapi tells it. */
import { compileRegex } from '@keelson/cel';
import type { FieldError, Path } from '../../field-errors.js';
import { deepEqual, isRecord } from '../../object.js';
import type { Correlation } from '../correlation.js';
import { additionalOf, itemsOf, type JsonSchema, propertiesOf } from '../json-schema.js';
import { validateClauses } from './clauses.js';
import { formatNamed } from './formats.js';
import { isInt64, validateNumber } from './numbers.js';
import { fault, longerThan, missing, moreThan, notInEnum, Result, wrongType } from './result.js';

/** The errors of a value that stands at `at`; what is as it was is not told again. */
export function validateValue(value: unknown, schema: JsonSchema, at: Path, before?: Correlation): FieldError[] {
  const result = check(value, schema, '');
  if (result.isValid || before === undefined) return result.toErrors(at);
  // Only now it matters what was there before.
  return checkChanged(value, schema, '', before).toErrors(at);
}

function checkChanged(value: unknown, schema: JsonSchema, place: string, before: Correlation | undefined): Result {
  const result = check(value, schema, place, before);
  if (result.isValid || before?.isSame !== true) return result;
  return Result.valid();
}

/** `place` is where the value stands, from the value that was asked about. */
export function check(value: unknown, schema: JsonSchema, place: string, before?: Correlation): Result {
  const result = new Result();
  if (value === null || value === undefined) {
    result.merge(checkType(null, schema, place));
    result.merge(checkEnum(value, schema, place));
    return result;
  }
  const step = (found: Result): void => {
    result.merge(found);
    result.matches++;
  };
  if (schema.format || typesOf(schema).length > 0) step(checkType(value, schema, place));
  step(validateClauses(value, schema, place, check));
  if (typeof value === 'string') {
    step(checkText(value, schema, place));
    if (formatNamed(schema.format ?? '') !== undefined) step(checkFormat(value, schema.format ?? '', place));
  }
  if (typeof value === 'number' || typeof value === 'bigint') step(validateNumber(value, schema, place));
  if (Array.isArray(value)) step(checkList(value, schema, place, before));
  step(checkEnum(value, schema, place));
  if (isRecord(value)) step(checkObject(value, schema, place, before));
  result.matches++;
  return result;
}

interface Found {
  readonly type: string;
  readonly format: string;
}

function typeOf(value: unknown): Found {
  if (Array.isArray(value)) return { type: 'array', format: '' };
  if (typeof value === 'number' || typeof value === 'bigint')
    return isInt64(value) ? { type: 'integer', format: 'int64' } : { type: 'number', format: 'float64' };
  return { type: typeof value, format: '' };
}

/** The types that a value may have. */
function typesOf({ type = '', 'x-kubernetes-int-or-string': isEither }: JsonSchema): readonly string[] {
  if (isEither === true) return ['integer', 'string'];
  return type === '' ? [] : [type];
}

function checkType(value: unknown, schema: JsonSchema, place: string): Result {
  const { format = '', nullable } = schema;
  const types = typesOf(schema);
  const result = new Result();
  result.matches++;
  if (value === null) {
    if (types.length > 0 && !types.includes('null') && nullable !== true)
      result.add(wrongType(place, types.join(','), 'null'));
    return result;
  }
  const found = typeOf(value);
  const fits = types.includes(found.type) || (types.includes('number') && found.type === 'integer');
  const isTextual = typeof value === 'string' || Array.isArray(value);
  const isNumeric = types.includes('number') || types.includes('integer');
  if (!isTextual && format !== '' && !fits && found.format !== format) {
    result.matches = 0;
    result.add(wrongType(place, format, found.format));
  } else if (!fits && !(isTextual && format !== '' && !isNumeric)) {
    result.matches = 0;
    result.add(wrongType(place, types.join(','), found.type));
  }
  return result;
}

function checkEnum(value: unknown, { enum: values = [] }: JsonSchema, place: string): Result {
  const result = new Result();
  const isAllowed = values.length === 0 || values.some((it) => it !== null && deepEqual(it, value));
  if (!isAllowed) result.add(notInEnum(place, value, values));
  return result;
}

/** The first rule that is broken is told. */
function checkText(text: string, schema: JsonSchema, place: string): Result {
  const { maxLength, minLength, pattern = '' } = schema;
  const result = new Result();
  if (maxLength !== undefined && isLonger(text, maxLength)) result.add(longerThan(place, maxLength));
  else if (minLength !== undefined && !isLonger(text, minLength - 1))
    result.add(fault(place, `should be at least ${minLength} chars long`, text));
  else if (pattern !== '') result.add(mismatch(text, schema, pattern, place));
  return result;
}

/** By characters, of which there are at most as many as units, and at least half as many. */
function isLonger(text: string, limit: number): boolean {
  if (text.length <= limit) return false;
  if (text.length > 2 * limit) return true;
  let length = 0;
  for (const _char of text) length++;
  return length > limit;
}

const patterns = new WeakMap<JsonSchema, ReturnType<typeof compileRegex>>();

function patternOf(schema: JsonSchema, pattern: string): ReturnType<typeof compileRegex> {
  let known = patterns.get(schema);
  if (known === undefined) {
    known = compileRegex(pattern);
    patterns.set(schema, known);
  }
  return known;
}

function mismatch(text: string, schema: JsonSchema, pattern: string, place: string) {
  const compiled = patternOf(schema, pattern);
  if ('message' in compiled)
    return fault(place, `should match '${pattern}, but pattern is invalid: ${compiled.message}'`, text);
  return compiled.matcher(text).find() ? undefined : fault(place, `should match '${pattern}'`, text);
}

function checkFormat(text: string, format: string, place: string): Result {
  const result = new Result();
  if (formatNamed(format)?.(text) !== true) result.add(wrongType(place, format, text));
  return result;
}

function checkList(list: readonly unknown[], schema: JsonSchema, place: string, before?: Correlation): Result {
  const result = new Result();
  const items = itemsOf(schema);
  if (items !== undefined)
    for (const [index, item] of list.entries())
      result.merge(checkChanged(item, items, `${place}[${index}]`, before?.index(index)));
  const { minItems, maxItems } = schema;
  if (minItems !== undefined && list.length < minItems)
    result.add(fault(place, `should have at least ${minItems} items`, list.length));
  if (maxItems !== undefined && list.length > maxItems) result.add(moreThan(place, 'items', list.length, maxItems));
  result.matches++;
  return result;
}

function checkObject(
  object: Readonly<Record<string, unknown>>,
  schema: JsonSchema,
  place: string,
  before?: Correlation,
): Result {
  const result = new Result();
  const keys = Object.keys(object);
  const { minProperties, maxProperties, properties = {}, required = [] } = schema;
  if (minProperties !== undefined && keys.length < minProperties)
    result.add(fault(place, `should have at least ${minProperties} properties`, keys.length));
  if (maxProperties !== undefined && keys.length > maxProperties)
    result.add(moreThan(place, 'properties', keys.length, maxProperties));
  const additional = additionalOf(schema.additionalProperties);
  for (const key of additional === undefined ? [] : keys.sort()) {
    if (additional === undefined || Object.hasOwn(properties, key)) continue;
    if (additional.schema !== undefined)
      result.merge(checkChanged(object[key], additional.schema, `${place}.${key}`, before?.key(key)));
    else if (!additional.allows) {
      const message = `${place}.${key} in body is a forbidden property`;
      result.add({ ...fault(place, '', key), message });
    }
  }
  for (const [name, property] of propertiesOf(schema)) {
    if (!Object.hasOwn(object, name)) continue;
    const known = place === '' && (name === 'apiVersion' || name === 'kind') ? undefined : before?.key(name);
    result.merge(checkChanged(object[name], property, place === '' ? name : `${place}.${name}`, known));
  }
  for (const name of required) if (!Object.hasOwn(object, name)) result.add(missing(`${place}.${name}`));
  return result;
}
