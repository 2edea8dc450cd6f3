import { exactInteger } from '@keelson/api';
import { UsageError } from '../errors.js';

interface FlagBase {
  readonly description: string;
  /** One letter. */
  readonly short?: string;
  /** What stands for the value in help, such as NAME. */
  readonly value?: string;
}

export interface StringFlag extends FlagBase {
  readonly type: 'string';
  readonly default?: string;
  /** The value of the flag when it is given without one; then only `--flag=value` gives one. */
  readonly bare?: string;
  readonly choices?: readonly string[];
}

export interface BooleanFlag extends FlagBase {
  readonly type: 'boolean';
  readonly default?: boolean;
}

export interface IntegerFlag extends FlagBase {
  readonly type: 'integer';
  readonly default?: number;
}

/** Milliseconds; written as Go writes durations, or as seconds. */
export interface DurationFlag extends FlagBase {
  readonly type: 'duration';
  readonly default?: number;
}

/** May be given several times; commas separate too, unless `whole`. */
export interface ListFlag extends FlagBase {
  readonly type: 'list';
  readonly whole?: boolean;
}

export type Flag = StringFlag | BooleanFlag | IntegerFlag | DurationFlag | ListFlag;
export type FlagTable = Readonly<Record<string, Flag>>;

type Optional<F, T> = F extends { default: unknown } ? T : T | undefined;
type FlagValue<F extends Flag> = F extends ListFlag
  ? readonly string[]
  : F extends BooleanFlag
    ? Optional<F, boolean>
    : F extends StringFlag
      ? Optional<F, string>
      : Optional<F, number>;

/** The values of a table's flags. */
export type Flags<T extends FlagTable> = { readonly [K in keyof T]: FlagValue<T[K]> };

export interface ParsedArguments<T extends FlagTable> {
  readonly flags: Flags<T>;
  readonly positionals: readonly string[];
  /** What stood after `--`; absent when there was none. */
  readonly rest?: readonly string[];
  /** Flags that were given. */
  readonly given: ReadonlySet<string>;
}

/** Reads a command line as kubectl's flag library does: flags and names in any order, `--flag value` or `--flag=value`. */
export function parseArguments<T extends FlagTable>(table: T, argv: readonly string[]): ParsedArguments<T> {
  const values = new Map<string, unknown>();
  for (const [name, flag] of Object.entries(table)) {
    values.set(name, flag.type === 'list' ? [] : flag.default);
  }
  const given = new Set<string>();
  const positionals: string[] = [];
  let rest: readonly string[] | undefined;
  const set = (name: string, text: string) => {
    given.add(name);
    const flag = table[name] as Flag;
    const value = readValue(name, flag, text);
    values.set(name, flag.type === 'list' ? [...(values.get(name) as string[]), ...(value as string[])] : value);
  };
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? '';
    if (word === '--') {
      rest = argv.slice(at + 1);
      break;
    }
    if (word.startsWith('--')) at += readLong(table, word, argv[at + 1], set);
    else if (word.startsWith('-') && word !== '-') at += readShort(table, word, argv[at + 1], set);
    else positionals.push(word);
  }
  const flags = Object.fromEntries(values) as Flags<T>;
  return { flags, positionals, ...(rest === undefined ? {} : { rest }), given };
}

type Setter = (name: string, text: string) => void;

/** Returns how many further words it took. */
function readLong(table: FlagTable, word: string, next: string | undefined, set: Setter): number {
  const equals = word.indexOf('=');
  const name = word.slice(2, equals < 0 ? undefined : equals);
  const flag = Object.hasOwn(table, name) ? table[name] : undefined;
  if (flag === undefined) throw new UsageError(`unknown flag: --${name}`);
  if (equals >= 0) {
    set(name, word.slice(equals + 1));
    return 0;
  }
  const bare = bareValue(flag);
  if (bare !== undefined) {
    set(name, bare);
    return 0;
  }
  if (next === undefined) throw new UsageError(`flag needs an argument: --${name}`);
  set(name, next);
  return 1;
}

function readShort(table: FlagTable, word: string, next: string | undefined, set: Setter): number {
  for (let at = 1; at < word.length; at++) {
    const letter = word[at] ?? '';
    const found = Object.entries(table).find(([, flag]) => flag.short === letter);
    if (found === undefined) throw new UsageError(`unknown shorthand flag: '${letter}' in ${word}`);
    const [name, flag] = found;
    const after = word.slice(at + 1);
    if (after.startsWith('=')) {
      set(name, after.slice(1));
      return 0;
    }
    const bare = bareValue(flag);
    if (bare !== undefined) {
      set(name, bare);
      continue;
    }
    if (after !== '') {
      set(name, after);
      return 0;
    }
    if (next === undefined) throw new UsageError(`flag needs an argument: '${letter}' in ${word}`);
    set(name, next);
    return 1;
  }
  return 0;
}

function bareValue(flag: Flag): string | undefined {
  if (flag.type === 'boolean') return 'true';
  return flag.type === 'string' ? flag.bare : undefined;
}

function readValue(name: string, flag: Flag, text: string): unknown {
  const refuse = (want: string) =>
    new UsageError(`invalid argument ${JSON.stringify(text)} for "--${name}" flag: ${want}`);
  switch (flag.type) {
    case 'boolean':
      if (/^(true|t|1)$/i.test(text)) return true;
      if (/^(false|f|0)$/i.test(text)) return false;
      throw refuse('must be true or false');
    case 'integer':
      if (!/^[+-]?\d+$/.test(text)) throw refuse('must be a whole number');
      return exactInteger(text) ?? Number(text);
    case 'duration': {
      const milliseconds = parseDuration(text);
      if (milliseconds === undefined) throw refuse('must be a duration such as 5s, 2m or 1h30m');
      return milliseconds;
    }
    case 'list':
      return flag.whole === true ? [text] : text.split(',').filter((part) => part !== '');
    case 'string':
      if (flag.choices !== undefined && !flag.choices.includes(text))
        throw refuse(`must be one of ${flag.choices.join(', ')}`);
      return text;
  }
}

const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** Milliseconds of a Go duration (`1h30m`, `1.5s`) or of a number of seconds. */
export function parseDuration(text: string): number | undefined {
  if (/^[+-]?\d+$/.test(text)) return Number(text) * 1000;
  const match = /^([+-]?)((?:\d+(?:\.\d*)?(?:ns|us|µs|ms|s|m|h))+)$/.exec(text);
  if (match === null) return undefined;
  let total = 0;
  for (const [, count, unit] of (match[2] ?? '').matchAll(/(\d+(?:\.\d*)?)(ns|us|µs|ms|s|m|h)/g)) {
    total += Number(count) * (UNITS[unit ?? ''] ?? 0);
  }
  return match[1] === '-' ? -total : total;
}
