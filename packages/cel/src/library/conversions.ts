import { type FunctionDeclaration, member, overload } from '../check/functions.js';
import { BOOL, BYTES, DOUBLE, DURATION, INT, STRING, TIMESTAMP, type Type, UINT } from '../types/type.js';
import { INT_OVERFLOW, parseDouble, showDouble, toInt, toUint, UINT_OVERFLOW } from '../values/numbers.js';
import { CelDuration, CelTimestamp, type Clockface, zoneOffset } from '../values/time.js';
import { CelError, CelUint, INT_MAX, INT_MIN, UINT_MAX, type Value } from '../values/value.js';

const conversionError = (from: Type, to: Type) =>
  new CelError(`type conversion error from '${from.name}' to '${to.name}'`);

function intOf(value: Value): Value {
  if (typeof value === 'number') {
    if (Number.isNaN(value) || value <= Number(INT_MIN) || value >= Number(INT_MAX)) return INT_OVERFLOW;
    return BigInt(Math.trunc(value));
  }
  if (value instanceof CelUint) return toInt(value.value);
  if (value instanceof CelDuration) return value.nanos;
  if (value instanceof CelTimestamp) return value.seconds;
  if (typeof value !== 'string') return value;
  if (!/^[+-]?\d+$/.test(value)) return conversionError(STRING, INT);
  const parsed = BigInt(value.replace('+', ''));
  return parsed < INT_MIN || parsed > INT_MAX ? conversionError(STRING, INT) : parsed;
}

function uintOf(value: Value): Value {
  if (typeof value === 'number') {
    return Number.isNaN(value) || value < 0 || value >= 2 ** 64
      ? UINT_OVERFLOW
      : new CelUint(BigInt(Math.trunc(value)));
  }
  if (typeof value === 'bigint') return toUint(value);
  if (typeof value !== 'string') return value;
  if (!/^\d+$/.test(value) || BigInt(value) > UINT_MAX) return conversionError(STRING, UINT);
  return new CelUint(BigInt(value));
}

function doubleOf(value: Value): Value {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof CelUint) return Number(value.value);
  if (typeof value === 'string') return parseDouble(value) ?? conversionError(STRING, DOUBLE);
  return value;
}

const TRUE = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const FALSE = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);

function boolOf(value: Value): Value {
  if (typeof value !== 'string') return value;
  return TRUE.has(value) ? true : FALSE.has(value) ? false : conversionError(STRING, BOOL);
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function stringOf(value: Value): Value {
  if (value instanceof Uint8Array) {
    try {
      return UTF8.decode(value);
    } catch {
      return new CelError('invalid UTF-8 in bytes, cannot convert to string');
    }
  }
  if (typeof value === 'number') return showDouble(value);
  if (value instanceof CelUint) return String(value.value);
  return String(value);
}

function durationOf(value: Value): Value {
  if (typeof value === 'bigint') return new CelDuration(value);
  return typeof value === 'string' ? (CelDuration.parse(value) ?? conversionError(STRING, DURATION)) : value;
}

function timestampOf(value: Value): Value {
  if (typeof value === 'bigint') return CelTimestamp.of(value);
  return typeof value === 'string' ? (CelTimestamp.parse(value) ?? conversionError(STRING, TIMESTAMP)) : value;
}

const NAMES = new Map<Type, string>([
  [BOOL, 'bool'],
  [BYTES, 'bytes'],
  [DOUBLE, 'double'],
  [DURATION, 'duration'],
  [INT, 'int64'],
  [STRING, 'string'],
  [TIMESTAMP, 'timestamp'],
  [UINT, 'uint64'],
]);

const convert = (name: string, to: Type, from: readonly Type[], run: (value: Value) => Value): FunctionDeclaration => ({
  name,
  overloads: from.map((type) => overload(`${NAMES.get(type)}_to_${NAMES.get(to)}`, [type], to, run)),
});

/** What a clock shows of a timestamp, in UTC or in a zone. */
function clockPart(name: string, id: string, part: (face: Clockface) => number): FunctionDeclaration {
  const show = (time: Value, zone: Value = 'UTC'): Value => {
    const at = time as CelTimestamp;
    const offset = zoneOffset(zone as string, at);
    return offset instanceof CelError ? offset : BigInt(part(at.clockface(offset)));
  };
  return {
    name,
    overloads: [
      member(`timestamp_to_${id}`, [TIMESTAMP], INT, show),
      member(`timestamp_to_${id}_with_tz`, [TIMESTAMP, STRING], INT, show),
    ],
  };
}

const durationPart = (name: string, id: string, part: (nanos: bigint) => bigint): FunctionDeclaration => ({
  name,
  overloads: [member(`duration_to_${id}`, [DURATION], INT, (value) => part((value as CelDuration).nanos))],
});

const milliseconds: FunctionDeclaration = {
  name: 'getMilliseconds',
  overloads: [
    member('timestamp_to_milliseconds', [TIMESTAMP], INT, millisecondsOf),
    member('timestamp_to_milliseconds_with_tz', [TIMESTAMP, STRING], INT, millisecondsOf),
  ],
};

function millisecondsOf(time: Value, zone: Value = 'UTC'): Value {
  const at = time as CelTimestamp;
  const offset = zoneOffset(zone as string, at);
  return offset instanceof CelError ? offset : BigInt(Math.floor(at.nanos / 1_000_000));
}

export const CONVERSIONS: readonly FunctionDeclaration[] = [
  convert('bool', BOOL, [BOOL, STRING], boolOf),
  convert('bytes', BYTES, [BYTES, STRING], (value) =>
    typeof value === 'string' ? new Uint8Array(Buffer.from(value)) : value,
  ),
  convert('double', DOUBLE, [DOUBLE, INT, STRING, UINT], doubleOf),
  convert('duration', DURATION, [DURATION, INT, STRING], durationOf),
  convert('int', INT, [INT, DOUBLE, DURATION, STRING, TIMESTAMP, UINT], intOf),
  convert('string', STRING, [STRING, BOOL, BYTES, DOUBLE, DURATION, INT, TIMESTAMP, UINT], stringOf),
  convert('timestamp', TIMESTAMP, [TIMESTAMP, INT, STRING], timestampOf),
  convert('uint', UINT, [UINT, DOUBLE, INT, STRING], uintOf),
  clockPart('getFullYear', 'year', (face) => face.year),
  clockPart('getMonth', 'month', (face) => face.month),
  clockPart('getDayOfYear', 'day_of_year', (face) => face.dayOfYear),
  clockPart('getDayOfMonth', 'day_of_month', (face) => face.day - 1),
  clockPart('getDate', 'day_of_month_1_based', (face) => face.day),
  clockPart('getDayOfWeek', 'day_of_week', (face) => face.weekday),
  clockPart('getHours', 'hours', (face) => face.hours),
  clockPart('getMinutes', 'minutes', (face) => face.minutes),
  clockPart('getSeconds', 'seconds', (face) => face.seconds),
  milliseconds,
  durationPart('getHours', 'hours', (nanos) => nanos / 3_600_000_000_000n),
  durationPart('getMinutes', 'minutes', (nanos) => nanos / 60_000_000_000n),
  durationPart('getSeconds', 'seconds', (nanos) => nanos / 1_000_000_000n),
  durationPart('getMilliseconds', 'milliseconds', (nanos) => nanos / 1_000_000n),
];
