import type { Job, JobStatus, Pod } from '@keelson/api';
import { judgeFailure } from './failure-policy.js';
import { IndexSet } from './index-set.js';
import { countsPerIndex, hasPlace, indexOf, isIndexed, isTracked, outcomeOf } from './job-spec.js';
import { endsIndex } from './per-index.js';
import type { JobProgress } from './progress.js';
import type { Verdict } from './verdict.js';

/** Uids in the status at once, so that it stays below some 20 KB. */
const UNCOUNTED_MAX = 500;

export interface Tracking {
  /** The counts as they are to be written. */
  readonly counts: Pick<
    JobStatus,
    'succeeded' | 'failed' | 'uncountedTerminatedPods' | 'completedIndexes' | 'failedIndexes'
  >;
  /** Pods whose end the stored status has: nothing has to hold them any more. */
  readonly release: readonly Pod[];
  /** Every pod that ended is counted. */
  readonly isDone: boolean;
  /** What is known of pods may be older than the status. */
  readonly isUncertain: boolean;
}

/** What is known of pods: those in the cache, and the resource version up to which it has all. */
export interface KnownPods {
  readonly byUid: ReadonlyMap<string, Pod>;
  readonly version: number;
}

/**
 * Counts each pod that ended exactly once. Its uid is written into the status; when that is seen its finalizer is taken
 * away; and when that is seen it moves from the list into the count. Whoever dies between any two of these, the next one
 * finds where it was left.
 */
export function track(job: Job, progress: JobProgress, verdict: Verdict | undefined, known: KnownPods): Tracking {
  const { status = {} } = job;
  const stored = status.uncountedTerminatedPods ?? {};
  const isCurrent = known.version >= Number(job.metadata.resourceVersion ?? 0);
  let isUncertain = false;
  /** Of a pod that is not to be seen it is not sure that it is gone, unless the cache is as new as the status. */
  const isHeld = (uid: string): boolean => {
    const pod = known.byUid.get(uid);
    if (pod !== undefined) return isTracked(pod);
    isUncertain ||= !isCurrent;
    return !isCurrent;
  };
  const held = { succeeded: (stored.succeeded ?? []).filter(isHeld), failed: (stored.failed ?? []).filter(isHeld) };
  const listed = new Set([...(stored.succeeded ?? []), ...(stored.failed ?? [])]);
  const release: Pod[] = [];
  let room = UNCOUNTED_MAX - held.succeeded.length - held.failed.length;
  let isDone = true;
  for (const pod of progress.pods) {
    if (!isTracked(pod)) continue;
    const uid = pod.metadata.uid ?? '';
    if (!mayGo(job, progress, verdict, pod)) continue;
    isDone = false;
    const list = listed.has(uid) ? undefined : listOf(job, verdict, pod);
    if (list === undefined) {
      if (listed.has(uid) || isStored(job, pod)) release.push(pod);
    } else if (room > 0) {
      held[list].push(uid);
      room -= 1;
    }
  }
  const moved = (list: 'succeeded' | 'failed') =>
    (stored[list] ?? []).length - (stored[list] ?? []).filter((uid) => held[list].includes(uid)).length;
  const counts = {
    succeeded: isIndexed(job) ? progress.completedIndexes.size : (status.succeeded ?? 0) + moved('succeeded'),
    failed: (status.failed ?? 0) + moved('failed'),
    uncountedTerminatedPods: {
      ...(held.succeeded.length > 0 ? { succeeded: held.succeeded } : {}),
      ...(held.failed.length > 0 ? { failed: held.failed } : {}),
    },
    ...(isIndexed(job) ? { completedIndexes: `${progress.completedIndexes}` } : {}),
    ...(countsPerIndex(job) ? { failedIndexes: `${progress.failedIndexes}` } : {}),
  };
  isDone &&= held.succeeded.length + held.failed.length === 0;
  return { counts, release: release.slice(0, UNCOUNTED_MAX), isDone, isUncertain };
}

/** At the Job's end everything goes; before, what ended, unless its index still needs its count of failures. */
function mayGo(job: Job, progress: JobProgress, verdict: Verdict | undefined, pod: Pod): boolean {
  if (verdict?.isRecorded === true) return true;
  const outcome = outcomeOf(job, pod);
  if (outcome !== 'failed') return outcome !== undefined;
  const index = indexOf(pod);
  return index === undefined || progress.lastFailures.get(index)?.metadata.uid !== pod.metadata.uid;
}

/** Where in the status a pod is listed until it is counted; undefined: it is not counted by its uid. */
function listOf(job: Job, verdict: Verdict | undefined, pod: Pod): 'succeeded' | 'failed' | undefined {
  if (outcomeOf(job, pod) === 'succeeded') return isIndexed(job) ? undefined : 'succeeded';
  const isRunning = outcomeOf(job, pod) === undefined || pod.status?.phase !== 'Failed';
  // Pods that a Job's good end takes with it have not failed, those that its bad end takes have.
  if (isRunning && verdict?.end === 'complete') return undefined;
  return hasPlace(job, pod) && judgeFailure(job, pod).counts ? 'failed' : undefined;
}

/** What is counted by its index, not by its uid, is stored when its index is. */
function isStored(job: Job, pod: Pod): boolean {
  const index = indexOf(pod);
  if (!isIndexed(job) || index === undefined || !hasPlace(job, pod)) return true;
  const completions = job.spec?.completions ?? 0;
  const { completedIndexes, failedIndexes } = job.status ?? {};
  if (IndexSet.parse(completedIndexes, completions).has(index)) return true;
  if (outcomeOf(job, pod) === 'succeeded') return false;
  return !(countsPerIndex(job) && endsIndex(job, pod)) || IndexSet.parse(failedIndexes, completions).has(index);
}
