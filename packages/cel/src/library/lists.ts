import { type FunctionDeclaration, member, overload } from '../check/functions.js';
import {
  BOOL,
  BYTES,
  DOUBLE,
  DURATION,
  DYN,
  INT,
  listOf,
  param,
  STRING,
  TIMESTAMP,
  type Type,
  UINT,
} from '../types/type.js';
import { ArrayList, keyHandle, RangeList } from '../values/collections.js';
import { compare, equal, NO_SUCH_OVERLOAD } from '../values/compare.js';
import { typeOfValue } from '../values/kinds.js';
import { INT_OVERFLOW, toInt, toUint } from '../values/numbers.js';
import { CelDuration } from '../values/time.js';
import { CelError, CelList, CelUint, type Value } from '../values/value.js';

const T = param('T');
const LIST_T = listOf(T);
const LIST_DYN = listOf(DYN);

const COMPARABLE: readonly Type[] = [INT, UINT, DOUBLE, BOOL, DURATION, TIMESTAMP, STRING, BYTES];

function slice(value: Value, start: Value, end: Value): Value {
  const list = value as CelList;
  const from = start as bigint;
  const to = end as bigint;
  const refuse = (why: string) => new CelError(`cannot slice(${from}, ${to}), ${why}`);
  if (from < 0n || to < 0n) return refuse('negative indexes not supported');
  if (from > to) return refuse('start index must be less than or equal to end index');
  if (BigInt(list.size) < to) return refuse(`list is length ${list.size}`);
  const kept: Value[] = [];
  for (let index = Number(from); index < Number(to); index++) kept.push(list.at(index));
  return new ArrayList(kept);
}

function flatten(value: Value, depth: Value = 1n): Value {
  if (!(value instanceof CelList) || typeof depth !== 'bigint') return NO_SUCH_OVERLOAD;
  if (depth < 0n) return new CelError('level must be non-negative');
  const flat: Value[] = [];
  const add = (list: CelList, left: bigint) => {
    for (const it of list) {
      if (it instanceof CelList && left > 0n) add(it, left - 1n);
      else flat.push(it);
    }
  };
  add(value, depth);
  return new ArrayList(flat);
}

function sortBy(value: Value, keyList: Value): Value {
  const list = value as CelList;
  const keys = [...(keyList as CelList)];
  if (list.size !== keys.length) {
    return new CelError(
      `@sortByAssociatedKeys() expected a list of the same size as the associated keys list, but got ${list.size} and ${keys.length} elements respectively`,
    );
  }
  if (keys.length === 0) return list;
  const first = keys[0]!;
  if (compare(first, first) === undefined) return new CelError('list elements must be comparable');
  const { name } = typeOfValue(first);
  if (keys.some((key) => typeOfValue(key).name !== name)) {
    return new CelError('list elements must have the same type');
  }
  const order = keys.map((_, index) => index);
  order.sort((a, b) => {
    const result = compare(keys[a]!, keys[b]!);
    return typeof result === 'number' ? result : 0;
  });
  return new ArrayList(order.map((index) => list.at(index)));
}

function distinct(value: Value): Value {
  const list = value as CelList;
  const seen = new Set<unknown>();
  const others: Value[] = [];
  const unique: Value[] = [];
  for (const it of list) {
    const hashable = it === null || typeof it !== 'object' || it instanceof CelUint;
    if (hashable && !Number.isNaN(it)) {
      const handle = keyHandle(it);
      if (seen.has(handle)) continue;
      seen.add(handle);
    } else {
      if (others.some((other) => equal(it, other) === true)) continue;
      others.push(it);
    }
    unique.push(it);
  }
  return new ArrayList(unique);
}

function range(size: Value): Value {
  const count = size as bigint;
  return count <= 0n ? new ArrayList([]) : new RangeList(Number(count));
}

function reverse(value: Value): Value {
  return new ArrayList([...(value as CelList)].reverse());
}

