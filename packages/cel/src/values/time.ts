import { CelError } from './value.js';

const SECOND = 1_000_000_000n;
const NANOS_MIN = -(2n ** 63n);
const NANOS_MAX = 2n ** 63n - 1n;
/** 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z. */
const SECONDS_MIN = -62135596800n;
const SECONDS_MAX = 253402300799n;

/** A span in nanoseconds, of 64 bits. */
export class CelDuration {
  readonly nanos: bigint;

  constructor(nanos: bigint) {
    this.nanos = nanos;
  }

  static of(nanos: bigint): CelDuration | CelError {
    return nanos < NANOS_MIN || nanos > NANOS_MAX ? new CelError('integer overflow') : new CelDuration(nanos);
  }

  /** `1h30m`, `-1.5s`, `300ms`: undefined if it is none. */
  static parse(text: string): CelDuration | undefined {
    const sign = /^[+-]/.exec(text)?.[0];
    const rest = sign ? text.slice(1) : text;
    if (rest === '0') return new CelDuration(0n);
    if (!/^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(rest)) return undefined;
    let nanos = 0n;
    for (const [, whole, fraction, unit] of rest.matchAll(/(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/g)) {
      const scale = UNITS[unit!]!;
      nanos += BigInt(whole || '0') * scale;
      if (fraction) nanos += (BigInt(fraction.slice(0, 18)) * scale) / 10n ** BigInt(Math.min(fraction.length, 18));
    }
    if (sign === '-') nanos = -nanos;
    return nanos < NANOS_MIN || nanos > NANOS_MAX ? undefined : new CelDuration(nanos);
  }

  /** In seconds, with as much of a fraction as there is. */
  toString(): string {
    const negative = this.nanos < 0n;
    const nanos = negative ? -this.nanos : this.nanos;
    return `${negative ? '-' : ''}${nanos / SECOND}${fractionOf(nanos % SECOND)}s`;
  }
}

const UNITS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: SECOND,
  m: 60n * SECOND,
  h: 3600n * SECOND,
};

function fractionOf(nanos: bigint): string {
  return nanos === 0n ? '' : `.${nanos.toString().padStart(9, '0').replace(/0+$/, '')}`;
}

/** Fields of a point of time where its clock shows them. */
export interface Clockface {
  readonly year: number;
  /** From 0. */
  readonly month: number;
  readonly day: number;
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
  /** From Sunday, 0. */
  readonly weekday: number;
  /** From 0. */
  readonly dayOfYear: number;
}

/** A point of time; `offset` is that of the zone in which it was written, in seconds. */
export class CelTimestamp {
  readonly seconds: bigint;
  readonly nanos: number;
  readonly offset: number;

  constructor(seconds: bigint, nanos: number, offset = 0) {
    this.seconds = seconds;
    this.nanos = nanos;
    this.offset = offset;
  }

  static of(seconds: bigint, nanos = 0, offset = 0): CelTimestamp | CelError {
    if (seconds < SECONDS_MIN || seconds > SECONDS_MAX) return new CelError('timestamp overflow');
    return new CelTimestamp(seconds, nanos, offset);
  }

  /** RFC 3339, as strictly as Go's parser: undefined if it is not that. */
  static parse(text: string): CelTimestamp | undefined {
    const found = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(?:Z|([+-])(\d\d):(\d\d))$/.exec(text);
    if (!found) return undefined;
    const [year, month, day, hours, minutes, seconds] = found.slice(1, 7).map(Number);
    const offsetHours = Number(found[9] ?? 0);
    const offsetMinutes = Number(found[10] ?? 0);
    if (hours! > 23 || minutes! > 59 || seconds! > 59 || offsetHours > 24 || offsetMinutes > 60) return undefined;
    const days = daysSinceEpoch(year!, month!, day!);
    if (days === undefined) return undefined;
    const offset = (offsetHours * 3600 + offsetMinutes * 60) * (found[8] === '-' ? -1 : 1);
    const nanos = Number((found[7] ?? '').slice(0, 9).padEnd(9, '0'));
    const at = BigInt(days * 86400 + hours! * 3600 + minutes! * 60 + seconds! - offset);
    const made = CelTimestamp.of(at, nanos, offset);
    return made instanceof CelError ? undefined : made;
  }

