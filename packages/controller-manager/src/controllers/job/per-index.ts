import type { Job, Pod } from '@keelson/api';
import { finishedAt } from './backoff.js';
import { judgeFailure } from './failure-policy.js';
import { hasPlace, indexOf, isTracked, outcomeOf } from './job-spec.js';

export const INDEX_FAILURES = 'batch.kubernetes.io/job-index-failure-count';
export const INDEX_IGNORED = 'batch.kubernetes.io/job-index-ignored-failure-count';
const INT32_MAX = 2 ** 31 - 1;

/** How often an index failed before a pod of it, as the pod says: failures that count, and others. */
interface Before {
  readonly counted: number;
  readonly ignored: number;
}

function before({ metadata: { annotations } }: Pod): Before {
  const read = (name: string) => {
    const value = /^\d+$/.test(annotations?.[name] ?? '') ? Number(annotations?.[name]) : 0;
    return value <= INT32_MAX ? value : 0;
  };
  return { counted: read(INDEX_FAILURES), ignored: read(INDEX_IGNORED) };
}

/** What the next pod of an index has to say, after one that failed. */
export function failuresUpTo(job: Job, last: Pod | undefined): Before {
  if (last === undefined) return { counted: 0, ignored: 0 };
  const { counted, ignored } = before(last);
  return judgeFailure(job, last).counts ? { counted: counted + 1, ignored } : { counted, ignored: ignored + 1 };
}

export function failuresIncluding(last: Pod): number {
  const { counted, ignored } = before(last);
  return counted + ignored + 1;
}

/** A pod whose failure is the end of its index. */
export function endsIndex(job: Job, pod: Pod): boolean {
  if (outcomeOf(job, pod) !== 'failed') return false;
  const verdict = judgeFailure(job, pod);
  return verdict.failIndex || (verdict.counts && before(pod).counted >= (job.spec?.backoffLimitPerIndex ?? 0));
}

/** The last pod that failed of each index that somebody has yet to work on: it is kept until its successor has its count. */
export function lastFailures(job: Job, pods: readonly Pod[], isOpen: (index: number) => boolean): Map<number, Pod> {
  const last = new Map<number, Pod>();
  for (const pod of pods) {
    const index = indexOf(pod);
    if (index === undefined || !isTracked(pod) || !hasPlace(job, pod) || outcomeOf(job, pod) !== 'failed') continue;
    if (!isOpen(index)) continue;
    const known = last.get(index);
    const isLater =
      known === undefined ||
      (failuresIncluding(known) <= failuresIncluding(pod) && finishedAt(pod) >= finishedAt(known));
    if (isLater) last.set(index, pod);
  }
  return last;
}
