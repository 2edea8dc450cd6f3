/** Doubles in decimal, exactly and rounded half to even, as Go's formats show them. */

/** A finite double as mantissa × 2^exponent. */
function parts(value: number): { mantissa: bigint; exponent: number } {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  const raw = bits.getBigUint64(0);
  const biased = Number((raw >> 52n) & 0x7ffn);
  const fraction = raw & ((1n << 52n) - 1n);
  return biased === 0
    ? { mantissa: fraction, exponent: -1074 }
    : { mantissa: fraction | (1n << 52n), exponent: biased - 1075 };
}

function divideHalfEven(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  const twice = (value % by) * 2n;
  return twice > by || (twice === by && quotient % 2n === 1n) ? quotient + 1n : quotient;
}

/** `%.<precision>f` of a finite double. */
export function fixed(value: number, precision: number): string {
  const { mantissa, exponent } = parts(value);
  const scaled = mantissa * 10n ** BigInt(precision);
  const rounded = exponent >= 0 ? scaled << BigInt(exponent) : divideHalfEven(scaled, 1n << BigInt(-exponent));
  const digits = rounded.toString().padStart(precision + 1, '0');
  const whole = digits.slice(0, digits.length - precision);
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  return `${sign}${whole}${precision > 0 ? `.${digits.slice(-precision)}` : ''}`;
}

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** `1.052033×10⁰³`: six digits behind the point. */
export function scientific(value: number): string {
  const [digits, power] = value.toExponential(6).split('e') as [string, string];
  const size = power.replace(/^[+-]/, '').padStart(2, '0');
  const raised = Array.from(size, (digit) => SUPERSCRIPTS[Number(digit)]).join('');
  const sign = Object.is(value, -0) ? '-' : '';
  return `${sign}${digits}×10${power.startsWith('-') ? '⁻' : ''}${raised}`;
}

/** Digits before the point in groups of three, as English readers have them. */
export function grouped(decimal: string): string {
  const [whole, fraction] = decimal.split('.') as [string, string | undefined];
  const text = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? text : `${text}.${fraction}`;
}
