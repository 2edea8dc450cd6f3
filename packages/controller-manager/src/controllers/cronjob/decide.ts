import {
  type CronJob,
  type CronJobStatus,
  isControlledBy,
  type Job,
  parseSchedule,
  type Schedule,
  ScheduleError,
  type TimeZone,
  type TimeZones,
} from '@keelson/api';
import { resources } from '@keelson/client';
import { rfc3339 } from '@keelson/service';
import { type Action, create, type Decision, type Delete, remove, tell, writeStatus } from '../../framework/actions.js';
import { observe, timeOf } from './observe.js';
import { jobName, jobOf, overHistory } from './started-jobs.js';
import { NeverDue, startsOf } from './starts.js';

/** What is known beside the CronJob itself. */
export interface CronJobView {
  /** All that it controls. */
  readonly jobs: readonly Job[];
  /** The resource version up to which all Jobs are known. */
  readonly jobsVersion: number;
  /** Whose clocks count where the CronJob names no zone. */
  readonly zone: TimeZone;
  readonly zones: TimeZones;
  readonly now: number;
  /** Told how long after its start a Job was made. */
  readonly made: (skewMs: number) => void;
}

const UNCERTAIN_MS = 1_000;
const SKEW_MAX_MS = 60_000;

interface Plan {
  readonly told?: readonly Action[];
  readonly remove?: readonly Job[];
  readonly create?: Action;
  /** When the next start is. */
  readonly next?: number | undefined;
}

export function decide(cronJob: CronJob, view: CronJobView): Decision {
  const { jobs, jobsVersion, now } = view;
  const outdated = overHistory(cronJob, jobs);
  const seen = observe(cronJob, jobs, new Set(outdated), jobsVersion);
  const plan = planOf(cronJob, seen.status, view);
  const leaving = [...outdated, ...(plan.remove ?? [])];
  const waits = [...(plan.next === undefined ? [] : [plan.next - now]), ...(seen.isUncertain ? [UNCERTAIN_MS] : [])];
  return {
    steps: [
      [...seen.told, ...(plan.told ?? []), ...leaving.map(deleteJob)],
      plan.create === undefined ? [] : [plan.create],
    ],
    afterwards: (failure) => {
      const gone = new Set(failure === undefined ? leaving : []);
      return writeStatus(resources.cronJobs, cronJob, observe(cronJob, jobs, gone, jobsVersion).status, { active: [] });
    },
    again: waits.length > 0 ? Math.min(...waits) : undefined,
  };
}

/** What is to be started, if anything is. */
function planOf(cronJob: CronJob, status: CronJobStatus, view: CronJobView): Plan {
  const { spec = {}, metadata } = cronJob;
  if (metadata.deletionTimestamp !== undefined) return {};
  const { timeZone } = spec;
  const zone = timeZone === undefined ? view.zone : view.zones.get(timeZone);
  if (zone === undefined)
    return warning('UnknownTimeZone', `invalid timeZone: ${JSON.stringify(timeZone)}: unknown time zone ${timeZone}`);
  if (spec.suspend === true) return {};
  const { schedule: text = '' } = spec;
  const told = text.includes('TZ') ? [tell('Warning', 'UnsupportedSchedule', unsupported(text))] : [];
  try {
    const schedule = parseSchedule(text, zone, view.zones);
    const plan = planStart(cronJob, status, schedule, view);
    return { ...plan, told: [...told, ...(plan.told ?? [])] };
  } catch (error) {
    if (error instanceof ScheduleError)
      return warning('UnparseableSchedule', `unparseable schedule: ${JSON.stringify(text)} : ${error.message}`, told);
    if (error instanceof NeverDue)
      return warning('InvalidSchedule', `invalid schedule: ${text} : ${error.message}`, told);
    throw error;
  }
}

function planStart(cronJob: CronJob, status: CronJobStatus, schedule: Schedule, view: CronJobView): Plan {
  const { now, jobs } = view;
  const { startingDeadlineSeconds: deadline, concurrencyPolicy } = cronJob.spec ?? {};
  const lastStart = timeOf(status.lastScheduleTime);
  const starts = startsOf(cronJob, lastStart, schedule, now);
  const { due, next } = starts;
  if (due === undefined) return { next, told: skewOf(lastStart, now) };
  const told = starts.tooMany ? [tell('Warning', 'TooManyMissedTimes', TOO_MANY)] : [];
  if (deadline !== undefined && due + deadline * 1000 < now)
    return { ...warning('MissSchedule', `Missed scheduled time to start a job: ${rfc1123(due)}`, told), next };
  const active = status.active ?? [];
  if (due === lastStart || active.some((it) => it.name === jobName(cronJob, due))) return { next, told };
  if (concurrencyPolicy === 'Forbid' && active.length > 0)
    return { next, told: [...told, tell('Normal', 'JobAlreadyActive', ALREADY_ACTIVE)] };
  const replaced = new Set(concurrencyPolicy === 'Replace' ? active.map((it) => it.uid) : []);
  return {
    next,
    told,
    remove: jobs.filter((it) => replaced.has(it.metadata.uid)),
    create: createJob(cronJob, due, view),
  };
}

function createJob(cronJob: CronJob, start: number, { zones, made }: CronJobView): Action {
  const zone = zones.get(cronJob.spec?.timeZone ?? 'UTC') ?? zones.get('UTC')!;
  return create(resources.jobs, jobOf(cronJob, start, zone), {
    done: ({ metadata }) => {
      made(Date.parse(metadata.creationTimestamp ?? '') - start);
      return { type: 'Normal', reason: 'SuccessfulCreate', message: `Created job ${metadata.name}` };
    },
    failed: ({ message }) => ({ type: 'Warning', reason: 'FailedCreate', message: `Error creating job: ${message}` }),
    // Its own Job of that start, not seen yet, or somebody else's in its place: then there is none for this start.
    taken: (existing) => {
      if (isControlledBy(existing, cronJob)) return [];
      const text = `Error creating job: jobs.batch ${JSON.stringify(existing.metadata.name)} already exists`;
      return [tell('Warning', 'FailedCreate', text)];
    },
  });
}

function deleteJob(job: Job): Delete {
  return remove(resources.jobs, job, {
    propagationPolicy: 'Background',
    ignore: ['NotFound', 'Conflict'],
    done: ({ metadata }) => ({ type: 'Normal', reason: 'SuccessfulDelete', message: `Deleted job ${metadata.name}` }),
    failed: ({ message }) => ({ type: 'Warning', reason: 'FailedDelete', message: `Deleted job: ${message}` }),
  });
}

const TOO_MANY = 'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew';
const ALREADY_ACTIVE = 'Not starting job because prior execution is running and concurrency policy is Forbid';

/** A last start that is yet to come keeps everything before it from being started: somebody's clock was wrong. */
function skewOf(lastStart: number | undefined, now: number): readonly Action[] {
  if (lastStart === undefined || lastStart <= now + SKEW_MAX_MS) return [];
  const text = `last schedule time ${rfc3339(lastStart)} is in the future: nothing is started before it. Check clock skew`;
  return [tell('Warning', 'ClockSkew', text)];
}

function warning(reason: string, message: string, before: readonly Action[] = []): Plan {
  return { told: [...before, tell('Warning', reason, message)] };
}

function unsupported(schedule: string): string {
  const where = 'https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details';
  return `CRON_TZ or TZ used in schedule ${JSON.stringify(schedule)} is not officially supported, see ${where}`;
}

function rfc1123(instant: number): string {
  return new Date(instant).toUTCString().replace('GMT', '+0000');
}
