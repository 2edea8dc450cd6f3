/** From the least to the most: of a size, or of a cost. Sums and products end at 2^64, which stands for no limit. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

export const UNLIMITED = 2 ** 64;
export const UNKNOWN: Range = { min: 0, max: UNLIMITED };
export const NOTHING: Range = { min: 0, max: 0 };

const saturated = (value: number) => Math.min(value, UNLIMITED);
const product = (a: number, b: number) => (a === 0 || b === 0 ? 0 : saturated(a * b));

export const exactly = (value: number): Range => ({ min: value, max: value });

export function add(...ranges: readonly Range[]): Range {
  let min = 0;
  let max = 0;
  for (const range of ranges) {
    min += range.min;
    max += range.max;
  }
  return { min: saturated(min), max: saturated(max) };
}

export const multiply = (a: Range, b: Range): Range => ({ min: product(a.min, b.min), max: product(a.max, b.max) });

/** Times a factor, rounded up. */
export const scale = ({ min, max }: Range, factor: number): Range => ({
  min: saturated(Math.ceil(min * factor)),
  max: saturated(Math.ceil(max * factor)),
});

export const union = (a: Range, b: Range): Range => ({ min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) });
