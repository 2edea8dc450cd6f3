import type { Job, Pod } from '@keelson/api';

export const TRACKING_FINALIZER = 'batch.kubernetes.io/job-tracking';
export const INDEX_ANNOTATION = 'batch.kubernetes.io/job-completion-index';
const OWN_NAME = 'kubernetes.io/job-controller';

/** Held until it is counted. */
export function isTracked(pod: Pod): boolean {
  return pod.metadata.finalizers?.includes(TRACKING_FINALIZER) ?? false;
}

export function isIndexed({ spec }: Job): boolean {
  return spec?.completionMode === 'Indexed';
}

/** Each index has failures of its own. */
export function countsPerIndex(job: Job): boolean {
  return isIndexed(job) && job.spec?.backoffLimitPerIndex !== undefined;
}

/** A pod is replaced when it has really ended, not when it is on its way out. */
export function replacesOnlyFailed({ spec }: Job): boolean {
  return spec?.podReplacementPolicy === 'Failed' || spec?.podFailurePolicy !== undefined;
}

/** Somebody else's: it is left alone. */
export function managedElsewhere({ spec }: Job): string | undefined {
  return spec?.managedBy === undefined || spec.managedBy === OWN_NAME ? undefined : spec.managedBy;
}

/** The completion index of a pod of an Indexed Job. */
export function indexOf(pod: Pod): number | undefined {
  const text = pod.metadata.annotations?.[INDEX_ANNOTATION];
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}

/** Whether a pod may count for a Job at all: one of an Indexed Job has to have an index that there is. */
export function hasPlace(job: Job, pod: Pod): boolean {
  if (!isIndexed(job)) return true;
  const index = indexOf(pod);
  return index !== undefined && index < (job.spec?.completions ?? 0);
}

/** How a pod ended, as far as the Job is concerned; undefined while it runs. */
export function outcomeOf(job: Job, pod: Pod): 'succeeded' | 'failed' | undefined {
  const phase = pod.status?.phase;
  if (phase === 'Succeeded') return 'succeeded';
  if (phase === 'Failed') return 'failed';
  // One that is deleted may never get to its end.
  return pod.metadata.deletionTimestamp !== undefined && !replacesOnlyFailed(job) ? 'failed' : undefined;
}
