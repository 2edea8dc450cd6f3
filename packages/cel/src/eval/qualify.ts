import { typeOfValue } from '../values/kinds.js';
import { showDouble } from '../values/numbers.js';
import { CelError, CelList, CelMap, CelObject, CelUint, type Value } from '../values/value.js';

/** A key as errors name it. */
function show(key: Value): string {
  if (key instanceof CelUint) return String(key.value);
  return typeof key === 'number' ? showDouble(key) : String(key);
}

function listIndex(key: Value): number | CelError {
  if (typeof key === 'bigint') return Number(key);
  if (key instanceof CelUint) return Number(key.value);
  if (typeof key === 'number' && Number.isInteger(key)) return key;
  if (typeof key === 'number') return new CelError(`unsupported index value ${showDouble(key)} in list`);
  return new CelError(`unsupported index type '${typeOfValue(key).name}' in list`);
}

/** What `of` has under `key`: undefined if it has nothing there. */
export function find(of: Value, key: Value): Value | undefined {
  if (of instanceof CelMap) return of.find(key);
  if (of instanceof CelList) {
    const index = listIndex(key);
    if (index instanceof CelError) return index;
    return index >= 0 && index < of.size ? of.at(index) : undefined;
  }
  if (of instanceof CelError) return of;
  return of instanceof CelObject && typeof key === 'string' ? of.field?.(key) : undefined;
}

/** What `of` has under `key`, or the error that it has nothing there. */
export function qualify(of: Value, key: Value): Value {
  const found = find(of, key);
  if (found !== undefined) return found;
  return new CelError(of instanceof CelList ? `index out of bounds: ${show(key)}` : `no such key: ${show(key)}`);
}
