/** Quantities such as `100m`, `1Gi`, `2e3`: exact arithmetic and upstream's canonical form. */

export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent';

/** A value in billionths, the finest grain a quantity has, and the style it is written in. */
export interface QuantityValue {
  readonly nanos: bigint;
  readonly format: QuantityFormat;
}

export class QuantityError extends Error {
  override readonly name = 'QuantityError';
}

const NANO = 1_000_000_000n;
/** What one of a binary style holds at most: the largest int64. Larger ones are cut to it, as upstream does. */
const NANOS_MAX = (2n ** 63n - 1n) * NANO;
const FORMAT_WRONG = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const SUFFIX_WRONG = "unable to parse quantity's suffix";

const DECIMAL_SUFFIXES = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
const BINARY_SUFFIXES = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

/** Reads a quantity. Throws QuantityError with upstream's text. */
export function parseQuantity(input: string | number): QuantityValue {
  const text = String(input);
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(.*)$/s.exec(text);
  const [, sign = '', whole = '', fraction = '', suffix = ''] = match ?? [];
  if (match === null || whole + fraction === '') throw new QuantityError(FORMAT_WRONG);
  const scale = parseSuffix(suffix);
  const digits = BigInt(whole + fraction);
  const nanos = scaleToNanos(digits, -fraction.length, scale);
  const isBinary = scale.format === 'BinarySI';
  const bounded = isBinary && nanos > NANOS_MAX ? NANOS_MAX : nanos;
  const format = isBinary && nanos > 0n && nanos < NANO ? 'DecimalSI' : scale.format;
  return { nanos: sign === '-' ? -bounded : bounded, format };
}

/** How many digits upstream reads without arbitrary precision. */
const DIGITS_MAX = 18;

/**
 * The decimal scale of a text that upstream takes to be canonical already, and so writes as it was read: `+1`, `1.500`,
 * `01`. Undefined for the others.
 */
function keptScale(text: string): number | undefined {
  const [, , whole = '', fraction = '', suffix = ''] = /^([+-]?)(\d*)(?:\.(\d*))?(.*)$/s.exec(text) ?? [];
  const digits = (whole.replace(/^0+/, '') || '0') + fraction;
  const { base, exponent } = parseSuffix(suffix);
  if (base === 2) {
    const room = DIGITS_MAX - 4 - digits.length - Math.trunc((exponent * 3) / 10);
    return fraction === '' && room >= 0 && BigInt(digits) % 8n !== 0n ? 0 : undefined;
  }
  const scale = exponent - fraction.length;
  if (digits.length > DIGITS_MAX || scale < -9 || scale % 3 !== 0) return undefined;
  return digits.endsWith('000') || digits.startsWith('0') ? undefined : scale;
}

interface Scale {
  readonly format: QuantityFormat;
  readonly base: 2 | 10;
  readonly exponent: number;
}

function parseSuffix(suffix: string): Scale {
  const binary = BINARY_SUFFIXES.indexOf(suffix);
  if (binary > 0) return { format: 'BinarySI', base: 2, exponent: binary * 10 };
  const decimal = DECIMAL_SUFFIXES.indexOf(suffix);
  if (decimal >= 0) return { format: 'DecimalSI', base: 10, exponent: (decimal - 3) * 3 };
  const exponent = /^[eE]([+-]?\d{1,3})$/.exec(suffix)?.[1];
  if (exponent !== undefined) return { format: 'DecimalExponent', base: 10, exponent: Number(exponent) };
  throw new QuantityError(/^[eEinumkKMGTP]*[-+]?[0-9]*$/.test(suffix) ? SUFFIX_WRONG : FORMAT_WRONG);
}

/** digits × 10^shift × base^exponent in billionths; what is finer is rounded up. */
function scaleToNanos(digits: bigint, shift: number, { base, exponent }: Scale): bigint {
  const tens = shift + 9 + (base === 10 ? exponent : 0);
  const scaled = base === 2 ? digits << BigInt(exponent) : digits;
  if (tens >= 0) return scaled * 10n ** BigInt(tens);
  const divisor = 10n ** BigInt(-tens);
  return (scaled + divisor - 1n) / divisor;
}