  /** A day at midnight, UTC. */
  static parseDate(text: string): CelTimestamp | undefined {
    return /^\d{4}-\d\d-\d\d$/.test(text) ? CelTimestamp.parse(`${text}T00:00:00Z`) : undefined;
  }

  plus(nanos: bigint): CelTimestamp | CelError {
    const total = this.seconds * SECOND + BigInt(this.nanos) + nanos;
    const rest = ((total % SECOND) + SECOND) % SECOND;
    return CelTimestamp.of((total - rest) / SECOND, Number(rest), this.offset);
  }

  minus(other: CelTimestamp): CelDuration | CelError {
    return CelDuration.of((this.seconds - other.seconds) * SECOND + BigInt(this.nanos - other.nanos));
  }

  compare(other: CelTimestamp): number {
    if (this.seconds !== other.seconds) return this.seconds < other.seconds ? -1 : 1;
    return Math.sign(this.nanos - other.nanos);
  }

  /** What a clock shows that is `offset` seconds ahead of UTC. */
  clockface(offset: number): Clockface {
    const date = new Date(Number(this.seconds + BigInt(offset)) * 1000);
    const year = date.getUTCFullYear();
    const start = new Date(0);
    start.setUTCFullYear(year, 0, 1);
    return {
      year,
      month: date.getUTCMonth(),
      day: date.getUTCDate(),
      hours: date.getUTCHours(),
      minutes: date.getUTCMinutes(),
      seconds: date.getUTCSeconds(),
      weekday: date.getUTCDay(),
      dayOfYear: Math.floor((date.getTime() - start.getTime()) / 86_400_000),
    };
  }

  toString(): string {
    const { year, month, day, hours, minutes, seconds } = this.clockface(this.offset);
    const two = (value: number) => String(value).padStart(2, '0');
    const ahead = Math.abs(this.offset);
    const zone =
      this.offset === 0
        ? 'Z'
        : `${this.offset < 0 ? '-' : '+'}${two(Math.floor(ahead / 3600))}:${two(Math.floor(ahead / 60) % 60)}`;
    const time = `${two(hours)}:${two(minutes)}:${two(seconds)}${fractionOf(BigInt(this.nanos))}`;
    return `${String(year).padStart(4, '0')}-${two(month + 1)}-${two(day)}T${time}${zone}`;
  }
}

function daysSinceEpoch(year: number, month: number, day: number): number | undefined {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  return Math.floor(date.getTime() / 86_400_000);
}

/** Offset of a zone at a time, in seconds: `+05:30`, `UTC` or a name of the IANA data base. */
export function zoneOffset(zone: string, at: CelTimestamp): number | CelError {
  const colon = zone.indexOf(':');
  if (colon < 0) return namedZoneOffset(zone, at);
  const hours = /^[+-]?\d+$/.exec(zone.slice(0, colon));
  const minutes = /^[+-]?\d+$/.exec(zone.slice(colon + 1));
  const wrong = hours ? zone.slice(colon + 1) : zone.slice(0, colon);
  if (!hours || !minutes) return new CelError(`strconv.Atoi: parsing ${JSON.stringify(wrong)}: invalid syntax`);
  const negative = zone.startsWith('-');
  const total = Number(hours[0]) * 60 + Number(minutes[0]) * (negative ? -1 : 1);
  return total * 60;
}

function namedZoneOffset(zone: string, at: CelTimestamp): number | CelError {
  if (zone === '' || zone === 'UTC' || zone === 'Local') return 0;
  try {
    const format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    const parts = new Map(format.formatToParts(Number(at.seconds) * 1000).map(({ type, value }) => [type, value]));
    const local = new Date(0);
    local.setUTCFullYear(Number(parts.get('year')), Number(parts.get('month')) - 1, Number(parts.get('day')));
    local.setUTCHours(Number(parts.get('hour')), Number(parts.get('minute')), Number(parts.get('second')));
    return local.getTime() / 1000 - Number(at.seconds);
  } catch {
    return new CelError(`unknown time zone ${zone}`);
  }
}
