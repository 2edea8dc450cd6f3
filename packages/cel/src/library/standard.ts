import { type FunctionDeclaration, member, type Overload, overload } from '../check/functions.js';
import {
  BOOL,
  BYTES,
  DOUBLE,
  DURATION,
  DYN,
  INT,
  listOf,
  mapOf,
  param,
  STRING,
  TIMESTAMP,
  type Type,
  typeOf,
  UINT,
} from '../types/type.js';
import { ConcatList, GrowingList } from '../values/collections.js';
import { compare, equal, NO_SUCH_OVERLOAD } from '../values/compare.js';
import { sizeOf, typeOfValue } from '../values/kinds.js';
import { INT_OVERFLOW, toInt, toUint } from '../values/numbers.js';
import { CelDuration, CelTimestamp } from '../values/time.js';
import { CelError, CelList, CelMap, CelUint, TypeValue, type Value } from '../values/value.js';

const A = param('A');
const B = param('B');
const LIST_A = listOf(A);
const MAP_AB = mapOf(A, B);

const noOverload = (name: string) => new CelError(`no such overload: ${name}`);

type Arithmetic = {
  int?(a: bigint, b: bigint): Value;
  uint?(a: bigint, b: bigint): Value;
  double?(a: number, b: number): Value;
  other?(a: Value, b: Value): Value | undefined;
};

/** An operator whose left operand decides; `undefined` where it has no meaning at all for the left one. */
function operator(name: string, { int, uint, double, other }: Arithmetic) {
  return (a: Value, b: Value): Value => {
    if (typeof a === 'bigint' && int) return typeof b === 'bigint' ? int(a, b) : NO_SUCH_OVERLOAD;
    if (typeof a === 'number' && double) return typeof b === 'number' ? double(a, b) : NO_SUCH_OVERLOAD;
    if (a instanceof CelUint && uint) return b instanceof CelUint ? uint(a.value, b.value) : NO_SUCH_OVERLOAD;
    return other?.(a, b) ?? noOverload(name);
  };
}

function add(a: Value, b: Value): Value | undefined {
  if (typeof a === 'string') return typeof b === 'string' ? a + b : NO_SUCH_OVERLOAD;
  if (a instanceof CelList) {
    if (!(b instanceof CelList)) return NO_SUCH_OVERLOAD;
    if (a instanceof GrowingList) return a.push(b);
    return a.plus ? a.plus(b) : new ConcatList(a, b);
  }
  if (a instanceof Uint8Array) {
    return b instanceof Uint8Array ? new Uint8Array(Buffer.concat([a, b])) : NO_SUCH_OVERLOAD;
  }
  if (a instanceof CelTimestamp) return b instanceof CelDuration ? a.plus(b.nanos) : NO_SUCH_OVERLOAD;
  if (a instanceof CelDuration) {
    if (b instanceof CelDuration) return CelDuration.of(a.nanos + b.nanos);
    return b instanceof CelTimestamp ? b.plus(a.nanos) : NO_SUCH_OVERLOAD;
  }
  return undefined;
}

function subtract(a: Value, b: Value): Value | undefined {
  if (a instanceof CelTimestamp) {
    if (b instanceof CelTimestamp) return a.minus(b);
    return b instanceof CelDuration ? a.plus(-b.nanos) : NO_SUCH_OVERLOAD;
  }
  if (a instanceof CelDuration) {
    return b instanceof CelDuration ? CelDuration.of(a.nanos - b.nanos) : NO_SUCH_OVERLOAD;
  }
  return undefined;
}

const DIVISION_BY_ZERO = new CelError('division by zero');
const MODULUS_BY_ZERO = new CelError('modulus by zero');

function negate(value: Value): Value {
  if (typeof value === 'bigint') return toInt(-value);
  if (typeof value === 'number') return -value;
  if (value instanceof CelDuration) return CelDuration.of(-value.nanos);
  return noOverload('-_');
}

