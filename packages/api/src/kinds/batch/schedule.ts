/** Checks cron schedules in the words of the library that upstream reads them with. */

interface FieldRange {
  readonly min: number;
  readonly max: number;
  readonly names: readonly string[];
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const RANGES: readonly FieldRange[] = [
  { min: 0, max: 59, names: [] },
  { min: 0, max: 23, names: [] },
  { min: 1, max: 31, names: [] },
  { min: 1, max: 12, names: MONTHS },
  { min: 0, max: 6, names: DAYS },
];
const DESCRIPTORS = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly'];

/** What is wrong with a schedule; undefined if nothing is. */
export function scheduleError(schedule: string): string | undefined {
  if (schedule.startsWith('@')) {
    if (DESCRIPTORS.includes(schedule) || /^@every (\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/.test(schedule)) return undefined;
    return `unrecognized descriptor: ${schedule}`;
  }
  const fields = schedule.split(/\s+/).filter((field) => field !== '');
  if (fields.length !== RANGES.length) {
    return `expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`;
  }
  for (const [index, field] of fields.entries()) {
    for (const part of field.split(',')) {
      const error = partError(part, RANGES[index] ?? { min: 0, max: 0, names: [] });
      if (error !== undefined) return error;
    }
  }
  return undefined;
}

function partError(part: string, range: FieldRange): string | undefined {
  const [span = '', step, ...more] = part.split('/');
  if (more.length > 0) return `too many slashes: ${part}`;
  const bounds = span.split('-');
  if (bounds.length > 2) return `too many hyphens: ${part}`;
  const isAny = span === '*' || span === '?';
  const [low, high] = isAny ? [range.min, range.max] : bounds.map((bound) => numberOf(bound, range));
  if (low === undefined || (bounds.length === 2 && high === undefined)) {
    return `failed to parse int from ${span}: strconv.Atoi: parsing ${JSON.stringify(span)}: invalid syntax`;
  }
  const end = high ?? (step === undefined ? low : range.max);
  if (low < range.min) return `beginning of range (${low}) below minimum (${range.min}): ${part}`;
  if (end > range.max) return `end of range (${end}) above maximum (${range.max}): ${part}`;
  if (low > end) return `beginning of range (${low}) beyond end of range (${end}): ${part}`;
  if (step === undefined) return undefined;
  if (!/^\d+$/.test(step)) {
    return `failed to parse int from ${step}: strconv.Atoi: parsing ${JSON.stringify(step)}: invalid syntax`;
  }
  return Number(step) === 0 ? `step of range should be a positive number: ${part}` : undefined;
}

function numberOf(text: string, { names, min }: FieldRange): number | undefined {
  const named = names.indexOf(text.toLowerCase());
  if (named >= 0) return named + min;
  return /^\d+$/.test(text) ? Number(text) : undefined;
}
