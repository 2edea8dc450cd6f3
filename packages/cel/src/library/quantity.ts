import { type FunctionDeclaration, member, overload } from '../check/functions.js';
import { BOOL, DOUBLE, INT, STRING, structType, type Type } from '../types/type.js';
import { NO_SUCH_OVERLOAD } from '../values/compare.js';
import { CelError, CelObject, INT_MAX, INT_MIN, type Value } from '../values/value.js';

export const QUANTITY = structType('kubernetes.Quantity');

const INVALID = new CelError(
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
);
const SUFFIX_INVALID = new CelError("unable to parse quantity's suffix");

/** Powers of ten of the decimal suffixes. */
const DECIMAL: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const BINARY: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 };
/** Digits that a number may have to be kept in 64 bits. */
const DIGITS_MAX = 18;
const NANO = -9;
const LARGEST = INT_MAX;

/** unscaled × 10^scale. `small` if it is kept in 64 bits, where alone it counts as an integer. */
class CelQuantity extends CelObject {
  readonly unscaled: bigint;
  readonly scale: number;
  readonly small: boolean;

  constructor(unscaled: bigint, scale: number, small: boolean) {
    super();
    this.unscaled = unscaled;
    this.scale = scale;
    this.small = small;
  }

  override get type(): Type {
    return QUANTITY;
  }

  equals(other: CelObject): boolean | CelError {
    return other instanceof CelQuantity ? this.compare(other) === 0 : NO_SUCH_OVERLOAD;
  }

  compare(other: CelQuantity): number {
    const { a, b } = aligned(this, other);
    return a < b ? -1 : a > b ? 1 : 0;
  }

  plus(other: CelQuantity, sign: bigint): CelQuantity {
    const { a, b, scale } = aligned(this, other);
    const sum = a + sign * b;
    return new CelQuantity(sum, scale, this.small && other.small && sum >= INT_MIN && sum <= INT_MAX);
  }

  integer(): bigint | undefined {
    if (!this.small || this.scale < 0) return undefined;
    const value = this.unscaled * 10n ** BigInt(this.scale);
    return value < INT_MIN || value > INT_MAX ? undefined : value;
  }

  approximate(): number {
    return Number(`${this.unscaled}e${this.scale}`);
  }
}

function aligned(left: CelQuantity, right: CelQuantity): { a: bigint; b: bigint; scale: number } {
  const scale = Math.min(left.scale, right.scale);
  const at = (it: CelQuantity) => it.unscaled * 10n ** BigInt(it.scale - scale);
  return { a: at(left), b: at(right), scale };
}

/** Longer texts are no quantities that anybody means; their arithmetic would take its time. */
const LENGTH_MAX = 1024;
const EXPONENT_MAX = 1024;

function parse(text: string): CelQuantity | CelError {
  const found = /^([+-]?)(\d*)(\.?)(\d*)(.*)$/s.exec(text);
  if (!found || text.length > LENGTH_MAX) return INVALID;
  const [, sign, whole, , denominator, suffix] = found as unknown as [string, string, string, string, string, string];
  if (whole === '' && denominator === '') return INVALID;
  const power = suffixPower(suffix);
  if (power === undefined) return /^[eEinumkKMGTP]*[-+]?[0-9]*$/.test(suffix) ? SUFFIX_INVALID : INVALID;
  const number = whole.replace(/^0+(?=\d)/, '') || '0';
  const digits = BigInt(number + denominator) * (sign === '-' ? -1n : 1n);
  const significant = number.length + denominator.length;
  if (power.base === 10) {
    const scale = power.exponent - denominator.length;
    const small = significant <= DIGITS_MAX && scale >= NANO;
    return capped(digits, scale, small);
  }
  const value = digits << BigInt(power.exponent);
  const small =
    denominator === '' && 15 - number.length - Math.trunc((power.exponent * 3) / 10) - 1 >= 0 && value <= INT_MAX;
  return capped(value, -denominator.length, small);
}

