/** Reads what is neither a struct nor a list: texts, numbers, times, quantities, bytes. */
import { DecodeError, jsonTypeOf, mismatch, type Target } from './decode-mismatch.js';
import { narrowed } from './int64.js';
import { canonicalQuantity } from './quantity.js';
import { canonicalBase64, canonicalTime } from './scalars.js';
import { resolve, type Schema } from './schema.js';

export interface ScalarTarget extends Target {
  /** The first value of a wrong type: the text is read on, for worse may follow. */
  readonly first: { error?: DecodeError };
  /** How a number was written that is not written as an integer. */
  readonly literal?: string | undefined;
}

/** Takes note of a value of the wrong type and leaves it out. */
export function wrong(target: ScalarTarget, error: DecodeError): null {
  if (target.unstructured) throw error;
  target.first.error ??= error;
  return null;
}

export function decodeScalar(value: unknown, schema: Schema, target: ScalarTarget): unknown {
  const { type, format } = resolve(schema);
  switch (format) {
    case 'quantity':
      return decodeQuantity(value, target);
    case 'int-or-string':
      return decodeIntOrString(value, target);
    case 'date-time':
    case 'micro-time':
      return decodeTime(value, format, target);
    case 'byte':
      return decodeBytes(value, schema, target);
  }
  switch (type) {
    case 'integer':
      return decodeInteger(value, schema, format, target);
    case 'number':
      if (typeof value === 'number' || typeof value === 'bigint') return Number(value);
      break;
    default:
      if (typeof value === type) return value;
  }
  return wrong(target, mismatch(value, schema, target));
}

function decodeQuantity(value: unknown, { literal }: ScalarTarget): string {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'bigint') {
    throw new DecodeError(
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    );
  }
  return orRefuse(() => canonicalQuantity(literal ?? String(value).trim()));
}

/** Such values read their own text, whatever it is a part of: an error ends it all. */
function decodeIntOrString(value: unknown, target: ScalarTarget): unknown {
  if (typeof value === 'string') return value;
  const first: ScalarTarget['first'] = {};
  const alone = target.unstructured ? { struct: '', fields: '', unstructured: false } : target;
  const schema: Schema = { type: 'integer', format: 'int32' };
  const number = decodeInteger(value, schema, 'int32', { ...alone, literal: target.literal, first });
  if (first.error !== undefined) throw first.error;
  return number;
}

/** What is to be a time is read by the time itself, which ends it at once. */
function decodeTime(value: unknown, format: 'date-time' | 'micro-time', target: ScalarTarget): string {
  if (typeof value === 'string') return orRefuse(() => canonicalTime(value, format));
  if (!target.unstructured) throw mismatch(value, { type: 'string' }, target);
  throw new DecodeError(`json: cannot unmarshal ${jsonTypeOf(value)} into Go value of type string`);
}

/** Bytes are text in base64, or a list of numbers. Those that are none are told as values of a wrong type are. */
function decodeBytes(value: unknown, schema: Schema, target: ScalarTarget): string | null {
  if (Array.isArray(value)) return Buffer.from(value.map((item) => decodeByte(item, target) ?? 0)).toString('base64');
  if (typeof value !== 'string') return wrong(target, mismatch(value, schema, target));
  try {
    return canonicalBase64(value);
  } catch (error) {
    const { message } = error as Error;
    return wrong(target, new DecodeError(target.unstructured ? `error decoding from json: ${message}` : message));
  }
}

function decodeByte(value: unknown, target: ScalarTarget): number | null {
  if (value === null || (Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 255)) return Number(value);
  const number = typeof value === 'number' || typeof value === 'bigint' ? String(value) : '';
  return wrong(target, mismatch(value, { type: 'integer', format: 'uint8' }, { ...target, declared: 'uint8' }, number));
}

const INT32_MAX = 2 ** 31 - 1;

function decodeInteger(
  value: unknown,
  schema: Schema,
  format: string | undefined,
  target: ScalarTarget,
): number | bigint | null {
  if (typeof value !== 'number' && typeof value !== 'bigint') return wrong(target, mismatch(value, schema, target));
  if (target.unstructured && format === 'int32' && Number.isInteger(value)) return Number(value) | 0;
  const isInteger = target.literal === undefined && (typeof value === 'bigint' || Number.isInteger(value));
  const exact = isInteger ? narrowed(BigInt(value)) : undefined;
  const isTooLarge = exact === undefined || (format === 'int32' && (exact > INT32_MAX || exact < -INT32_MAX - 1));
  if (isTooLarge) return wrong(target, mismatch(value, schema, target, target.literal ?? String(value)));
  return exact;
}

function orRefuse<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new DecodeError((error as Error).message);
  }
}