/** The canonical text: no fraction, the largest suffix that needs none. */
export function formatQuantity({ nanos, format }: QuantityValue): string {
  if (nanos === 0n) return '0';
  const sign = nanos < 0n ? '-' : '';
  const size = nanos < 0n ? -nanos : nanos;
  const isWhole = size % NANO === 0n;
  if (format === 'BinarySI' && isWhole && size >= 1024n * NANO) return sign + formatBinary(size / NANO);
  return sign + formatDecimal(size, format === 'DecimalExponent');
}

function formatBinary(units: bigint): string {
  let [rest, step] = [units, 0];
  while (rest % 1024n === 0n && step < BINARY_SUFFIXES.length - 1) {
    rest /= 1024n;
    step++;
  }
  return `${rest}${BINARY_SUFFIXES[step]}`;
}

function formatDecimal(nanos: bigint, isExponent: boolean): string {
  let [rest, step] = [nanos, 0];
  while (rest % 1000n === 0n && (isExponent || step < DECIMAL_SUFFIXES.length - 1)) {
    rest /= 1000n;
    step++;
  }
  const exponent = (step - 3) * 3;
  if (isExponent) return exponent === 0 ? `${rest}` : `${rest}e${exponent}`;
  return `${rest}${DECIMAL_SUFFIXES[step]}`;
}

export function canonicalQuantity(quantity: string | number): string {
  const text = String(quantity);
  const value = parseQuantity(text);
  return keptScale(text) === undefined ? formatQuantity(value) : text;
}

function nanosOf(quantity: string | number | QuantityValue): bigint {
  return typeof quantity === 'object' ? quantity.nanos : parseQuantity(quantity).nanos;
}

/** Negative, zero or positive as `a` is less than, equal to or greater than `b`. */
export function compareQuantities(a: string | number | QuantityValue, b: string | number | QuantityValue): number {
  const difference = nanosOf(a) - nanosOf(b);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** The sum, in the style of the first that is not zero. */
export function addQuantities(a: string, b: string): string {
  const [left, right] = [parseQuantity(a), parseQuantity(b)];
  return formatQuantity({ nanos: left.nanos + right.nanos, format: left.nanos === 0n ? right.format : left.format });
}

export function subtractQuantities(a: string, b: string): string {
  const [left, right] = [parseQuantity(a), parseQuantity(b)];
  return formatQuantity({ nanos: left.nanos - right.nanos, format: left.nanos === 0n ? right.format : left.format });
}

/** The value in whole units, rounded up; at most the largest int64. */
export function quantityValue(text: string | number): number {
  const nanos = nanosOf(text);
  return Number(ceilDivide(nanos > NANOS_MAX ? NANOS_MAX : nanos, NANO));
}

/** The value in thousandths, rounded up: a CPU quantity in millicores. */
export function quantityMilliValue(text: string | number): number {
  return Number(ceilDivide(nanosOf(text), 1_000_000n));
}

function ceilDivide(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  return value > 0n && value % divisor !== 0n ? quotient + 1n : quotient;
}

/** Whether there are only whole units. Of more digits than fit, upstream sees the lowest 64 bits alone. */
export function isWholeQuantity(text: string): boolean {
  const { nanos } = parseQuantity(text);
  if (nanos % NANO !== 0n) return false;
  const isExact = (/\d[\d.]*/.exec(text)?.[0].length ?? 0) > DIGITS_MAX;
  return !isExact || BigInt.asIntN(64, nanos / 1_000_000n) % 1000n === 0n;
}

/** The quantity rounded up to thousandths, the finest grain that resources are counted in. */
export function roundUpToMilli(text: string): string {
  const { nanos, format } = parseQuantity(text);
  if ((keptScale(text) ?? -9) >= -3) return text;
  return formatQuantity({ nanos: ceilDivide(nanos, 1_000_000n) * 1_000_000n, format });
}
