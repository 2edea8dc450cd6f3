import type { Job, Pod } from '@keelson/api';
import { findCondition } from '../../framework/conditions.js';
import { isActive, isReady } from '../../pods/pod-state.js';
import { judgeFailure } from './failure-policy.js';
import { indexOf, parseIndexes } from './indexes.js';

export const TRACKING_FINALIZER = 'batch.kubernetes.io/job-tracking';
export const INDEX_FAILURES = 'batch.kubernetes.io/job-index-failure-count';

export function isTracked(pod: Pod): boolean {
  return pod.metadata.finalizers?.includes(TRACKING_FINALIZER) ?? false;
}

export function isIndexed({ spec }: Job): boolean {
  return spec?.completionMode === 'Indexed';
}

export function isJobFinished({ status }: Job): boolean {
  return ['Complete', 'Failed'].some((type) => findCondition(status?.conditions, type)?.status === 'True');
}

/** How a pod ended, as far as the Job's count goes; undefined while it runs. */
export function outcomeOf(job: Job, pod: Pod): 'succeeded' | 'failed' | undefined {
  const phase = pod.status?.phase;
  if (phase === 'Succeeded') return 'succeeded';
  if (phase === 'Failed') return 'failed';
  // One that is deleted counts as failed, unless only a real end of it is to be replaced.
  if (pod.metadata.deletionTimestamp === undefined) return undefined;
  return job.spec?.podReplacementPolicy === 'Failed' ? undefined : 'failed';
}

/** Everything that a decision about a Job needs to know of its pods. */
export interface JobProgress {
  readonly active: readonly Pod[];
  readonly terminating: readonly Pod[];
  readonly ready: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly completedIndexes: ReadonlySet<number>;
  readonly failedIndexes: ReadonlySet<number>;
  /** The failures so far of each index that is not done. */
  readonly indexFailures: ReadonlyMap<number, number>;
  readonly failJob: string | undefined;
  /** When the last of the failures that no success followed happened, and how many there were. */
  readonly recentFailures: { readonly count: number; readonly lastAt: number };
}

/** Counts pods that are not in the Job's status yet together with what it says already. */
export function progressOf(job: Job, pods: readonly Pod[]): JobProgress {
  const uncounted = job.status?.uncountedTerminatedPods;
  const counted = new Set([...(uncounted?.succeeded ?? []), ...(uncounted?.failed ?? [])]);
  let succeeded = (job.status?.succeeded ?? 0) + (uncounted?.succeeded?.length ?? 0);
  let failed = (job.status?.failed ?? 0) + (uncounted?.failed?.length ?? 0);
  const completedIndexes = parseIndexes(job.status?.completedIndexes);
  const failedIndexes = parseIndexes(job.status?.failedIndexes);
  const indexFailures = new Map<number, number>();
  const ending = findCondition(job.status?.conditions, 'FailureTarget')?.status === 'True';
  let failJob: string | undefined;
  for (const pod of pods) {
    const outcome = outcomeOf(job, pod);
    if (outcome === undefined) continue;
    const isNew = isTracked(pod) && !counted.has(pod.metadata.uid ?? '');
    const index = indexOf(pod);
    if (outcome === 'succeeded') {
      if (isNew) succeeded += 1;
      if (index !== undefined && index < (job.spec?.completions ?? 0)) completedIndexes.add(index);
      continue;
    }
    const verdict = judgeFailure(job, pod);
    if (pod.status?.phase === 'Failed') failJob ??= verdict.failJob;
    if (isNew && verdict.counts) failed += 1;
    // What the Job's own end takes away has not failed.
    if (ending && pod.status?.phase !== 'Failed') continue;
    if (index !== undefined && job.spec?.backoffLimitPerIndex !== undefined) {
      const before = Number(pod.metadata.annotations?.[INDEX_FAILURES] ?? 0);
      const failures = before + (verdict.counts ? 1 : 0);
      indexFailures.set(index, Math.max(failures, indexFailures.get(index) ?? 0));
      if (verdict.failIndex || failures > job.spec.backoffLimitPerIndex) failedIndexes.add(index);
    }
  }
  for (const index of completedIndexes) failedIndexes.delete(index);
  const active = pods.filter(isActive);
  return {
    active,
    terminating: pods.filter(
      (pod) =>
        pod.metadata.deletionTimestamp !== undefined &&
        pod.status?.phase !== 'Succeeded' &&
        pod.status?.phase !== 'Failed',
    ),
    ready: active.filter(isReady).length,
    succeeded: isIndexed(job) ? completedIndexes.size : succeeded,
    failed,
    completedIndexes,
    failedIndexes,
    indexFailures,
    failJob,
    recentFailures: recentFailures(pods),
  };
}

function recentFailures(pods: readonly Pod[]): { count: number; lastAt: number } {
  const ended = pods
    .filter((pod) => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed')
    .map((pod) => ({ failed: pod.status?.phase === 'Failed', at: finishedAt(pod) }))
    .sort((a, b) => b.at - a.at);
  const firstSuccess = ended.findIndex((it) => !it.failed);
  const failures = firstSuccess < 0 ? ended : ended.slice(0, firstSuccess);
  return { count: failures.length, lastAt: failures[0]?.at ?? 0 };
}

export function finishedAt(pod: Pod): number {
  const times = (pod.status?.containerStatuses ?? []).map((it) => Date.parse(it.state?.terminated?.finishedAt ?? ''));
  const known = times.filter((it) => !Number.isNaN(it));
  if (known.length > 0) return Math.max(...known);
  return Date.parse(pod.metadata.deletionTimestamp ?? pod.metadata.creationTimestamp ?? '') || 0;
}
