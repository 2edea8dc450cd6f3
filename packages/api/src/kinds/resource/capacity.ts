/** Rules of how much of a device's capacity may be asked for at once. */
import { type FieldError, forbidden, invalid, type Path, required } from '../../field-errors.js';
import type { CapacityRequestPolicy, CapacityRequestPolicyRange, DeviceCapacity } from '../../gen/types.js';
import { addQuantities, compareQuantities, parseQuantity } from '../../quantity.js';
import { VALID_VALUES_MAX } from './limits.js';
import { validateSet } from './lists.js';

/** Capacity is shared out by requests only where a device is. */
export function validateCapacity(
  { value = '0', requestPolicy }: DeviceCapacity,
  isShared: boolean,
  at: Path,
): FieldError[] {
  if (requestPolicy === undefined) return [];
  const here = at.child('requestPolicy');
  return isShared
    ? validatePolicy(requestPolicy, value, here)
    : [forbidden(here, 'allowMultipleAllocations must be true')];
}

function validatePolicy(policy: CapacityRequestPolicy, capacity: string, at: Path): FieldError[] {
  const { default: standard, validValues = [], validRange } = policy;
  if (validValues.length > 0 && validRange !== undefined) {
    const text = 'exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time';
    return [forbidden(at, text)];
  }
  const field = validValues.length > 0 ? 'validValues' : 'validRange';
  if (validValues.length === 0 && validRange === undefined) return [];
  if (standard === undefined) return [required(at.child('default'), `required when ${field} is defined`)];
  if (validRange !== undefined) return validateRange(validRange, standard, capacity, at.child(field));
  return validateValues(validValues, standard, capacity, at.child(field));
}

function validateValues(values: readonly string[], standard: string, capacity: string, at: Path): FieldError[] {
  const errors = values
    .slice(1)
    .flatMap((value, index) =>
      compareQuantities(values[index]!, value) > 0
        ? [invalid(at.index(index + 1), value, 'values must be sorted in ascending order')]
        : [],
    );
  const fits = (value: string, here: Path) =>
    compareQuantities(value, capacity) > 0
      ? [invalid(here, value, `option is larger than capacity value: ${capacity}`)]
      : [];
  errors.push(...validateSet(values, VALID_VALUES_MAX, fits, wholeUnits, at));
  if (values.length <= VALID_VALUES_MAX && values.some((value) => compareQuantities(value, standard) === 0))
    return errors;
  return [...errors, invalid(at, standard, 'default value is not valid according to the requestPolicy')];
}

const NANO = 1_000_000_000n;

/** Values count as alike that are in whole units, rounded up. */
function units(value: string): bigint {
  const { nanos } = parseQuantity(value);
  return nanos > 0n ? (nanos + NANO - 1n) / NANO : nanos / NANO;
}

const wholeUnits = (value: string): string => String(units(value));

function validateRange(
  { min, max, step }: CapacityRequestPolicyRange,
  standard: string,
  capacity: string,
  at: Path,
): FieldError[] {
  if (min === undefined) return [required(at.child('min'), 'required when validRange is defined')];
  const errors: FieldError[] = [];
  const check = (low: string, high: string, field: string, value: string, text: string) => {
    if (compareQuantities(low, high) > 0) errors.push(invalid(at.child(field), value, text));
  };
  check(min, capacity, 'min', min, `min is larger than capacity value: ${capacity}`);
  check(min, standard, 'default', standard, `default is less than min: ${min}`);
  if (max !== undefined) {
    check(min, max, 'max', min, `min is larger than max: ${max}`);
    check(max, capacity, 'max', max, `max is larger than capacity value: ${capacity}`);
    check(standard, max, 'default', standard, `default is more than max: ${max}`);
  }
  if (step === undefined || units(step) === 0n) return errors;
  const added = addQuantities(min, step);
  check(added, capacity, 'step', step, `one step ${added} is larger than capacity value: ${capacity}`);
  for (const value of max === undefined ? [standard] : [standard, max]) {
    if ((units(value) - units(min)) % units(step) === 0n) continue;
    const text = `value is not a multiple of a given step (${step}) from (${min})`;
    errors.push(invalid(at.child('step'), value, text));
  }
  return errors;
}
