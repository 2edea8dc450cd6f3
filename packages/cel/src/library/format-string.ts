import { compareStrings } from '../values/compare.js';
import { typeOfValue } from '../values/kinds.js';
import { CelDuration, CelTimestamp } from '../values/time.js';
import { CelError, CelList, CelMap, CelUint, INT_MAX, TypeValue, type Value } from '../values/value.js';
import { stringOf } from './conversions.js';
import { fixed, grouped, scientific } from './decimal.js';
import { goQuote } from './quote.js';

/** What a clause may be given, in the words of its error. */
const CLAUSES = {
  s: 'string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps',
  d: 'decimal clause can only be used on integers',
  f: 'fixed-point clause can only be used on doubles',
  e: 'scientific clause can only be used on doubles',
  b: 'only integers and bools can be formatted as binary',
  o: 'octal clause can only be used on integers',
  x: 'only integers, byte buffers, and strings can be formatted as hex',
  X: 'only integers, byte buffers, and strings can be formatted as hex',
} as const;

export type ClauseName = keyof typeof CLAUSES;

export interface Clause {
  readonly name: ClauseName;
  readonly precision: number | undefined;
}

export const clauseError = (name: ClauseName, given: string): string => `${CLAUSES[name]}, was given ${given}`;

/** A double has no more digits behind the point. */
const DIGITS_MAX = 1074;
const DEFAULT_PRECISION = 6;

export class FormatError extends Error {}

/** Text with clauses in it; `show` gives what stands for the clause with that index, after `claim` has allowed it. */
export function interpolate(
  text: string,
  claim: (index: number) => void,
  show: (clause: Clause, index: number) => string,
): string {
  let index = 0;
  let made = '';
  let at = 0;
  while (at < text.length) {
    const percent = text.indexOf('%', at);
    if (percent < 0) break;
    made += text.slice(at, percent);
    if (text[percent + 1] === '%') {
      made += '%';
      at = percent + 2;
      continue;
    }
    claim(index);
    if (percent + 1 >= text.length) throw new FormatError('unexpected end of string');
    const { clause, end } = readClause(text, percent + 1);
    made += show(clause, index);
    index++;
    at = end;
  }
  return made + text.slice(at);
}

function readClause(text: string, start: number): { clause: Clause; end: number } {
  const wrong = (problem: string) => new FormatError(`could not parse formatting clause: ${problem}`);
  let at = start;
  let precision: number | undefined;
  if (text[at] === '.') {
    const digits = /^\d*/.exec(text.slice(at + 1))![0];
    at += 1 + digits.length;
    if (at >= text.length) throw wrong('error while parsing precision: could not find end of precision specifier');
    if (digits === '') {
      throw wrong(
        'error while parsing precision: error while converting precision to integer: strconv.Atoi: parsing "": invalid syntax',
      );
    }
    precision = Number(digits);
    if (precision > Number(INT_MAX)) {
      throw wrong(
        `error while parsing precision: error while converting precision to integer: strconv.Atoi: parsing "${digits}": value out of range`,
      );
    }
  }
  const name = text[at]!;
  if (!Object.hasOwn(CLAUSES, name)) throw wrong(`unrecognized formatting clause "${name}"`);
  return { clause: { name: name as ClauseName, precision }, end: at + 1 };
}

export function formatString(text: string, args: CelList): Value {
  try {
    return interpolate(
      text,
      (index) => {
        if (index >= args.size) throw new FormatError(`index ${index} out of range`);
      },
      (clause, index) => showClause(clause, args.at(index)),
    );
  } catch (error) {
    if (error instanceof FormatError) return new CelError(error.message);
    throw error;
  }
}

function showClause({ name, precision }: Clause, value: Value): string {
  const refuse = () => duringFormatting(clauseError(name, typeOfValue(value).name));
  switch (name) {
    case 's':
      return showString(value);
    case 'd':
      if (typeof value === 'bigint') return String(value);
      if (value instanceof CelUint) return String(value.value);
      throw refuse();
    case 'f':
      return showFixed(doubleOf(value) ?? fail(refuse()), precision ?? DEFAULT_PRECISION);
    case 'e':
      return showScientific(doubleOf(value) ?? fail(refuse()), precision ?? DEFAULT_PRECISION);
    case 'b':
      if (typeof value === 'boolean') return value ? '1' : '0';
      return (integerOf(value) ?? fail(refuse())).toString(2);
    case 'o':
      return (integerOf(value) ?? fail(refuse())).toString(8);
    case 'x':
      return showHex(value) ?? fail(refuse());
    case 'X':
      return (showHex(value) ?? fail(refuse())).toUpperCase();
  }
}

