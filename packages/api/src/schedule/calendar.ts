import type { Field } from './fields.js';
import type { Schedule } from './schedule.js';
import type { Civil, TimeZone } from './time-zone.js';

export interface CalendarFields {
  readonly minute: Field;
  readonly hour: Field;
  readonly dayOfMonth: Field;
  readonly month: Field;
  readonly dayOfWeek: Field;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const YEARS_MAX = 5;

/**
 * Whenever the clocks of a zone show what the fields allow: what they skip does not happen, what they show twice happens
 * twice. The search goes upstream's way — month, day, hour, minute, each moved on until it fits, from the first again
 * when one runs over — for its choices at the edges of summer time show.
 */
export class Calendar implements Schedule {
  readonly #fields: CalendarFields;
  readonly #zone: TimeZone;
  readonly #isEmpty: boolean;

  constructor(fields: CalendarFields, zone: TimeZone) {
    this.#fields = fields;
    this.#zone = zone;
    this.#isEmpty = [fields.minute, fields.hour, fields.month].some((it) => it.allowed.size === 0);
  }

  next(after: number): number | undefined {
    if (this.#isEmpty) return undefined;
    const cursor = new Cursor(this.#zone, Math.floor(after / 1000) * 1000 + 1000);
    const lastYear = cursor.shown.year + YEARS_MAX;
    while (cursor.shown.year <= lastYear) if (this.#fits(cursor)) return cursor.at;
    return undefined;
  }

  /** By halves: whether there is a time between two others, `next` says. */
  last(after: number, until: number): number | undefined {
    let found = this.next(after);
    if (found === undefined || found > until) return undefined;
    for (let end = until; ; ) {
      const middle = Math.floor((found + end) / 2);
      const later = this.next(middle);
      if (later !== undefined && later <= until) found = later;
      else if (middle > found) end = middle;
      else return found;
    }
  }

  /** Moves on until each field fits; false as soon as one runs over: the larger ones have to be looked at again. */
  #fits(cursor: Cursor): boolean {
    const { minute, hour, month } = this.#fields;
    while (!month.allowed.has(cursor.shown.month)) {
      cursor.begin('month');
      cursor.moveDate(1, 0);
      if (cursor.shown.month === 1) return false;
    }
    while (!this.#allowsDay(cursor.shown)) {
      cursor.begin('day');
      cursor.moveDate(0, 1);
      cursor.toMidnight();
      if (cursor.shown.day === 1) return false;
    }
    while (!hour.allowed.has(cursor.shown.hour)) {
      cursor.begin('hour');
      cursor.move(HOUR_MS);
      if (cursor.shown.hour === 0) return false;
    }
    while (!minute.allowed.has(cursor.shown.minute)) {
      cursor.begin('minute');
      cursor.move(this.#minutesOn(cursor.shown.minute) * MINUTE_MS);
      if (cursor.shown.minute === 0) return false;
    }
    if (cursor.shown.second === 0) return true;
    cursor.begin('second');
    cursor.move((60 - cursor.shown.second) * 1000);
    return false;
  }

  /** To the next minute of the hour that is allowed, or to the next hour. */
  #minutesOn(minute: number): number {
    let next = minute + 1;
    while (next < 60 && !this.#fields.minute.allowed.has(next)) next += 1;
    return next - minute;
  }

  /** Either day will do, unless one of them is left open. */
  #allowsDay({ day, weekday }: Civil): boolean {
    const { dayOfMonth, dayOfWeek } = this.#fields;
    const [fitsMonth, fitsWeek] = [dayOfMonth.allowed.has(day), dayOfWeek.allowed.has(weekday)];
    return dayOfMonth.isOpen || dayOfWeek.isOpen ? fitsMonth && fitsWeek : fitsMonth || fitsWeek;
  }
}

/** A time that moves on, and what the clocks show then. */
class Cursor {
  at: number;
  shown: Civil;
  readonly #zone: TimeZone;
  #begun = false;

  constructor(zone: TimeZone, at: number) {
    this.#zone = zone;
    this.at = at;
    this.shown = zone.civil(at);
  }

  move(milliseconds: number): void {
    this.#goTo(this.at + milliseconds);
  }

  moveDate(months: number, days: number): void {
    const { year, month, day, hour, minute, second } = this.shown;
    this.#goTo(this.#zone.instant(year, month + months, day + days, hour, minute, second));
  }

  /** The first that is moved starts from its beginning: what is smaller does not count any more. */
  begin(unit: 'month' | 'day' | 'hour' | 'minute' | 'second'): void {
    if (this.#begun) return;
    this.#begun = true;
    const { year, month, day, hour } = this.shown;
    if (unit === 'month') this.#goTo(this.#zone.instant(year, month, 1));
    else if (unit === 'day') this.#goTo(this.#zone.instant(year, month, day));
    else if (unit === 'hour') this.#goTo(this.#zone.instant(year, month, day, hour));
    else if (unit === 'minute') this.#goTo(Math.floor(this.at / MINUTE_MS) * MINUTE_MS);
  }

  /** Where a day has no midnight, or two of them. */
  toMidnight(): void {
    const { hour } = this.shown;
    if (hour !== 0) this.move((hour > 12 ? 24 - hour : -hour) * HOUR_MS);
  }

  #goTo(at: number): void {
    this.at = at;
    this.shown = this.#zone.civil(at);
  }
}
