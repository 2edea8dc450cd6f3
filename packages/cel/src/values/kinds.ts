import {
  BOOL,
  BYTES,
  DOUBLE,
  DURATION,
  DYN,
  INT,
  listOf,
  mapOf,
  NULL,
  optionalOf,
  STRING,
  TIMESTAMP,
  TYPE,
  type Type,
  UINT,
} from '../types/type.js';
import { CelDuration, CelTimestamp } from './time.js';
import { CelList, CelMap, CelObject, CelOptional, CelUint, TypeValue, type Value } from './value.js';

const LIST = listOf(DYN);
const MAP = mapOf(DYN, DYN);
const OPTIONAL = optionalOf(DYN);

/** The type that `type(value)` is. */
export function typeOfValue(value: Value): Type {
  switch (typeof value) {
    case 'boolean':
      return BOOL;
    case 'bigint':
      return INT;
    case 'number':
      return DOUBLE;
    case 'string':
      return STRING;
  }
  if (value === null) return NULL;
  if (value instanceof CelUint) return UINT;
  if (value instanceof Uint8Array) return BYTES;
  if (value instanceof CelList) return LIST;
  if (value instanceof CelMap) return MAP;
  if (value instanceof CelTimestamp) return TIMESTAMP;
  if (value instanceof CelDuration) return DURATION;
  if (value instanceof CelOptional) return OPTIONAL;
  if (value instanceof TypeValue) return TYPE;
  if (value instanceof CelObject) return value.type;
  return DYN;
}

/** Whether a value may be given where `type` is declared, as far as that shows at run time. */
export function fits(value: Value, type: Type): boolean {
  if (type.isDyn || type.kind === 'param') return true;
  const actual = typeOfValue(value);
  if (actual.isDyn) return true;
  if (type.nullable && value === null) return true;
  return (
    actual.kind === type.kind && (type.kind !== 'struct' && type.kind !== 'opaque' ? true : actual.name === type.name)
  );
}

/** Code points of a string. */
export function codePoints(text: string): number {
  let pairs = 0;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit >= 0xd800 && unit <= 0xdbff) {
      const next = text.charCodeAt(index + 1);
      if (next >= 0xdc00 && next <= 0xdfff) {
        pairs++;
        index++;
      }
    }
  }
  return text.length - pairs;
}

/** What `size(value)` is; undefined if it has none. */
export function sizeOf(value: Value): number | undefined {
  if (typeof value === 'string') return codePoints(value);
  if (value instanceof Uint8Array) return value.length;
  if (value instanceof CelList || value instanceof CelMap) return value.size;
  return undefined;
}

/** Whether `optional.ofNonZeroValue` takes the value for nothing. */
export function isZero(value: Value): boolean {
  if (value === null || value === false || value === 0n || value === 0 || value === '') return true;
  if (value instanceof CelUint) return value.value === 0n;
  if (value instanceof CelDuration) return value.nanos === 0n;
  if (value instanceof CelTimestamp) return value.seconds === -62135596800n && value.nanos === 0;
  if (value instanceof CelOptional) return value.value === undefined;
  return sizeOf(value) === 0;
}
