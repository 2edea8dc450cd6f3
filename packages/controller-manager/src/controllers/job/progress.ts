import type { Job, Pod } from '@keelson/api';
import { findCondition } from '../../framework/conditions.js';
import { isActive, isFinished } from '../../pods/pod-state.js';
import { type Failures, recentFailures } from './backoff.js';
import { judgeFailure } from './failure-policy.js';
import { IndexSet } from './index-set.js';
import { countsPerIndex, hasPlace, indexOf, isIndexed, isTracked, outcomeOf } from './job-spec.js';
import { endsIndex, lastFailures } from './per-index.js';

/** Everything that a decision about a Job needs to know of its pods. */
export interface JobProgress {
  readonly pods: readonly Pod[];
  readonly active: readonly Pod[];
  readonly terminating: readonly Pod[];
  /** With those that the status does not have yet. */
  readonly succeeded: number;
  readonly failed: number;
  readonly completedIndexes: IndexSet;
  readonly failedIndexes: IndexSet;
  /** By index: whose finalizer is kept, where each index counts its failures. */
  readonly lastFailures: ReadonlyMap<number, Pod>;
  /** Why a rule gives the whole Job up. */
  readonly failJob: string | undefined;
  readonly recentFailures: Failures;
}

/** `gone`: when pods failed that are not there any more. */
export function progressOf(job: Job, pods: readonly Pod[], gone: readonly number[] = []): JobProgress {
  const { status = {}, spec = {} } = job;
  const completions = spec.completions ?? 0;
  const { succeeded: listedSucceeded = [], failed: listedFailed = [] } = status.uncountedTerminatedPods ?? {};
  const listed = new Set([...listedSucceeded, ...listedFailed]);
  const isEnding = findCondition(status.conditions, 'FailureTarget')?.status === 'True';
  let succeeded = (status.succeeded ?? 0) + listedSucceeded.length;
  let failed = (status.failed ?? 0) + listedFailed.length;
  let failJob: string | undefined;
  const [newlyCompleted, newlyFailed]: number[][] = [[], []];
  for (const pod of pods) {
    const outcome = outcomeOf(job, pod);
    if (outcome === undefined) continue;
    const verdict = outcome === 'failed' ? judgeFailure(job, pod) : undefined;
    failJob ??= verdict?.failJob;
    if (!isTracked(pod) || !hasPlace(job, pod)) continue;
    const index = indexOf(pod);
    const isNew = !listed.has(pod.metadata.uid ?? '');
    if (outcome === 'succeeded') {
      if (isNew) succeeded += 1;
      if (index !== undefined) newlyCompleted?.push(index);
      continue;
    }
    if (isNew && verdict?.counts === true) failed += 1;
    // What the Job's own end takes away has not failed.
    if (isEnding && !isFinished(pod)) continue;
    if (index !== undefined && countsPerIndex(job) && endsIndex(job, pod)) newlyFailed?.push(index);
  }
  const completedIndexes = IndexSet.parse(status.completedIndexes, completions).union(
    IndexSet.of(newlyCompleted ?? []),
  );
  const lost = (newlyFailed ?? []).filter((it) => !completedIndexes.has(it));
  const failedIndexes = IndexSet.parse(status.failedIndexes, completions).union(IndexSet.of(lost));
  const active = pods.filter(isActive);
  const busy = new Set(active.map(indexOf));
  const isOpen = (index: number) => !busy.has(index) && !completedIndexes.has(index) && !failedIndexes.has(index);
  return {
    pods,
    active,
    terminating: pods.filter((pod) => pod.metadata.deletionTimestamp !== undefined && !isFinished(pod)),
    succeeded: isIndexed(job) ? completedIndexes.size : succeeded,
    failed,
    completedIndexes,
    failedIndexes,
    lastFailures: countsPerIndex(job) ? lastFailures(job, pods, isOpen) : new Map(),
    failJob,
    recentFailures: recentFailures(job, pods, gone),
  };
}
