import {
  addResources,
  isAbout,
  type KubeObject,
  type QuotaEvaluator,
  type ResourceList,
  type ResourceQuota,
  surplusResources,
  withoutZeros,
} from '@keelson/api';
import type { Informer } from '@keelson/client';

/** A kind whose objects quotas count, and where they are seen. */
export interface Counted {
  readonly informer: Informer<KubeObject>;
  /** As of now: what should be gone by now uses nothing. */
  readonly evaluator: QuotaEvaluator;
  /** Whatever the time is: what only time frees is not told by a change. */
  readonly timeless: QuotaEvaluator;
  /** Whether an object that is there may come to use more or less. */
  readonly mayChange: boolean;
}

const OBJECTS_A_TURN = 500;

/** What all objects of a quota's namespace use of it. `onFreed` is told of those that only time has freed. */
export async function countUsage(
  quota: ResourceQuota,
  kinds: Iterable<Counted>,
  onFreed: (object: KubeObject) => void,
): Promise<ResourceList> {
  const names = Object.keys(quota.status?.hard ?? {});
  // All as of one moment: what goes meanwhile is given back by itself.
  const seen = [...kinds].flatMap((kind) => {
    // A kind that came just now is counted once all of it is seen.
    const matching = kind.informer.hasSynced ? kind.evaluator.matching(names) : [];
    return matching.length === 0 ? [] : [{ ...kind, matching, objects: kind.informer.list(quota.metadata.namespace) }];
  });
  let total: ResourceList = {};
  for (const { objects, evaluator, timeless, matching } of seen) {
    total = addResources(total, Object.fromEntries(matching.map((name) => [name, '0'])));
    for (const [index, object] of objects.entries()) {
      if (index % OBJECTS_A_TURN === OBJECTS_A_TURN - 1) await new Promise((resolve) => setImmediate(resolve));
      if (!isAbout(quota, evaluator, object)) continue;
      const usage = evaluator.usage(object);
      if (!isNothing(withoutZeros(surplusResources(timeless.usage(object), usage)))) onFreed(object);
      total = addResources(total, only(usage, matching));
    }
  }
  return total;
}

/** What an object uses of a quota that it does not as `other`, of what the quota limits. */
export function usedBeyond(
  quota: ResourceQuota,
  evaluator: QuotaEvaluator,
  object: KubeObject,
  other: KubeObject | undefined,
): ResourceList {
  if (!isAbout(quota, evaluator, object)) return {};
  const usage = only(evaluator.usage(object), evaluator.matching(Object.keys(quota.status?.hard ?? {})));
  if (other === undefined || !isAbout(quota, evaluator, other)) return withoutZeros(usage);
  return withoutZeros(surplusResources(usage, evaluator.usage(other)));
}

export function isNothing(usage: ResourceList): boolean {
  return Object.keys(usage).length === 0;
}

export function only(list: ResourceList, names: readonly string[]): ResourceList {
  return Object.fromEntries(names.flatMap((name) => (list[name] === undefined ? [] : [[name, list[name]]])));
}
