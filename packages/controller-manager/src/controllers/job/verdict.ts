import type { Job, JobCondition, Pod, SuccessPolicyRule } from '@keelson/api';
import { findCondition } from '../../framework/conditions.js';
import { IndexSet } from './index-set.js';
import { countsPerIndex, isIndexed } from './job-spec.js';
import type { JobProgress } from './progress.js';

/** Why a Job is at its end. */
export interface Verdict {
  readonly end: 'failed' | 'complete';
  readonly reason: string;
  readonly message: string;
  /** The status has it: pods may go for it. */
  readonly isRecorded: boolean;
}

const INT32_MAX = 2 ** 31 - 1;
const MESSAGES: Readonly<Record<string, string>> = {
  BackoffLimitExceeded: 'Job has reached the specified backoff limit',
  DeadlineExceeded: 'Job was active longer than specified deadline',
  MaxFailedIndexesExceeded: 'Job has exceeded the specified maximal number of failed indexes',
  FailedIndexes: 'Job has failed indexes',
  CompletionsReached: 'Reached expected number of succeeded pods',
};

/** Whether a Job has come to its end; what was once said stays. */
export function verdictOf(job: Job, progress: JobProgress, now: number): Verdict | undefined {
  const { conditions } = job.status ?? {};
  const met = findCondition(conditions, 'SuccessCriteriaMet');
  if (met?.status === 'True') return recorded('complete', met);
  const target = findCondition(conditions, 'FailureTarget');
  if (target?.status === 'True') return recorded('failed', target);
  if (progress.failJob !== undefined) return verdict('failed', 'PodFailurePolicy', progress.failJob);
  const failure = failureOf(job, progress, now);
  if (failure !== undefined) return verdict('failed', failure);
  const rule = isIndexed(job) ? matchingRule(job, progress) : -1;
  if (rule >= 0) return verdict('complete', 'SuccessPolicy', `Matched rules at index ${rule}`);
  return hasAllCompletions(job, progress) ? verdict('complete', 'CompletionsReached') : undefined;
}

function failureOf(job: Job, progress: JobProgress, now: number): string | undefined {
  const { spec = {} } = job;
  const limit = spec.backoffLimit ?? (countsPerIndex(job) ? INT32_MAX : 6);
  if (progress.failed > limit || restartsPast(job, progress.pods, limit)) return 'BackoffLimitExceeded';
  if ((deadlineIn(job, now) ?? 1) <= 0) return 'DeadlineExceeded';
  if (!countsPerIndex(job)) return undefined;
  const failed = progress.failedIndexes.size;
  if (spec.maxFailedIndexes !== undefined && failed > spec.maxFailedIndexes) return 'MaxFailedIndexesExceeded';
  const isAll = failed + progress.completedIndexes.size >= (spec.completions ?? 0);
  return failed > 0 && isAll ? 'FailedIndexes' : undefined;
}

/** Milliseconds until a Job's deadline; undefined if it has none, or stands still. */
export function deadlineIn({ spec, status }: Job, now: number): number | undefined {
  const seconds = spec?.activeDeadlineSeconds;
  if (seconds === undefined || spec?.suspend === true || status?.startTime === undefined) return undefined;
  return Date.parse(status.startTime) + Number(seconds) * 1000 - now;
}

/** Pods that restart in place count each restart as a failure. */
function restartsPast({ spec }: Job, pods: readonly Pod[], limit: number): boolean {
  if (spec?.template?.spec?.restartPolicy !== 'OnFailure') return false;
  let restarts = 0;
  for (const { status } of pods) {
    if (status?.phase !== 'Running' && status?.phase !== 'Pending') continue;
    for (const it of [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])])
      restarts += it.restartCount ?? 0;
  }
  return limit === 0 ? restarts > 0 : restarts >= limit;
}

function matchingRule({ spec }: Job, { completedIndexes }: JobProgress): number {
  if (completedIndexes.size === 0) return -1;
  const matches = ({ succeededIndexes, succeededCount }: SuccessPolicyRule): boolean => {
    if (succeededIndexes === undefined) return succeededCount !== undefined && completedIndexes.size >= succeededCount;
    const wanted = IndexSet.parse(succeededIndexes, spec?.completions ?? 0);
    const done = wanted.overlap(completedIndexes);
    return wanted.size > 0 && (done === wanted.size || (succeededCount !== undefined && done >= succeededCount));
  };
  return (spec?.successPolicy?.rules ?? []).findIndex(matches);
}

/** Without a number of completions one success is enough, once nobody works any more. */
function hasAllCompletions({ spec }: Job, { succeeded, active }: JobProgress): boolean {
  if (active.length > 0) return false;
  return spec?.completions === undefined ? succeeded > 0 : succeeded >= spec.completions;
}

function verdict(end: Verdict['end'], reason: string, message = MESSAGES[reason] ?? ''): Verdict {
  return { end, reason, message, isRecorded: false };
}

function recorded(end: Verdict['end'], { reason = '', message = '' }: JobCondition): Verdict {
  return { end, reason, message, isRecorded: true };
}
