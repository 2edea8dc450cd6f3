import type { Deployment, ReplicaSet } from '@keelson/api';
import { desiredOf, maxOf } from './annotations.js';
import { availableOf, type ReplicaSets, replicasOf, sumOf } from './replica-sets.js';
import { maxSurgeOf, maxUnavailableOf } from './strategy.js';

/** A ReplicaSet and the size that it is to have. */
export interface Resize {
  readonly replicaSet: ReplicaSet;
  readonly replicas: number;
}

function wanted(deployment: Deployment): number {
  return deployment.spec?.replicas ?? 1;
}

/** How many pods a Deployment's newest ReplicaSet may have now, given what the others hold. */
export function newestReplicas(deployment: Deployment, { newest, old }: ReplicaSets): number {
  const replicas = wanted(deployment);
  if (deployment.spec?.strategy?.type === 'Recreate') return replicas;
  const current = sumOf([newest, ...old], replicasOf);
  const room = replicas + maxSurgeOf(deployment) - current;
  if (room <= 0) return replicasOf(newest);
  return replicasOf(newest) + Math.min(room, replicas - replicasOf(newest));
}

/** The next step of a rolling update: first the newest grows (or shrinks), then the old ones give way. */
export function rollingStep(deployment: Deployment, sets: ReplicaSets & { newest: ReplicaSet }): Resize[] {
  const { newest, old } = sets;
  const replicas = wanted(deployment);
  if (replicasOf(newest) > replicas) return [{ replicaSet: newest, replicas }];
  const grown = newestReplicas(deployment, sets);
  if (grown !== replicasOf(newest)) return [{ replicaSet: newest, replicas: grown }];
  return shrinkOld(deployment, newest, old);
}

/** Available pods that will stay: a status that is not written yet still counts those that a smaller size takes. */
function surelyAvailable(replicaSet: ReplicaSet): number {
  return Math.min(replicasOf(replicaSet), availableOf(replicaSet));
}

function shrinkOld(deployment: Deployment, newest: ReplicaSet, old: readonly ReplicaSet[]): Resize[] {
  if (sumOf(old, replicasOf) === 0) return [];
  const all = [newest, ...old];
  const minAvailable = wanted(deployment) - maxUnavailableOf(deployment);
  const newestUnavailable = replicasOf(newest) - surelyAvailable(newest);
  const removable = sumOf(all, replicasOf) - minAvailable - newestUnavailable;
  if (removable <= 0) return [];
  const sizes = new Map(old.map((it) => [it, replicasOf(it)]));
  // Pods that serve nobody go first and cost no availability.
  let budget = removable;
  for (const it of old) {
    const unhealthy = Math.min(budget, replicasOf(it) - surelyAvailable(it));
    if (replicasOf(it) === 0 || unhealthy <= 0) continue;
    sizes.set(it, replicasOf(it) - unhealthy);
    budget -= unhealthy;
  }
  let surplus = sumOf(all, surelyAvailable) - minAvailable;
  for (const it of old) {
    if (surplus <= 0) break;
    const size = sizes.get(it) ?? 0;
    const fewer = Math.min(size, surplus);
    sizes.set(it, size - fewer);
    surplus -= fewer;
  }
  return [...sizes]
    .filter(([it, replicas]) => replicas !== replicasOf(it))
    .map(([replicaSet, replicas]) => ({ replicaSet, replicas }));
}

/** True if the Deployment's size changed since its ReplicaSets got theirs. */
export function isScaling(deployment: Deployment, all: readonly ReplicaSet[]): boolean {
  return all.some((it) => {
    const desired = replicasOf(it) > 0 ? desiredOf(it) : undefined;
    return desired !== undefined && desired !== wanted(deployment);
  });
}

/** New sizes after the Deployment's own size changed: of the only one in use, or of each in proportion. */
export function scaleStep(deployment: Deployment, { newest, old }: ReplicaSets): Resize[] {
  const replicas = wanted(deployment);
  const all = [...old, ...(newest === undefined ? [] : [newest])];
  const active = all.filter((it) => replicasOf(it) > 0);
  const only = active.length === 1 ? active[0] : active.length === 0 ? (newest ?? old.at(-1)) : undefined;
  if (only !== undefined) return [{ replicaSet: only, replicas }];
  if (newest !== undefined && isSaturated(deployment, newest)) {
    return old.filter((it) => replicasOf(it) > 0).map((replicaSet) => ({ replicaSet, replicas: 0 }));
  }
  if (deployment.spec?.strategy?.type === 'Recreate') return [];
  return proportional(deployment, active);
}

/** The newest has all the pods that are wanted, and all are available. */
function isSaturated(deployment: Deployment, newest: ReplicaSet): boolean {
  const replicas = wanted(deployment);
  return replicasOf(newest) === replicas && desiredOf(newest) === replicas && availableOf(newest) === replicas;
}

function proportional(deployment: Deployment, active: readonly ReplicaSet[]): Resize[] {
  const replicas = wanted(deployment);
  const allowed = replicas > 0 ? replicas + maxSurgeOf(deployment) : 0;
  const toAdd = allowed - sumOf(active, replicasOf);
  const newestFirst = [...active].reverse();
  const sorted = (toAdd > 0 ? newestFirst : [...active]).sort((a, b) => replicasOf(b) - replicasOf(a));
  const sizes = new Map<ReplicaSet, number>();
  let added = 0;
  for (const it of sorted) {
    const share = toAdd === 0 ? 0 : shareOf(deployment, it, toAdd, added);
    sizes.set(it, replicasOf(it) + share);
    added += share;
  }
  const [first] = sorted;
  // What rounding left over goes to the largest.
  if (first !== undefined && toAdd !== 0) sizes.set(first, Math.max(0, (sizes.get(first) ?? 0) + toAdd - added));
  return [...sizes].map(([replicaSet, size]) => ({ replicaSet, replicas: size }));
}

function shareOf(deployment: Deployment, replicaSet: ReplicaSet, toAdd: number, added: number): number {
  const left = toAdd - added;
  const replicas = wanted(deployment);
  const size = replicasOf(replicaSet);
  if (replicas === 0) return Math.max(-size, left);
  const before = maxOf(replicaSet) ?? deployment.status?.replicas ?? size;
  if (before === 0) return 0;
  const fraction = Math.round((size * (replicas + maxSurgeOf(deployment))) / before) - size;
  return toAdd > 0 ? Math.min(fraction, left) : Math.max(fraction, left);
}
