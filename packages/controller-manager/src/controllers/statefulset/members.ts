import type { Pod, StatefulSet } from '@keelson/api';
import { isAvailable, isReady } from '../../pods/pod-state.js';
import { isInRange, ordinalOf, replicasOf, startOf } from './identity.js';

export interface Member {
  readonly ordinal: number;
  readonly pod: Pod;
}

/** The pods of a set by their ordinals. */
export interface Members {
  /** Those that there are to be, so far as they are there. */
  readonly replicas: ReadonlyMap<number, Pod>;
  /** Those beyond, the last first. */
  readonly condemned: readonly Member[];
}

export function membersOf(set: StatefulSet, pods: readonly Pod[]): Members {
  const replicas = new Map<number, Pod>();
  const condemned: Member[] = [];
  for (const pod of pods) {
    const ordinal = ordinalOf(set, pod);
    if (ordinal === undefined) continue;
    if (isInRange(set, ordinal)) replicas.set(ordinal, pod);
    else condemned.push({ ordinal, pod });
  }
  return { replicas, condemned: condemned.sort((a, b) => b.ordinal - a.ordinal) };
}

/** What is there of what there is to be, in order. */
export function inOrder({ replicas }: Members): Member[] {
  return [...replicas].map(([ordinal, pod]) => ({ ordinal, pod })).sort((a, b) => a.ordinal - b.ordinal);
}

/** The first ordinals, at most `max`, that have no pod. */
export function missing(set: StatefulSet, { replicas }: Members, max: number): number[] {
  const found: number[] = [];
  const end = startOf(set) + replicasOf(set);
  for (let ordinal = startOf(set); ordinal < end && found.length < max; ordinal += 1)
    if (!replicas.has(ordinal)) found.push(ordinal);
  return found;
}

export function isGoing({ metadata }: Pod): boolean {
  return metadata.deletionTimestamp !== undefined;
}

export function isRunningAndReady(pod: Pod): boolean {
  return pod.status?.phase === 'Running' && isReady(pod);
}

/** Serves, has done so for long enough, and is not on its way out. */
export function isServing({ spec }: StatefulSet, pod: Pod, now: number): boolean {
  return isRunningAndReady(pod) && isAvailable(pod, spec?.minReadySeconds ?? 0, now) && !isGoing(pod);
}
