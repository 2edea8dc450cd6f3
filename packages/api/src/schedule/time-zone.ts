const DAY_MS = 86_400_000;
/** Days whose offsets are remembered; all are forgotten when there are more. */
const DAYS_MAX = 1_000;
const ZONES_MAX = 200;
/** As upstream's names may look, so that none leads out of the directory that it keeps them in. */
const PART = /^[A-Za-z0-9_+-][A-Za-z0-9._+-]{0,13}$/;

/** A time as a clock on the wall shows it. */
export interface Civil {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  /** 0 is Sunday. */
  readonly weekday: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/** How far a zone's clocks are from UTC, and what they show. */
export class TimeZone {
  readonly name: string;
  readonly #format: Intl.DateTimeFormat | undefined;
  /** By the number of the day in UTC: the offset at its beginning, and the change in it, if there is one. */
  readonly #days = new Map<number, { offset: number; changeAt: number; after: number }>();

  /** @throws RangeError if there is no such zone */
  constructor(name: string) {
    this.name = name;
    if (name === 'UTC') return;
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      calendar: 'iso8601',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  }

  /** Milliseconds that its clocks are ahead of UTC. */
  offset(instant: number): number {
    if (this.#format === undefined) return 0;
    const number = Math.floor(instant / DAY_MS);
    let day = this.#days.get(number);
    if (day === undefined) {
      if (this.#days.size >= DAYS_MAX) this.#days.clear();
      day = this.#lookAt(number * DAY_MS);
      this.#days.set(number, day);
    }
    return instant < day.changeAt ? day.offset : day.after;
  }

  civil(instant: number): Civil {
    const shown = new Date(instant + this.offset(instant));
    return {
      year: shown.getUTCFullYear(),
      month: shown.getUTCMonth() + 1,
      day: shown.getUTCDate(),
      weekday: shown.getUTCDay(),
      hour: shown.getUTCHours(),
      minute: shown.getUTCMinutes(),
      second: shown.getUTCSeconds(),
    };
  }

  /**
   * When its clocks show a time; too large a month or day runs over. Of a time that they skip, or show twice, upstream's
   * choice: what the offset says that holds at the place where the first guess leads.
   */
  instant(year: number, month: number, day: number, hour = 0, minute = 0, second = 0): number {
    const shown = Date.UTC(year, month - 1, day, hour, minute, second);
    const guess = this.offset(shown);
    return shown - (guess === 0 ? 0 : this.offset(shown - guess));
  }

  #lookAt(begin: number): { offset: number; changeAt: number; after: number } {
    const offset = this.#ask(begin);
    const after = this.#ask(begin + DAY_MS);
    let changeAt = begin + DAY_MS;
    if (offset === after) return { offset, changeAt, after };
    for (let from = begin; changeAt - from > 1000; ) {
      const middle = Math.floor((from + changeAt) / 2000) * 1000;
      if (this.#ask(middle) === offset) from = middle;
      else changeAt = middle;
    }
    return { offset, changeAt, after };
  }

  #ask(instant: number): number {
    const parts: Record<string, number> = {};
    for (const { type, value } of this.#format?.formatToParts(instant) ?? []) parts[type] = Number(value);
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
    return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(instant / 1000) * 1000;
  }
}

/** Zones by their names; each is expensive to make. */
export class TimeZones {
  readonly #known = new Map<string, TimeZone>();

  /** Undefined if there is none of that name. */
  get(name: string): TimeZone | undefined {
    let zone = this.#known.get(name);
    if (zone === undefined && isTimeZone(name)) {
      if (this.#known.size >= ZONES_MAX) this.#known.clear();
      zone = new TimeZone(name);
      this.#known.set(name, zone);
    }
    return zone;
  }
}

/** Whether the database of zones has the name, with its capital letters. */
export function isTimeZone(name: string): boolean {
  if (name === 'UTC') return true;
  const parts = name.split('/');
  if (!parts.every((it) => PART.test(it) && !it.startsWith('-'))) return false;
  try {
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions();
    // Names of offsets (+01:00) are JavaScript's own.
    if (/^[+-]/.test(timeZone)) return false;
    return timeZone.toLowerCase() === name.toLowerCase() ? timeZone === name : parts.every((it) => /^[A-Z]/.test(it));
  } catch {
    return false;
  }
}
