/** One field of a schedule: a list of numbers, names, ranges and steps. */

export interface FieldRange {
  readonly min: number;
  readonly max: number;
  /** Counted from `min`. */
  readonly names: readonly string[];
}

/** Which values a field allows. */
export interface Field {
  readonly allowed: ReadonlySet<number>;
  /** It says `*` somewhere: of two such fields for the day both have to match. */
  readonly isOpen: boolean;
}

/** A text that is no schedule, in the words of the library that upstream reads them with. */
export class ScheduleError extends Error {}

const INT64_MAX = 2n ** 63n - 1n;

export function parseField(text: string, range: FieldRange): Field {
  const allowed = new Set<number>();
  let isOpen = false;
  for (const part of text.split(',').filter((it) => it !== '')) {
    const found = parseRange(part, range);
    for (let value = found.from; value <= found.to; value += found.step) allowed.add(value);
    isOpen ||= found.isOpen;
  }
  return { allowed, isOpen };
}

interface Range {
  readonly from: number;
  readonly to: number;
  readonly step: number;
  readonly isOpen: boolean;
}

function parseRange(part: string, range: FieldRange): Range {
  const [span = '', stepText, ...tooMany] = part.split('/');
  const bounds = span.split('-');
  const [first = '', last] = bounds;
  const isAny = first === '*' || first === '?';
  const from = isAny ? range.min : numberOrName(first, range);
  if (!isAny && bounds.length > 2) throw new ScheduleError(`too many hyphens: ${part}`);
  let to = isAny ? range.max : last === undefined ? from : numberOrName(last, range);
  let step = 1;
  if (tooMany.length > 0) throw new ScheduleError(`too many slashes: ${part}`);
  if (stepText !== undefined) {
    step = numberOf(stepText);
    // With a step a single number is where a range to the end begins.
    if (bounds.length === 1) to = range.max;
  }
  if (from < range.min) throw new ScheduleError(`beginning of range (${from}) below minimum (${range.min}): ${part}`);
  if (to > range.max) throw new ScheduleError(`end of range (${to}) above maximum (${range.max}): ${part}`);
  if (from > to) throw new ScheduleError(`beginning of range (${from}) beyond end of range (${to}): ${part}`);
  if (step === 0) throw new ScheduleError(`step of range should be a positive number: ${part}`);
  return { from, to, step, isOpen: isAny && step === 1 };
}

function numberOrName(text: string, { names, min }: FieldRange): number {
  const named = names.indexOf(text.toLowerCase());
  return named >= 0 ? named + min : numberOf(text);
}

function numberOf(text: string): number {
  const refused = (why: string) =>
    new ScheduleError(`failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: ${why}`);
  if (!/^[+-]?\d+$/.test(text)) throw refused('invalid syntax');
  const value = BigInt(text.replace(/^\+/, ''));
  if (value > INT64_MAX || value < -INT64_MAX - 1n) throw refused('value out of range');
  if (value < 0n) throw new ScheduleError(`negative number (${value}) not allowed: ${text}`);
  return Number(value);
}
