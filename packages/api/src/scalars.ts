/** Texts that stand for times and bytes, read and refused as Go does. */
import { quote } from './field-errors.js';

class Refused extends Error {}

const RFC3339 = '2006-01-02T15:04:05Z07:00';
const RFC3339_MICRO = '2006-01-02T15:04:05.000000Z07:00';

/** Reads what a layout says, piece by piece; says what is wrong as Go's time.Parse does. */
class TimeReader {
  readonly #text: string;
  readonly #layout: string;
  #rest: string;

  constructor(text: string, layout: string) {
    this.#text = text;
    this.#layout = layout;
    this.#rest = text;
  }

  cannot(element: string, rest = this.#rest): Refused {
    return new Refused(
      `parsing time ${quote(this.#text)} as ${quote(this.#layout)}: cannot parse ${quote(rest)} as ${quote(element)}`,
    );
  }

  is(problem: string): Refused {
    return new Refused(`parsing time ${quote(this.#text)}: ${problem}`);
  }

  skip(char: string): void {
    if (!this.#rest.startsWith(char)) throw this.cannot(char);
    this.#rest = this.#rest.slice(1);
  }

  digits(element: string, pattern: RegExp, [least, most]: readonly [number, number], name: string): number {
    const found = pattern.exec(this.#rest)?.[0];
    if (found === undefined) throw this.cannot(element);
    const value = Number(found);
    if (value < least || value > most) throw this.is(`${name} out of range`);
    this.#rest = this.#rest.slice(found.length);
    return value;
  }

  /** Digits after the point, as many as there are or exactly as many as are asked for. */
  fraction(exactly: number): string {
    const found = /^[.,](\d+)/.exec(this.#rest)?.[1] ?? '';
    if (exactly > 0 && found.length < exactly) throw this.cannot(`.${'0'.repeat(exactly)}`);
    const taken = exactly > 0 ? found.slice(0, exactly) : found;
    if (taken !== '') this.#rest = this.#rest.slice(taken.length + 1);
    return taken;
  }

  /** Minutes east of UTC. */
  zone(): number {
    const before = this.#rest;
    if (before.startsWith('Z')) {
      this.#rest = before.slice(1);
      return 0;
    }
    const match = /^([+-])(\d\d):(\d\d)/.exec(before);
    if (match === null) throw this.cannot('Z07:00');
    const [whole, sign, hours, minutes] = match;
    if (Number(hours) > 24) throw this.is('time zone offset hour out of range');
    if (Number(minutes) > 60) throw this.is('time zone offset minute out of range');
    this.#rest = before.slice(whole.length);
    return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
  }

  end(): void {
    if (this.#rest !== '') throw this.is(`extra text: ${quote(this.#rest)}`);
  }
}

const TWO = /^\d\d/;

/** A time in UTC: those of seconds lose their fraction, the others have six digits of it. Throws an Error. */
export function canonicalTime(text: string, format: 'date-time' | 'micro-time'): string {
  const isMicro = format === 'micro-time';
  const reader = new TimeReader(text, isMicro ? RFC3339_MICRO : RFC3339);
  const year = reader.digits('2006', /^\d{4}/, [0, 9999], 'year');
  reader.skip('-');
  const month = reader.digits('01', TWO, [1, 12], 'month');
  reader.skip('-');
  const day = reader.digits('02', TWO, [0, 99], 'day');
  reader.skip('T');
  const hour = reader.digits('15', /^\d{1,2}/, [0, 23], 'hour');
  reader.skip(':');
  const minute = reader.digits('04', TWO, [0, 59], 'minute');
  reader.skip(':');
  const second = reader.digits('05', TWO, [0, 59], 'second');
  const fraction = reader.fraction(isMicro ? 6 : 0);
  const offset = reader.zone();
  reader.end();
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (day < 1 || date.getUTCDate() !== day) throw reader.is('day out of range');
  date.setUTCHours(hour, minute - offset, second);
  const seconds = date.toISOString().slice(0, -5);
  return isMicro ? `${seconds}.${fraction}Z` : `${seconds}Z`;
}

/** Bytes in the one text that stands for them. Throws an Error that says where the text goes wrong. */
export function canonicalBase64(value: string): string {
  const text = value.replace(/[\r\n]/g, '');
  if (text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text) && !/^={1,2}$/.test(text)) {
    return Buffer.from(text, 'base64').toString('base64');
  }
  throw new Refused(`illegal base64 data at input byte ${corruptAt(value)}`);
}

/** Where Go's decoder stops: at the odd character, or where the last four begin that are not whole. */
function corruptAt(text: string): number {
  let inGroup = 0;
  let at = 0;
  for (; at < text.length; at++) {
    const char = text[at]!;
    if (char === '\r' || char === '\n') continue;
    if (/[A-Za-z0-9+/]/.test(char)) inGroup = (inGroup + 1) % 4;
    else break;
  }
  if (at === text.length) return at - inGroup;
  if (text[at] !== '=' || inGroup < 2) return at;
  const rest = text.slice(at + 1);
  const padding = inGroup === 2 ? /^[\r\n]*/.exec(rest)![0].length : 0;
  if (inGroup === 2) {
    if (padding === rest.length) return text.length;
    if (rest[padding] !== '=') return at + padding;
  }
  const after = at + 1 + (inGroup === 2 ? padding + 1 : 0);
  return after + /^[\r\n]*/.exec(text.slice(after))![0].length;
}