const comparison = (name: string, holds: (order: number) => boolean) => (a: Value, b: Value) => {
  const order = compare(a, b);
  if (order === undefined) return noOverload(name);
  return typeof order === 'number' ? holds(order) : order;
};

/** Whether a list has an element or a map a key. */
function contains(element: Value, collection: Value): Value {
  if (collection instanceof CelMap) return collection.find(element) !== undefined;
  if (!(collection instanceof CelList)) return NO_SUCH_OVERLOAD;
  let failure: CelError | undefined;
  for (const it of collection) {
    const same = it instanceof CelError ? it : equal(it, element);
    if (same === true) return true;
    if (same instanceof CelError) failure ??= same;
  }
  return failure ?? false;
}

const same = (prefix: string, types: readonly (readonly [string, Type])[], result?: Type): Overload[] =>
  types.map(([name, type]) => overload(`${prefix}_${name}`, [type, type], result ?? type));

const ORDERED: readonly (readonly [string, Type])[] = [
  ['bool', BOOL],
  ['int64', INT],
  ['uint64', UINT],
  ['double', DOUBLE],
  ['string', STRING],
  ['bytes', BYTES],
  ['timestamp', TIMESTAMP],
  ['duration', DURATION],
];
const NUMERIC: readonly (readonly [string, Type])[] = [
  ['int64', INT],
  ['uint64', UINT],
  ['double', DOUBLE],
];
const INTEGERS = NUMERIC.slice(0, 2);

function orders(prefix: string): Overload[] {
  const mixed = NUMERIC.flatMap(([a, left]) =>
    NUMERIC.filter(([b]) => b !== a).map(([b, right]) => overload(`${prefix}_${a}_${b}`, [left, right], BOOL)),
  );
  return [...same(prefix, ORDERED, BOOL), ...mixed];
}

