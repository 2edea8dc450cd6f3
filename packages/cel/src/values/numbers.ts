import { CelError, CelUint, INT_MAX, INT_MIN, UINT_MAX } from './value.js';

export const INT_OVERFLOW = new CelError('integer overflow');
export const UINT_OVERFLOW = new CelError('unsigned integer overflow');

export function toInt(value: bigint): bigint | CelError {
  return value < INT_MIN || value > INT_MAX ? INT_OVERFLOW : value;
}

export function toUint(value: bigint): CelUint | CelError {
  return value < 0n || value > UINT_MAX ? UINT_OVERFLOW : new CelUint(value);
}

/** A double as Go's %g with the fewest digits shows it. */
export function showDouble(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const [digits, exponent] = value.toExponential().split('e') as [string, string];
  const power = Number(exponent);
  if (power < -4 || power >= 6) return scientific(digits, power);
  return plainDecimal(digits, power);
}

function scientific(digits: string, power: number): string {
  const size = Math.abs(power);
  return `${digits}e${power < 0 ? '-' : '+'}${size < 10 ? '0' : ''}${size}`;
}

function plainDecimal(digits: string, power: number): string {
  const negative = digits.startsWith('-');
  const all = digits.replace('-', '').replace('.', '');
  let text: string;
  if (power < 0) text = `0.${'0'.repeat(-power - 1)}${all}`;
  else if (all.length <= power + 1) text = all.padEnd(power + 1, '0');
  else text = `${all.slice(0, power + 1)}.${all.slice(power + 1)}`;
  return negative ? `-${text}` : text;
}

/** Text of a double in Go's grammar (hexadecimal and infinities among it); undefined if it is none or too large. */
export function parseDouble(text: string): number | undefined {
  if (/^[+-]?(?:inf|infinity)$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  if (/^[+-]?nan$/i.test(text)) return Number.NaN;
  const hex = /^([+-]?)0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([+-]?\d+)$/.exec(text);
  if (hex) {
    const digits = `${hex[2]}${hex[3]}`;
    if (digits === '') return undefined;
    const value = Number(BigInt(`0x${digits}`)) * 2 ** (Number(hex[4]) - 4 * hex[3]!.length);
    return Number.isFinite(value) ? (hex[1] === '-' ? -value : value) : undefined;
  }
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}
