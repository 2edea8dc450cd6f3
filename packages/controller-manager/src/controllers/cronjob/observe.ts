import type { CronJob, CronJobStatus, Job, ObjectReference } from '@keelson/api';
import { referenceTo } from '@keelson/client';
import { rfc3339 } from '@keelson/service';
import { type Tell, tell } from '../../framework/actions.js';
import { finishOf } from '../../jobs/finish.js';
import { startOf } from './started-jobs.js';

/** What the Jobs of a CronJob say about it. */
export interface Observed {
  readonly status: CronJobStatus;
  readonly told: readonly Tell[];
  /** An active Job is not to be seen, and perhaps only not yet. */
  readonly isUncertain: boolean;
}

/**
 * Brings the status up to what is seen: Jobs that were started for it are active until they finish or are gone. A Job is
 * noted when it is seen, not when it is made: whoever dies in between, the next one finds it by its name.
 *
 * @param leaving Jobs that are being deleted
 * @param jobsVersion the resource version up to which all Jobs are known
 */
export function observe(
  cronJob: CronJob,
  jobs: readonly Job[],
  leaving: ReadonlySet<Job>,
  jobsVersion: number,
): Observed {
  const { status = {} } = cronJob;
  const told: Tell[] = [];
  const active = new Map((status.active ?? []).map((it) => [it.uid ?? '', it]));
  const lastStart = timeOf(status.lastScheduleTime);
  let [lastScheduleTime, lastSuccessfulTime] = [lastStart, timeOf(status.lastSuccessfulTime)];
  const present = new Set<string>();
  for (const job of jobs) {
    const { uid = '', name, deletionTimestamp } = job.metadata;
    present.add(uid);
    const start = startOf(cronJob, job);
    const finish = finishOf(job);
    const isActive = active.has(uid);
    const isNew = start !== undefined && (lastStart === undefined || start > lastStart);
    if (finish !== undefined || leaving.has(job)) active.delete(uid);
    if (finish !== undefined && (isActive || isNew) && !leaving.has(job))
      told.push(tell('Normal', 'SawCompletedJob', `Saw completed job: ${name}, condition: ${finish.type}`));
    if (finish === undefined && !isActive && deletionTimestamp === undefined && !leaving.has(job)) {
      if (start !== undefined) active.set(uid, referenceTo(job));
      else {
        const text = `Saw a job that the controller did not create or forgot: ${name}`;
        told.push(tell('Warning', 'UnexpectedJob', text));
      }
    }
    if (isNew) lastScheduleTime = Math.max(lastScheduleTime ?? start, start);
    const completed = finish?.type === 'Complete' ? timeOf(job.status?.completionTime) : undefined;
    if (completed !== undefined) lastSuccessfulTime = Math.max(lastSuccessfulTime ?? completed, completed);
  }
  let isUncertain = false;
  for (const [uid, reference] of active) {
    if (present.has(uid)) continue;
    // The status that names it may be newer than what is known of Jobs.
    if (jobsVersion < Number(cronJob.metadata.resourceVersion)) isUncertain = true;
    else {
      active.delete(uid);
      told.push(tell('Normal', 'MissingJob', `Active job went missing: ${reference.name}`));
    }
  }
  const next = statusOf([...active.values()], lastScheduleTime, lastSuccessfulTime);
  return { status: next, told, isUncertain };
}

function statusOf(
  active: ObjectReference[],
  lastScheduleTime: number | undefined,
  lastSuccessfulTime: number | undefined,
): CronJobStatus {
  return {
    ...(active.length > 0 ? { active } : {}),
    ...(lastScheduleTime === undefined ? {} : { lastScheduleTime: rfc3339(lastScheduleTime) }),
    ...(lastSuccessfulTime === undefined ? {} : { lastSuccessfulTime: rfc3339(lastSuccessfulTime) }),
  };
}

export function timeOf(text: string | undefined): number | undefined {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? undefined : time;
}
