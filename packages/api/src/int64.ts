/**
 * Integers of 64 bits in a language whose numbers have 53. An integer is a number where a number holds it exactly and a
 * bigint where not. The types of the API say `number` for both: comparisons, equality and printing work alike, and
 * whoever computes with a value that a client chose takes `Number(value)` first.
 */
const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

/** The integer of a decimal literal; undefined where it has more than 64 bits. */
export function exactInteger(literal: string): number | undefined {
  const value = Number(literal);
  if (Number.isSafeInteger(value)) return value === 0 ? 0 : value;
  return narrowed(BigInt(literal));
}

/** An integer in its one form; undefined where it has more than 64 bits. */
export function narrowed(value: bigint): number | undefined {
  if (value > INT64_MAX || value < INT64_MIN) return undefined;
  const small = Number(value);
  return Number.isSafeInteger(small) ? small : (value as unknown as number);
}

/** A value of a reader that makes every integer a bigint, with each in its one form. */
export function withNarrowIntegers(value: unknown): unknown {
  if (typeof value === 'bigint') return narrowed(value) ?? Number(value);
  if (value === null || typeof value !== 'object' || value instanceof Date) return value;
  if (Array.isArray(value)) return value.map(withNarrowIntegers);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withNarrowIntegers(item)]));
}

/** A decimal text as Go's strconv.ParseInt reads it into 64 bits; undefined where it does not. */
export function parseInt64(text: string): bigint | undefined {
  if (!/^[-+]?\d{1,40}$/.test(text)) return undefined;
  const value = BigInt(text.replace(/^\+/, ''));
  return value > INT64_MAX || value < INT64_MIN ? undefined : value;
}

/** The largest of some integers; 0 where there is none above it. */
export function largest(values: readonly bigint[]): bigint {
  let most = 0n;
  for (const value of values) if (value > most) most = value;
  return most;
}

/** One more, in 64 bits: after the largest comes the smallest, as in Go. */
export function oneMore(value: number): number {
  return narrowed(BigInt.asIntN(64, BigInt(value) + 1n)) ?? 0;
}