function fail(error: Error): never {
  throw error;
}

const duringFormatting = (problem: string) => new FormatError(`error during formatting: ${problem}`);

function doubleOf(value: Value): number | undefined {
  if (typeof value === 'number') return value;
  if (value === 'NaN') return Number.NaN;
  if (value === 'Infinity') return Infinity;
  return value === '-Infinity' ? -Infinity : undefined;
}

function integerOf(value: Value): bigint | undefined {
  if (typeof value === 'bigint') return value;
  return value instanceof CelUint ? value.value : undefined;
}

function showHex(value: Value): string | undefined {
  if (typeof value === 'string' || value instanceof Uint8Array) return Buffer.from(value as string).toString('hex');
  return integerOf(value)?.toString(16);
}

function showSpecial(value: number): string | undefined {
  if (Number.isNaN(value)) return 'NaN';
  return Number.isFinite(value) ? undefined : value > 0 ? '∞' : '-∞';
}

/** Zeros at the end are shown as many as the last byte of the precision says, which is what clients have seen. */
function showFixed(value: number, precision: number): string {
  const special = showSpecial(value);
  if (special) return special;
  const digits = fixed(value, Math.min(precision, DIGITS_MAX));
  const least = precision % 256;
  const point = digits.indexOf('.');
  let end = digits.length;
  while (point >= 0 && end > point + 1 + least && digits[end - 1] === '0') end--;
  const shown = digits.slice(0, end === point + 1 ? point : end);
  return grouped(shown);
}

/** The precision of this clause has always been taken for a width. */
function showScientific(value: number, width: number): string {
  return (showSpecial(value) ?? scientific(value)).padStart(width);
}

function showString(value: Value): string {
  if (value === null) return 'null';
  if (value instanceof CelList) return showList(value);
  if (value instanceof CelMap) return showMap(value);
  if (value instanceof TypeValue) return value.type.name;
  const plain =
    typeof value !== 'object' ||
    value instanceof Uint8Array ||
    value instanceof CelUint ||
    value instanceof CelTimestamp ||
    value instanceof CelDuration;
  if (!plain) throw duringFormatting(clauseError('s', typeOfValue(value).name));
  const text = stringOf(value);
  if (text instanceof CelError) {
    throw duringFormatting(`could not convert argument ${goQuote(text.message)} to string`);
  }
  return String(text);
}

function showList(list: CelList): string {
  const shown: string[] = [];
  for (const element of list) shown.push(showElement(element));
  return `[${shown.join(', ')}]`;
}

function showMap(map: CelMap): string {
  const entries: [string, string][] = [];
  for (const key of map.keys()) {
    const named = typeof key === 'string' || typeof key === 'boolean' || integerOf(key) !== undefined;
    if (!named) throw duringFormatting(`no formatting function for map key of type ${typeOfValue(key).name}`);
    entries.push([showElement(key), showElement(map.find(key)!)]);
  }
  entries.sort(([a], [b]) => compareStrings(a, b));
  return `{${entries.map(([key, value]) => `${key}:${value}`).join(', ')}}`;
}

/** A value inside of a list or map, as it would be written. */
function showElement(value: Value): string {
  if (typeof value === 'string') return goQuote(value);
  if (value instanceof Uint8Array) return `b${goQuote(showString(value))}`;
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return fixed(value, DEFAULT_PRECISION);
    return `"${Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'}"`;
  }
  if (value instanceof CelTimestamp) return `timestamp(${goQuote(String(value))})`;
  if (value instanceof CelDuration) return `duration(${goQuote(String(value))})`;
  const known =
    value === null ||
    typeof value !== 'object' ||
    value instanceof CelUint ||
    value instanceof CelList ||
    value instanceof CelMap ||
    value instanceof TypeValue;
  if (!known) throw duringFormatting(`no formatting function for ${typeOfValue(value).name}`);
  return showString(value);
}
