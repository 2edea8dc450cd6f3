import type { Job, JobCondition, JobStatus } from '@keelson/api';
import { resources } from '@keelson/client';
import { rfc3339 } from '@keelson/service';
import { type Action, type EventText, tell, writeStatus } from '../../framework/actions.js';
import { findCondition, withCondition } from '../../framework/conditions.js';
import type { Tracking } from './track.js';
import type { Verdict } from './verdict.js';

/** What fields of a status that are absent mean. */
const ZERO: JobStatus = {
  active: 0,
  ready: 0,
  succeeded: 0,
  failed: 0,
  terminating: 0,
  uncountedTerminatedPods: {},
  completedIndexes: '',
};

export interface StatusParts {
  readonly tracking: Tracking;
  readonly verdict: Verdict | undefined;
  readonly active: number;
  readonly ready: number;
  readonly terminating: number;
  /** Somebody looked after the pods: whether the Job stands still may be said. */
  readonly isManaged: boolean;
}

/** What the status of a Job becomes, and what is said when it does. */
export function nextStatus(job: Job, parts: StatusParts, now: number): { status: JobStatus; told: EventText[] } {
  const { tracking, verdict, active, ready, terminating } = parts;
  const time = rfc3339(now);
  const told: EventText[] = [];
  const status: JobStatus = { ...job.status, ...tracking.counts, active, ready, terminating };
  const set = (type: string, is: string, reason: string, message: string): void => {
    const next: JobCondition = { type, status: is, reason, message, lastProbeTime: time, lastTransitionTime: time };
    status.conditions = withCondition(status.conditions, next, time);
  };
  if (job.spec?.suspend !== true && status.startTime === undefined) status.startTime = time;
  if (verdict === undefined) {
    const isSuspended = findCondition(status.conditions, 'Suspended')?.status === 'True';
    if (parts.isManaged && job.spec?.suspend === true && !isSuspended) {
      set('Suspended', 'True', 'JobSuspended', 'Job suspended');
      delete status.startTime;
      told.push({ type: 'Normal', reason: 'Suspended', message: 'Job suspended' });
    } else if (parts.isManaged && job.spec?.suspend !== true && isSuspended) {
      set('Suspended', 'False', 'JobResumed', 'Job resumed');
      status.startTime = time;
      told.push({ type: 'Normal', reason: 'Resumed', message: 'Job resumed' });
    }
    return { status, told };
  }
  const { end, reason, message } = verdict;
  if (!verdict.isRecorded) set(end === 'failed' ? 'FailureTarget' : 'SuccessCriteriaMet', 'True', reason, message);
  else if (tracking.isDone && active === 0 && terminating === 0) {
    status.ready = 0;
    set(end === 'failed' ? 'Failed' : 'Complete', 'True', reason, message);
    if (end === 'complete') status.completionTime = time;
    told.push(...endEvents(job, status, verdict));
  }
  return { status, told };
}

function endEvents({ spec }: Job, { succeeded = 0 }: JobStatus, { end, reason, message }: Verdict): EventText[] {
  if (end === 'failed') return [{ type: 'Warning', reason, message }];
  const completed: EventText = { type: 'Normal', reason: 'Completed', message: 'Job completed' };
  if (spec?.completions === undefined || succeeded <= spec.completions) return [completed];
  const tooMany = 'Too many succeeded pods running after completion count reached';
  return [{ type: 'Warning', reason: 'TooManySucceededPods', message: tooMany }, completed];
}

/** Writes it, and says afterwards what there is to say. */
export function statusActions(
  job: Job,
  { status, told }: { status: JobStatus; told: readonly EventText[] },
  written: () => void,
): readonly Action[] {
  const last = told.at(-1);
  const done = () => {
    written();
    return last;
  };
  const writes = writeStatus(resources.jobs, job, status, ZERO).map((it) => (it.do === 'tell' ? it : { ...it, done }));
  return [...told.slice(0, -1).map((it) => tell(it.type, it.reason, it.message)), ...writes];
}
