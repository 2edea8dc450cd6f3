export { ScheduleError } from './fields.js';
export { parseSchedule } from './parse.js';
export type { Schedule } from './schedule.js';
export { isTimeZone, TimeZone, TimeZones } from './time-zone.js';
