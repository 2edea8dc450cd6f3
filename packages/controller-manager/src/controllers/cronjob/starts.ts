import type { CronJob, Schedule } from '@keelson/api';

/** From so many missed starts on somebody should be told. */
const MANY = 100;

/** The starts of a CronJob at a time. */
export interface Starts {
  /** The latest that is due; undefined if none is. */
  readonly due: number | undefined;
  /** So many were missed before it that something must be wrong. */
  readonly tooMany: boolean;
  /** The first that is not due yet; undefined if there is none. */
  readonly next: number | undefined;
}

/** A schedule that never comes, like the 31st of February. */
export class NeverDue extends Error {
  constructor() {
    super('time difference between two schedules is less than 1 second');
  }
}

/**
 * What is due since the last start, or since the CronJob was made; with a deadline nothing that is too late anyway. How
 * many starts were missed is estimated from the distance of the first two, as upstream does.
 *
 * @throws NeverDue
 */
export function startsOf(cronJob: CronJob, lastStart: number | undefined, schedule: Schedule, now: number): Starts {
  const { startingDeadlineSeconds: deadline } = cronJob.spec ?? {};
  const since = lastStart ?? Date.parse(cronJob.metadata.creationTimestamp ?? '');
  const earliest = deadline === undefined ? since : Math.max(since, now - deadline * 1000);
  const { latest, missed } = latestStart(schedule, earliest, now);
  return { due: latest, tooMany: missed > MANY, next: nextStart(schedule, since, now) };
}

function latestStart(schedule: Schedule, since: number, now: number): { latest: number | undefined; missed: number } {
  const first = schedule.next(since);
  if (first === undefined) throw new NeverDue();
  if (now < first) return { latest: undefined, missed: 0 };
  const second = schedule.next(first);
  if (second === undefined) throw new NeverDue();
  if (now < second) return { latest: first, missed: 1 };
  const missed = Math.floor((now - first) / (second - first)) + 1;
  // One interval earlier than it seems, for intervals may differ.
  return { latest: schedule.last(first + (missed - 2) * (second - first), now), missed };
}

/** Counted from the last start: where the schedule is an interval, it goes on from there. */
function nextStart(schedule: Schedule, since: number, now: number): number | undefined {
  const { latest, missed } = latestStart(schedule, since, now);
  return schedule.next(latest ?? (missed === 0 ? since : now));
}
