import type { Job, Pod } from '@keelson/api';
import { findCondition } from '../../framework/conditions.js';
import { deletionOrder } from '../../pods/deletion-order.js';
import { indexOf, parseIndexes } from './indexes.js';
import { isIndexed, type JobProgress } from './progress.js';

/** Why a Job is at its end. */
export interface Verdict {
  readonly reason: string;
  readonly message: string;
}

/** What a Job needs now. `end`: it has come to its end, good or bad, and its pods have to go. */
export type JobDecision =
  | { readonly end: 'failed' | 'complete'; readonly verdict: Verdict; readonly remove: readonly Pod[] }
  | {
      readonly end: undefined;
      readonly create: readonly (number | undefined)[];
      readonly remove: readonly Pod[];
      readonly waitMs: number;
    };

/** Upstream's back-off for pods of a Job that fail: from 10 s to 10 min. */
const BACKOFF_FIRST_MS = 10_000;
const BACKOFF_MAX_MS = 600_000;
const DEADLINE: Verdict = { reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' };
const BACKOFF_LIMIT: Verdict = {
  reason: 'BackoffLimitExceeded',
  message: 'Job has reached the specified backoff limit',
};
const COMPLETIONS: Verdict = { reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' };

export function decide(job: Job, progress: JobProgress, now: number): JobDecision {
  const { active } = progress;
  const failure = failureOf(job, progress, now);
  if (failure !== undefined) return { end: 'failed', verdict: failure, remove: active };
  const success = successOf(job, progress);
  if (success !== undefined) return { end: 'complete', verdict: success, remove: active };
  if (job.spec?.suspend === true) return { end: undefined, create: [], remove: active, waitMs: 0 };
  return manage(job, progress, now);
}

function failureOf(job: Job, progress: JobProgress, now: number): Verdict | undefined {
  const { spec = {}, status } = job as { spec: NonNullable<Job['spec']>; status?: Job['status'] };
  const target = findCondition(status?.conditions, 'FailureTarget');
  if (target?.status === 'True') return { reason: target.reason ?? '', message: target.message ?? '' };
  if (findCondition(status?.conditions, 'SuccessCriteriaMet')?.status === 'True') return undefined;
  if (progress.failJob !== undefined) return { reason: 'PodFailurePolicy', message: progress.failJob };
  const limit = spec.backoffLimit ?? (spec.backoffLimitPerIndex === undefined ? 6 : 2 ** 31 - 1);
  if (progress.failed > limit || restartsPast(job, progress.active, limit)) return BACKOFF_LIMIT;
  if (spec.suspend !== true && status?.startTime !== undefined && spec.activeDeadlineSeconds !== undefined) {
    if (now - Date.parse(status.startTime) >= Number(spec.activeDeadlineSeconds) * 1000) return DEADLINE;
  }
  if (!isIndexed(job) || spec.backoffLimitPerIndex === undefined) return undefined;
  if (spec.maxFailedIndexes !== undefined && progress.failedIndexes.size > spec.maxFailedIndexes) {
    return {
      reason: 'MaxFailedIndexesExceeded',
      message: 'Job has exceeded the specified maximal number of failed indexes',
    };
  }
  const done = progress.failedIndexes.size + progress.completedIndexes.size >= (spec.completions ?? 0);
  return done && progress.failedIndexes.size > 0
    ? { reason: 'FailedIndexes', message: 'Job has failed indexes' }
    : undefined;
}

/** Pods that restart in place count each restart as a failure. */
function restartsPast(job: Job, active: readonly Pod[], limit: number): boolean {
  if (job.spec?.template?.spec?.restartPolicy !== 'OnFailure') return false;
  const restarts = active
    .filter((pod) => pod.status?.phase === 'Running' || pod.status?.phase === 'Pending')
    .flatMap((pod) => [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])])
    .reduce((sum, it) => sum + (it.restartCount ?? 0), 0);
  return limit === 0 ? restarts > 0 : restarts >= limit;
}

function successOf(job: Job, progress: JobProgress): Verdict | undefined {
  const met = findCondition(job.status?.conditions, 'SuccessCriteriaMet');
  if (met?.status === 'True') return { reason: met.reason ?? '', message: met.message ?? '' };
  for (const [index, rule] of (job.spec?.successPolicy?.rules ?? []).entries()) {
    const wanted = rule.succeededIndexes === undefined ? undefined : parseIndexes(rule.succeededIndexes);
    const done = [...progress.completedIndexes].filter((it) => wanted?.has(it) ?? true).length;
    if (done >= (rule.succeededCount ?? wanted?.size ?? Number.POSITIVE_INFINITY)) {
      return { reason: 'SuccessPolicy', message: `Matched rules at index ${index}` };
    }
  }
  const { completions } = job.spec ?? {};
  const complete =
    completions === undefined
      ? progress.succeeded > 0 && progress.active.length === 0
      : progress.succeeded >= completions;
  return complete ? COMPLETIONS : undefined;
}

function manage(job: Job, progress: JobProgress, now: number): JobDecision {
  const { completions, parallelism = 1, podReplacementPolicy } = job.spec ?? {};
  const { active, succeeded, terminating, failedIndexes } = progress;
  const left =
    completions === undefined ? undefined : completions - succeeded - (isIndexed(job) ? failedIndexes.size : 0);
  const wanted =
    left === undefined ? (succeeded > 0 ? active.length : parallelism) : Math.min(parallelism, Math.max(0, left));
  if (active.length > wanted) {
    const remove = deletionOrder(active, now).slice(0, active.length - wanted);
    return { end: undefined, create: [], remove, waitMs: 0 };
  }
  const held = podReplacementPolicy === 'Failed' ? terminating.length : 0;
  const missing = wanted - active.length - held;
  if (missing <= 0) return { end: undefined, create: [], remove: [], waitMs: 0 };
  const waitMs = backoffLeft(progress, now);
  if (waitMs > 0) return { end: undefined, create: [], remove: [], waitMs };
  return {
    end: undefined,
    create: isIndexed(job) ? nextIndexes(job, progress, missing) : Array<undefined>(missing).fill(undefined),
    remove: [],
    waitMs: 0,
  };
}

function backoffLeft({ recentFailures: { count, lastAt } }: JobProgress, now: number): number {
  if (count === 0) return 0;
  const backoff = Math.min(BACKOFF_FIRST_MS * 2 ** Math.min(count - 1, 20), BACKOFF_MAX_MS);
  return Math.max(0, lastAt + backoff - now);
}

/** The lowest indexes that nobody works on and that are not done. */
function nextIndexes(job: Job, progress: JobProgress, count: number): number[] {
  const taken = new Set(progress.active.map(indexOf));
  if (job.spec?.podReplacementPolicy === 'Failed') for (const pod of progress.terminating) taken.add(indexOf(pod));
  const next: number[] = [];
  for (let index = 0; index < (job.spec?.completions ?? 0) && next.length < count; index++) {
    if (!taken.has(index) && !progress.completedIndexes.has(index) && !progress.failedIndexes.has(index))
      next.push(index);
  }
  return next;
}
