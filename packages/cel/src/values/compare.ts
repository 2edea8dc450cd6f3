import { CelDuration, CelTimestamp } from './time.js';
import { CelError, CelList, CelMap, CelObject, CelOptional, CelUint, TypeValue, type Value } from './value.js';

export const NO_SUCH_OVERLOAD = new CelError('no such overload');
const NAN_ORDER = new CelError('NaN values cannot be ordered');

const isNumeric = (value: Value): value is bigint | number | CelUint =>
  typeof value === 'bigint' || typeof value === 'number' || value instanceof CelUint;

const plain = (value: bigint | number | CelUint): bigint | number => (value instanceof CelUint ? value.value : value);

function sameNumber(a: bigint | number, b: bigint | number): boolean {
  // An int and a double are compared by value, which only the order operators do across types.
  return typeof a === typeof b ? a === b : a <= b && a >= b;
}

/** Equality, which numbers of different types may have; values of other different types are unequal. */
export function equal(left: Value, right: Value): boolean | CelError {
  if (isNumeric(left) && isNumeric(right)) return sameNumber(plain(left), plain(right));
  if (left instanceof Uint8Array) return right instanceof Uint8Array && Buffer.compare(left, right) === 0;
  if (left instanceof CelList) return right instanceof CelList && equalLists(left, right);
  if (left instanceof CelMap) return right instanceof CelMap && equalMaps(left, right);
  if (left instanceof CelTimestamp) return right instanceof CelTimestamp && left.compare(right) === 0;
  if (left instanceof CelDuration) return right instanceof CelDuration && left.nanos === right.nanos;
  if (left instanceof TypeValue) return right instanceof TypeValue && left.type.name === right.type.name;
  if (left instanceof CelOptional) {
    if (!(right instanceof CelOptional)) return false;
    if (left.value === undefined || right.value === undefined) return left.value === right.value;
    return equal(left.value, right.value);
  }
  if (left instanceof CelObject) return right instanceof CelObject ? left.equals(right) : false;
  return left === right;
}

function equalLists(left: CelList, right: CelList): boolean | CelError {
  if (left.equalTo) return left.equalTo(right);
  if (left.size !== right.size) return false;
  for (let index = 0; index < left.size; index++) {
    const same = equal(left.at(index), right.at(index));
    if (same !== true) return same;
  }
  return true;
}

function equalMaps(left: CelMap, right: CelMap): boolean | CelError {
  if (left.size !== right.size) return false;
  for (const key of left.keys()) {
    const other = right.find(key);
    if (other === undefined) return false;
    const same = equal(left.find(key)!, other);
    if (same !== true) return same;
  }
  return true;
}

/** Order: negative, 0 or positive. Undefined if the left value has no order at all. */
export function compare(left: Value, right: Value): number | CelError | undefined {
  if (isNumeric(left)) {
    if (!isNumeric(right)) return NO_SUCH_OVERLOAD;
    const a = plain(left);
    const b = plain(right);
    if (Number.isNaN(a) || Number.isNaN(b)) return NAN_ORDER;
    return a < b ? -1 : a > b ? 1 : 0;
  }
  if (typeof left === 'string') return typeof right === 'string' ? compareStrings(left, right) : NO_SUCH_OVERLOAD;
  if (typeof left === 'boolean') return typeof right === 'boolean' ? Number(left) - Number(right) : NO_SUCH_OVERLOAD;
  if (left instanceof Uint8Array) return right instanceof Uint8Array ? Buffer.compare(left, right) : NO_SUCH_OVERLOAD;
  if (left instanceof CelTimestamp) return right instanceof CelTimestamp ? left.compare(right) : NO_SUCH_OVERLOAD;
  if (left instanceof CelDuration) {
    if (!(right instanceof CelDuration)) return NO_SUCH_OVERLOAD;
    return left.nanos < right.nanos ? -1 : left.nanos > right.nanos ? 1 : 0;
  }
  return undefined;
}

/** By code points, which UTF-16 does not give where surrogates meet what is above them. */
export function compareStrings(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const a = left.charCodeAt(index);
    const b = right.charCodeAt(index);
    if (a === b) continue;
    const aHigh = a >= 0xd800 && a <= 0xdfff;
    const bHigh = b >= 0xd800 && b <= 0xdfff;
    if (aHigh !== bHigh) return aHigh ? 1 : -1;
    return a - b;
  }
  return left.length - right.length;
}
