import { type Pod, type StatefulSet, scaledValue } from '@keelson/api';
import { replicasOf, revisionNameOf, startOf } from './identity.js';
import { isGoing, isServing, type Members } from './members.js';

/** Which pods go so that they come back of the revision `update`: from the last on, and not below the partition. */
export function outdated(set: StatefulSet, members: Members, update: string, now: number): Pod[] {
  const { updateStrategy } = set.spec ?? {};
  if (updateStrategy?.type === 'OnDelete') return [];
  const { maxUnavailable } = updateStrategy?.rollingUpdate ?? {};
  if (maxUnavailable === undefined) return nextOutdated(set, members, update, now);
  const max = Math.max(1, scaledValue(maxUnavailable, replicasOf(set), false));
  return outdatedWithin(set, members, update, max, now);
}

/** One after another: each has to serve before the next goes. */
function nextOutdated(set: StatefulSet, { replicas }: Members, update: string, now: number): Pod[] {
  const first = startOf(set) + partitionOf(set);
  for (let ordinal = startOf(set) + replicasOf(set) - 1; ordinal >= first; ordinal -= 1) {
    const pod = replicas.get(ordinal);
    if (pod === undefined) return [];
    if (revisionNameOf(pod) !== update && !isGoing(pod)) return [pod];
    if (!isServing(set, pod, now)) return [];
  }
  return [];
}

/** As many as leave no more than `max` without service. In a set without order those that serve nobody cost nothing. */
function outdatedWithin(set: StatefulSet, members: Members, update: string, max: number, now: number): Pod[] {
  const { replicas } = members;
  const serving = [...replicas.values()].filter((pod) => isServing(set, pod, now)).length;
  const budget = max - (replicasOf(set) - serving);
  const first = startOf(set) + partitionOf(set);
  const old = [...replicas]
    .filter(([ordinal, pod]) => ordinal >= first && revisionNameOf(pod) !== update && !isGoing(pod))
    .sort(([a], [b]) => b - a)
    .map(([, pod]) => pod);
  if (set.spec?.podManagementPolicy !== 'Parallel') return old.slice(0, Math.max(0, budget));
  const idle = old.filter((pod) => !isServing(set, pod, now));
  const busy = old.filter((pod) => isServing(set, pod, now));
  return [...idle, ...busy.slice(0, Math.max(0, budget))];
}

export function partitionOf({ spec }: StatefulSet): number {
  return spec?.updateStrategy?.rollingUpdate?.partition ?? 0;
}