const OPERATORS: readonly FunctionDeclaration[] = [
  { name: '_?_:_', overloads: [overload('conditional', [BOOL, A, A], A)] },
  { name: '_&&_', overloads: [overload('logical_and', [BOOL, BOOL], BOOL)] },
  { name: '_||_', overloads: [overload('logical_or', [BOOL, BOOL], BOOL)] },
  {
    name: '!_',
    overloads: [overload('logical_not', [BOOL], BOOL)],
    all: (value) => (typeof value === 'boolean' ? !value : NO_SUCH_OVERLOAD),
  },
  { name: '@not_strictly_false', overloads: [overload('not_strictly_false', [BOOL], BOOL)] },
  { name: '_==_', overloads: [overload('equals', [A, A], BOOL)] },
  { name: '_!=_', overloads: [overload('not_equals', [A, A], BOOL)] },
  {
    name: '_+_',
    overloads: [
      overload('add_bytes', [BYTES, BYTES], BYTES),
      overload('add_double', [DOUBLE, DOUBLE], DOUBLE),
      overload('add_duration_duration', [DURATION, DURATION], DURATION),
      overload('add_duration_timestamp', [DURATION, TIMESTAMP], TIMESTAMP),
      overload('add_timestamp_duration', [TIMESTAMP, DURATION], TIMESTAMP),
      overload('add_int64', [INT, INT], INT),
      overload('add_list', [LIST_A, LIST_A], LIST_A),
      overload('add_string', [STRING, STRING], STRING),
      overload('add_uint64', [UINT, UINT], UINT),
    ],
    all: operator('_+_', {
      int: (a, b) => toInt(a + b),
      uint: (a, b) => toUint(a + b),
      double: (a, b) => a + b,
      other: add,
    }),
  },
  {
    name: '_-_',
    overloads: [
      ...same('subtract', NUMERIC),
      overload('subtract_duration_duration', [DURATION, DURATION], DURATION),
      overload('subtract_timestamp_duration', [TIMESTAMP, DURATION], TIMESTAMP),
      overload('subtract_timestamp_timestamp', [TIMESTAMP, TIMESTAMP], DURATION),
    ],
    all: operator('_-_', {
      int: (a, b) => toInt(a - b),
      uint: (a, b) => toUint(a - b),
      double: (a, b) => a - b,
      other: subtract,
    }),
  },
  {
    name: '_*_',
    overloads: same('multiply', NUMERIC),
    all: operator('_*_', {
      int: (a, b) => toInt(a * b),
      uint: (a, b) => toUint(a * b),
      double: (a, b) => a * b,
    }),
  },
  {
    name: '_/_',
    overloads: same('divide', NUMERIC),
    all: operator('_/_', {
      int: (a, b) => (b === 0n ? DIVISION_BY_ZERO : toInt(a / b)),
      uint: (a, b) => (b === 0n ? DIVISION_BY_ZERO : toUint(a / b)),
      double: (a, b) => a / b,
    }),
  },
  {
    name: '_%_',
    overloads: same('modulo', INTEGERS),
    all: operator('_%_', {
      int: (a, b) => (b === 0n ? MODULUS_BY_ZERO : b === -1n && a === -(2n ** 63n) ? INT_OVERFLOW : toInt(a % b)),
      uint: (a, b) => (b === 0n ? MODULUS_BY_ZERO : toUint(a % b)),
    }),
  },
  {
    name: '-_',
    overloads: [overload('negate_double', [DOUBLE], DOUBLE), overload('negate_int64', [INT], INT)],
    all: negate,
  },
  { name: '_<_', overloads: orders('less'), all: comparison('_<_', (order) => order < 0) },
  { name: '_<=_', overloads: orders('less_equals'), all: comparison('_<=_', (order) => order <= 0) },
  { name: '_>_', overloads: orders('greater'), all: comparison('_>_', (order) => order > 0) },
  { name: '_>=_', overloads: orders('greater_equals'), all: comparison('_>=_', (order) => order >= 0) },
  {
    name: '_[_]',
    overloads: [overload('index_list', [LIST_A, INT], A), overload('index_map', [MAP_AB, A], B)],
  },
  {
    name: '@in',
    overloads: [overload('in_list', [A, LIST_A], BOOL), overload('in_map', [A, MAP_AB], BOOL)],
    all: contains,
  },
];

const SIZED: readonly (readonly [string, Type])[] = [
  ['bytes', BYTES],
  ['list', LIST_A],
  ['map', MAP_AB],
  ['string', STRING],
];

const text = (check: (value: string, part: string) => Value) => (a: Value, b: Value) =>
  typeof a === 'string' && typeof b === 'string' ? check(a, b) : NO_SUCH_OVERLOAD;

const FUNCTIONS: readonly FunctionDeclaration[] = [
  {
    name: 'size',
    overloads: SIZED.flatMap(([name, type]) => [
      overload(`size_${name}`, [type], INT),
      member(`${name}_size`, [type], INT),
    ]),
    all: (value) => {
      const size = sizeOf(value);
      return size === undefined ? noOverload('size') : BigInt(size);
    },
  },
  {
    name: 'type',
    overloads: [overload('type', [A], typeOf(A))],
    all: (value) => new TypeValue(typeOfValue(value)),
  },
  { name: 'dyn', overloads: [overload('to_dyn', [A], DYN)], all: (value) => value },
  {
    name: 'contains',
    overloads: [member('contains_string', [STRING, STRING], BOOL)],
    all: text((value, part) => value.includes(part)),
  },
  {
    name: 'startsWith',
    overloads: [member('starts_with_string', [STRING, STRING], BOOL)],
    all: text((value, part) => value.startsWith(part)),
  },
  {
    name: 'endsWith',
    overloads: [member('ends_with_string', [STRING, STRING], BOOL)],
    all: text((value, part) => value.endsWith(part)),
  },
];

export const STANDARD: readonly FunctionDeclaration[] = [...OPERATORS, ...FUNCTIONS];
