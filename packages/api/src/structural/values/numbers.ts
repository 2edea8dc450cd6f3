/** Limits of numbers, and of what their type and format can hold. */
import { goFloat } from '../../go-text.js';
import type { JsonSchema } from '../json-schema.js';
import { type Fault, fault, general, Result } from './result.js';

type Limit = 'multipleOf' | 'maximum' | 'minimum';

const NAMES: Readonly<Record<Limit, string>> = {
  multipleOf: 'MultipleOf',
  maximum: 'Maximum boundary',
  minimum: 'Minimum boundary',
};

const INT32_MAX = 2 ** 31;
const INT64_MAX = 2 ** 63;
const FLOAT32_MAX = 3.4028234663852886e38;

/** Whether Go would read the number as an integer. */
export function isInt64(value: number | bigint): boolean {
  // What is read as a bigint has 64 bits.
  return typeof value === 'bigint' || (Number.isInteger(value) && value >= -INT64_MAX && value < INT64_MAX);
}

export function validateNumber(value: number | bigint, schema: JsonSchema, place: string): Result {
  const result = new Result();
  const capacity = capacityOf(schema);
  result.add(outOfRange(value, capacity, 'Checked', place));
  for (const limit of ['multipleOf', 'minimum', 'maximum'] as const) {
    const bound = schema[limit];
    if (bound === undefined) continue;
    const beyond = outOfRange(bound, capacity, NAMES[limit], place);
    result.add(beyond);
    // A bound that the type cannot hold is compared as a general number.
    const isWhole = isInt64(value) && beyond === undefined;
    result.add(brokenLimit(limit, Number(value), bound, isWhole, schema, place));
  }
  result.matches++;
  return result;
}

interface Capacity {
  readonly type: string;
  readonly format: string;
}

function capacityOf({ type = '', format = '' }: JsonSchema): Capacity {
  if (type === 'integer') return { type, format: /^int(?:32|64)$/.test(format) ? format : '' };
  if (type === 'number') return { type, format: /^(?:float|double)$/.test(format) ? format : '' };
  return { type: '', format: '' };
}

function outOfRange(
  value: number | bigint,
  { type, format }: Capacity,
  what: string,
  place: string,
): Fault | undefined {
  if (typeof value === 'bigint' ? format !== 'int32' : fits(value, type, format)) return undefined;
  const form = format === '' ? '(default format)' : `with format ${format}`;
  return general(`${what} value must be of type ${type} ${form} in ${place}`);
}

function fits(value: number, type: string, format: string): boolean {
  if (type === 'integer') {
    const limit = format === 'int32' ? INT32_MAX : INT64_MAX;
    return Number.isInteger(value) && value >= -limit && value < limit;
  }
  return format !== 'float' || Math.abs(value) <= FLOAT32_MAX;
}

function brokenLimit(
  limit: Limit,
  value: number,
  bound: number,
  isWhole: boolean,
  { exclusiveMaximum = false, exclusiveMinimum = false }: JsonSchema,
  place: string,
): Fault | undefined {
  const edge = isWhole ? Math.trunc(bound) : bound;
  const shown = isWhole ? String(edge) : goFloat(edge);
  switch (limit) {
    case 'multipleOf':
      return notMultiple(value, { edge, shown }, isWhole, place);
    case 'maximum':
      if (exclusiveMaximum ? value < edge : value <= edge) return undefined;
      return fault(place, `should be less than ${exclusiveMaximum ? '' : 'or equal to '}${shown}`, value);
    case 'minimum':
      if (exclusiveMinimum ? value > edge : value >= edge) return undefined;
      return fault(place, `should be greater than ${exclusiveMinimum ? '' : 'or equal to '}${shown}`, value);
  }
}

function notMultiple(
  value: number,
  { edge: factor, shown }: { readonly edge: number; readonly shown: string },
  isWhole: boolean,
  place: string,
): Fault | undefined {
  if (factor <= 0) {
    const message = `factor MultipleOf declared for ${place} must be positive: ${goFloat(factor)}`;
    return { ...fault(place, '', factor), message };
  }
  const quotient = factor < 1 ? (1 / factor) * value : value / factor;
  const isMultiple = isWhole ? value % factor === 0 : isNearlyWhole(quotient);
  return isMultiple ? undefined : fault(place, `should be a multiple of ${shown}`, value);
}

/** Numbers that rounding made of whole ones count as whole. */
function isNearlyWhole(value: number): boolean {
  if (!Number.isFinite(value) || Math.abs(value) > Number.MAX_SAFE_INTEGER) return false;
  const distance = Math.abs(value - Math.round(value));
  return distance === 0 || distance / (Math.abs(value) + Math.abs(Math.round(value))) < 1e-9;
}
