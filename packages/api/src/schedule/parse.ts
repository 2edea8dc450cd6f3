import { Calendar, type CalendarFields } from './calendar.js';
import { type FieldRange, parseField, ScheduleError } from './fields.js';
import { nanosecondsOf } from './go-duration.js';
import { Interval } from './interval.js';
import type { Schedule } from './schedule.js';
import type { TimeZone, TimeZones } from './time-zone.js';

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const RANGES = {
  minute: { min: 0, max: 59, names: [] },
  hour: { min: 0, max: 23, names: [] },
  dayOfMonth: { min: 1, max: 31, names: [] },
  month: { min: 1, max: 12, names: MONTHS },
  dayOfWeek: { min: 0, max: 6, names: DAYS },
} satisfies Record<keyof CalendarFields, FieldRange>;
const DESCRIPTORS: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};
const EVERY = '@every ';

/**
 * Reads a schedule: five fields, a descriptor, or `@every DURATION`, each after `TZ=ZONE ` or `CRON_TZ=ZONE `, if need be.
 *
 * @param zone whose clocks count if the schedule itself names no zone
 * @throws ScheduleError
 */
export function parseSchedule(text: string, zone: TimeZone, zones: TimeZones): Schedule {
  if (text === '') throw new ScheduleError('empty spec string');
  const named = /^(?:CRON_)?TZ=([^ ]*)(.*)$/s.exec(text);
  if (named !== null) {
    const [, name = '', rest = ''] = named;
    const own = zones.get(name || 'UTC');
    if (own === undefined) throw new ScheduleError(`provided bad location ${name}: unknown time zone ${name}`);
    return parseSpec(rest.trim(), own);
  }
  return parseSpec(text, zone);
}

function parseSpec(text: string, zone: TimeZone): Schedule {
  const known = Object.hasOwn(DESCRIPTORS, text) ? DESCRIPTORS[text] : undefined;
  if (known !== undefined) return new Calendar(parseFields(known), zone);
  if (!text.startsWith('@')) return new Calendar(parseFields(text), zone);
  if (!text.startsWith(EVERY)) throw new ScheduleError(`unrecognized descriptor: ${text}`);
  try {
    return new Interval(nanosecondsOf(text.slice(EVERY.length)));
  } catch (error) {
    if (error instanceof ScheduleError) throw new ScheduleError(`failed to parse duration ${text}: ${error.message}`);
    throw error;
  }
}

function parseFields(text: string): CalendarFields {
  const fields = text.split(/\s+/).filter((it) => it !== '');
  const names = Object.keys(RANGES) as (keyof CalendarFields)[];
  if (fields.length !== names.length)
    throw new ScheduleError(`expected exactly ${names.length} fields, found ${fields.length}: [${fields.join(' ')}]`);
  const parsed = names.map((name, at) => [name, parseField(fields[at]!, RANGES[name])]);
  return Object.fromEntries(parsed) as CalendarFields;
}
