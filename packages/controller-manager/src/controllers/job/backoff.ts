import { controllerOf, type Job, type Pod } from '@keelson/api';
import { outcomeOf } from './job-spec.js';

/** Upstream's back-off for pods of a Job that fail: from 10 s to 10 min. */
const FIRST_MS = 10_000;
const LAST_MS = 600_000;
/** More failures make the wait no longer. */
const REMEMBERED = 10;

/** Failures that no success followed. */
export interface Failures {
  readonly count: number;
  readonly lastAt: number;
}

/** Milliseconds until the next try after so many failures. */
export function backoffLeft({ count, lastAt }: Failures, now: number): number {
  if (count <= 0) return 0;
  return Math.max(0, lastAt + Math.min(FIRST_MS * 2 ** Math.min(count - 1, 20), LAST_MS) - now);
}

/** `gone`: when pods failed that are not there any more. */
export function recentFailures(job: Job, pods: readonly Pod[], gone: readonly number[]): Failures {
  let lastSuccess = Number.NEGATIVE_INFINITY;
  const failures = [...gone];
  for (const pod of pods) {
    const outcome = outcomeOf(job, pod);
    if (outcome === 'failed') failures.push(finishedAt(pod));
    else if (outcome === 'succeeded') lastSuccess = Math.max(lastSuccess, finishedAt(pod));
  }
  const recent = failures.filter((at) => at > lastSuccess);
  return { count: recent.length, lastAt: recent.reduce((a, b) => Math.max(a, b), 0) };
}

/** When a pod ended, or what comes next to it: its containers' end, when it was not ready any more, its deletion. */
export function finishedAt({ spec, status, metadata }: Pod): number {
  const sidecars = new Set(
    (spec?.initContainers ?? []).filter((it) => it.restartPolicy === 'Always').map((it) => it.name),
  );
  const last = [
    ...(status?.containerStatuses ?? []),
    ...(status?.initContainerStatuses ?? []).filter((it) => sidecars.has(it.name)),
  ].map((it) => Date.parse(it.state?.terminated?.finishedAt ?? ''));
  if (last.length > 0 && !last.some(Number.isNaN)) return Math.max(...last);
  const ready = status?.conditions?.find((it) => it.type === 'Ready' && it.status === 'False');
  const unready = Date.parse(ready?.lastTransitionTime ?? '');
  if (!Number.isNaN(unready)) return unready;
  const deleted = Date.parse(metadata.deletionTimestamp ?? '');
  if (!Number.isNaN(deleted)) return deleted - Number(metadata.deletionGracePeriodSeconds ?? 0) * 1000;
  return Date.parse(metadata.creationTimestamp ?? '') || 0;
}

/** Failures of pods that are gone, by their Jobs' uids: only to wait no less before the next try. */
export class GoneFailures {
  readonly #times = new Map<string, number[]>();

  /** A pod of the Job is gone. */
  add(job: Job | undefined, pod: Pod): void {
    const owner = controllerOf(pod)?.uid;
    if (owner === undefined || owner !== job?.metadata.uid || outcomeOf(job, pod) !== 'failed') return;
    this.#times.set(owner, [...(this.#times.get(owner) ?? []), finishedAt(pod)].slice(-REMEMBERED));
  }

  of({ metadata }: Job): readonly number[] {
    return this.#times.get(metadata.uid ?? '') ?? [];
  }

  forget({ metadata }: Job): void {
    this.#times.delete(metadata.uid ?? '');
  }
}
