import { controllerOf, type Job, type Pod } from '@keelson/api';
import { deletionOrder } from '../../pods/deletion-order.js';
import { backoffLeft, finishedAt } from './backoff.js';
import { IndexSet } from './index-set.js';
import { countsPerIndex, hasPlace, indexOf, isIndexed, isTracked, replacesOnlyFailed } from './job-spec.js';
import { failuresIncluding } from './per-index.js';
import type { JobProgress } from './progress.js';

/** What keeps the wanted number of pods at work. Either pods go or pods come, never both. */
export interface Plan {
  /** Indexes, or undefined for each pod that has none. */
  readonly create: readonly (number | undefined)[];
  readonly remove: readonly Pod[];
  /** When pods that failed may be replaced. */
  readonly waitMs: number | undefined;
}

const BURST_MAX = 500;
const NOTHING: Plan = { create: [], remove: [], waitMs: undefined };

export function planOf(job: Job, progress: JobProgress, now: number): Plan {
  const { active } = progress;
  if (job.spec?.suspend === true) return { ...NOTHING, remove: active.slice(0, BURST_MAX) };
  const wanted = wantedActive(job, progress);
  const remove = tooMany(job, active, Math.max(0, active.length - wanted), now);
  if (remove.length > 0) return { ...NOTHING, remove: remove.slice(0, BURST_MAX) };
  const held = replacesOnlyFailed(job) ? progress.terminating.length : 0;
  const missing = Math.min(wanted - active.length - held, BURST_MAX);
  if (missing <= 0) return NOTHING;
  const waitMs = countsPerIndex(job) ? 0 : backoffLeft(progress.recentFailures, now);
  if (waitMs > 0) return { ...NOTHING, waitMs };
  if (!isIndexed(job)) return { ...NOTHING, create: Array<undefined>(missing).fill(undefined) };
  return planIndexes(job, progress, missing, now);
}

function wantedActive({ spec }: Job, { active, succeeded }: JobProgress): number {
  const { completions, parallelism = 1 } = spec ?? {};
  // Without a number of completions whoever runs after the first success runs to its end.
  if (completions === undefined) return succeeded > 0 ? active.length : parallelism;
  return Math.min(parallelism, Math.max(0, completions - succeeded));
}

/** The lowest indexes that nobody works on; each that failed waits by itself. */
function planIndexes(job: Job, progress: JobProgress, count: number, now: number): Plan {
  const busy = [...progress.active, ...(replacesOnlyFailed(job) ? progress.terminating : [])].map(indexOf);
  const taken = IndexSet.of(busy.filter((it) => it !== undefined))
    .union(progress.completedIndexes)
    .union(progress.failedIndexes);
  const waits: number[] = [];
  const create = taken.missing(count, job.spec?.completions ?? 0).filter((index) => {
    const last = progress.lastFailures.get(index);
    const wait =
      last === undefined ? 0 : backoffLeft({ count: failuresIncluding(last), lastAt: finishedAt(last) }, now);
    if (wait > 0) waits.push(wait);
    return wait <= 0;
  });
  return { ...NOTHING, create, waitMs: waits.length > 0 ? Math.min(...waits) : undefined };
}

/** First what has no place — no index, one that there is not, another's — then those that do least. */
function tooMany(job: Job, active: readonly Pod[], atLeast: number, now: number): Pod[] {
  const remove: Pod[] = [];
  let left: readonly Pod[] = active;
  if (isIndexed(job)) {
    const byIndex = new Map<number, Pod[]>();
    for (const pod of active) {
      if (!hasPlace(job, pod)) remove.push(pod);
      else {
        const index = indexOf(pod) ?? 0;
        byIndex.set(index, [...(byIndex.get(index) ?? []), pod]);
      }
    }
    left = [...byIndex.values()].map((pods) => {
      const order = pods.length > 1 ? deletionOrder(pods, now) : pods;
      remove.push(...order.slice(0, -1));
      return order.at(-1)!;
    });
  }
  if (remove.length >= atLeast) return remove;
  // One whose finalizer went already, when somebody died over its removal, counts for nothing any more.
  const isLost = (pod: Pod) => controllerOf(pod) !== undefined && !isTracked(pod);
  const order = deletionOrder(left, now).sort((a, b) => Number(isLost(b)) - Number(isLost(a)));
  return [...remove, ...order.slice(0, atLeast - remove.length)];
}