/** Precision ends at nano, where values are rounded up; the largest value is that of 64 bits. */
function capped(unscaled: bigint, scale: number, small: boolean): CelQuantity {
  if (small) return new CelQuantity(unscaled, scale, true);
  let value = unscaled;
  let at = scale;
  if (at < NANO) {
    const divisor = 10n ** BigInt(NANO - at);
    const rest = value % divisor;
    value = value / divisor + (rest > 0n ? 1n : rest < 0n ? -1n : 0n);
    at = NANO;
  }
  const limit = at <= 0 ? LARGEST * 10n ** BigInt(-at) : LARGEST / 10n ** BigInt(at);
  if (value > limit) return new CelQuantity(LARGEST, 0, false);
  return value < -limit ? new CelQuantity(-LARGEST, 0, false) : new CelQuantity(value, at, false);
}

function suffixPower(suffix: string): { base: 2 | 10; exponent: number } | undefined {
  if (Object.hasOwn(DECIMAL, suffix)) return { base: 10, exponent: DECIMAL[suffix]! };
  if (Object.hasOwn(BINARY, suffix)) return { base: 2, exponent: BINARY[suffix]! };
  const exponent = /^[eE]([+-]?\d+)$/.exec(suffix);
  if (!exponent) return undefined;
  const power = Number(exponent[1]);
  return Math.abs(power) > EXPONENT_MAX ? undefined : { base: 10, exponent: power };
}

const self = (value: Value) => value as CelQuantity;
const NOT_INTEGER = new CelError('cannot convert value to integer');

const sum = (sign: bigint) => (left: Value, right: Value) =>
  self(left).plus(typeof right === 'bigint' ? new CelQuantity(right, 0, true) : self(right), sign);

const QQ = [QUANTITY, QUANTITY];

export const QUANTITIES: readonly FunctionDeclaration[] = [
  {
    name: 'quantity',
    overloads: [overload('string_to_quantity', [STRING], QUANTITY, (text) => parse(text as string))],
  },
  {
    name: 'isQuantity',
    overloads: [overload('is_quantity_string', [STRING], BOOL, (text) => !(parse(text as string) instanceof CelError))],
  },
  {
    name: 'sign',
    overloads: [
      overload('quantity_sign', [QUANTITY], INT, (it) => {
        const { unscaled } = self(it);
        return unscaled > 0n ? 1n : unscaled < 0n ? -1n : 0n;
      }),
    ],
  },
  {
    name: 'isGreaterThan',
    overloads: [member('quantity_is_greater_than', QQ, BOOL, (a, b) => self(a!).compare(self(b!)) > 0)],
  },
  {
    name: 'isLessThan',
    overloads: [member('quantity_is_less_than', QQ, BOOL, (a, b) => self(a!).compare(self(b!)) < 0)],
  },
  {
    name: 'compareTo',
    overloads: [member('quantity_compare_to', QQ, INT, (a, b) => BigInt(self(a!).compare(self(b!))))],
  },
  {
    name: 'asApproximateFloat',
    overloads: [member('quantity_get_float', [QUANTITY], DOUBLE, (it) => self(it).approximate())],
  },
  {
    name: 'asInteger',
    overloads: [member('quantity_get_int', [QUANTITY], INT, (it) => self(it).integer() ?? NOT_INTEGER)],
  },
  {
    name: 'isInteger',
    overloads: [member('quantity_is_integer', [QUANTITY], BOOL, (it) => self(it).integer() !== undefined)],
  },
  {
    name: 'add',
    overloads: [
      member('quantity_add', QQ, QUANTITY, sum(1n)),
      member('quantity_add_int', [QUANTITY, INT], QUANTITY, sum(1n)),
    ],
  },
  {
    name: 'sub',
    overloads: [
      member('quantity_sub', QQ, QUANTITY, sum(-1n)),
      member('quantity_sub_int', [QUANTITY, INT], QUANTITY, sum(-1n)),
    ],
  },
];