/** Version 3 of cel-go's extension. */
export const LISTS: readonly FunctionDeclaration[] = [
  { name: 'slice', overloads: [member('list_slice', [LIST_T, INT, INT], LIST_T, slice)] },
  {
    name: 'flatten',
    overloads: [
      member('list_flatten', [listOf(LIST_T)], LIST_T, flatten),
      member('list_flatten_int', [LIST_DYN, INT], LIST_DYN, flatten),
    ],
    all: flatten,
  },
  {
    name: 'sort',
    overloads: COMPARABLE.map((type) => member(`list_${type.name}_sort`, [listOf(type)], listOf(type))),
    all: (list) => (list instanceof CelList ? sortBy(list, list) : new CelError('no such overload: sort')),
  },
  {
    name: '@sortByAssociatedKeys',
    overloads: COMPARABLE.map((type) =>
      member(`list_${type.name}_sortByAssociatedKeys`, [LIST_T, listOf(type)], LIST_T),
    ),
    all: (list, keys) =>
      list instanceof CelList && keys instanceof CelList
        ? sortBy(list, keys)
        : new CelError('no such overload: @sortByAssociatedKeys'),
  },
  { name: 'lists.range', overloads: [overload('lists_range', [INT], listOf(INT), range)] },
  { name: 'reverse', overloads: [member('list_reverse', [LIST_T], LIST_T, reverse)] },
  { name: 'distinct', overloads: [member('list_distinct', [LIST_T], LIST_T, distinct)] },
];

function isSorted(value: Value): Value {
  let previous: Value | undefined;
  for (const it of value as CelList) {
    if (previous !== undefined) {
      const order = compare(previous, it);
      if (typeof order !== 'number') return order ?? NO_SUCH_OVERLOAD;
      if (order > 0) return false;
    }
    previous = it;
  }
  return true;
}

const sumOf =
  (zero: Value) =>
  (value: Value): Value => {
    let sum = zero;
    for (const it of value as CelList) {
      const next = plus(sum, it);
      if (next instanceof CelError) return next;
      sum = next;
    }
    return sum;
  };

function plus(a: Value, b: Value): Value {
  if (typeof a === 'bigint' && typeof b === 'bigint') return toInt(a + b);
  if (typeof a === 'number' && typeof b === 'number') return a + b;
  if (a instanceof CelUint && b instanceof CelUint) return toUint(a.value + b.value);
  if (a instanceof CelDuration && b instanceof CelDuration) return CelDuration.of(a.nanos + b.nanos);
  return a instanceof CelDuration ? INT_OVERFLOW : NO_SUCH_OVERLOAD;
}

const extreme =
  (name: string, sign: number) =>
  (value: Value): Value => {
    let best: Value | undefined;
    for (const it of value as CelList) {
      if (best === undefined) {
        best = it;
        continue;
      }
      const order = compare(best, it);
      if (typeof order !== 'number') return order ?? NO_SUCH_OVERLOAD;
      if (order * sign > 0) best = it;
    }
    return best ?? (best === null ? null : new CelError(`${name} called on empty list`));
  };

const position =
  (last: boolean) =>
  (value: Value, wanted: Value): Value => {
    const list = value as CelList;
    for (let step = 0; step < list.size; step++) {
      const index = last ? list.size - 1 - step : step;
      if (equal(list.at(index), wanted) === true) return BigInt(index);
    }
    return -1n;
  };

const SUMMABLE: readonly (readonly [Type, Value])[] = [
  [INT, 0n],
  [UINT, new CelUint(0n)],
  [DOUBLE, 0],
  [DURATION, new CelDuration(0n)],
];
const SHORT: ReadonlyMap<Type, string> = new Map([
  [DURATION, 'duration'],
  [TIMESTAMP, 'timestamp'],
]);
const short = (type: Type) => SHORT.get(type) ?? type.name;
const BY_COMPARISON = [INT, UINT, DOUBLE, BOOL, DURATION, TIMESTAMP, STRING, BYTES] as const;

const overComparable = (id: string, result: (type: Type) => Type, run: (list: Value) => Value) =>
  BY_COMPARISON.map((type) => member(`list_${short(type)}_${id}`, [listOf(type)], result(type), run));

/** Kubernetes' own functions of lists. */
export const KUBERNETES_LISTS: readonly FunctionDeclaration[] = [
  { name: 'isSorted', overloads: overComparable('is_sorted_bool', () => BOOL, isSorted) },
  {
    name: 'sum',
    overloads: SUMMABLE.map(([type, zero]) =>
      member(`list_${short(type)}_sum_${short(type)}`, [listOf(type)], type, sumOf(zero)),
    ),
  },
  { name: 'max', overloads: overComparable('max', (type) => type, extreme('max', -1)) },
  { name: 'min', overloads: overComparable('min', (type) => type, extreme('min', 1)) },
  { name: 'indexOf', overloads: [member('list_a_index_of_int', [LIST_T, T], INT, position(false))] },
  { name: 'lastIndexOf', overloads: [member('list_a_last_index_of_int', [LIST_T, T], INT, position(true))] },
];
