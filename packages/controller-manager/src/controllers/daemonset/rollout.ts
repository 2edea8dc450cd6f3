import type { DaemonSet, Pod } from '@keelson/api';
import { isAvailable } from '../../pods/pod-state.js';
import { isGoing, isUpdated, type Place } from './daemons.js';
import type { Limits } from './strategy.js';

/** One step from old pods to new ones. */
export interface Step {
  /** Names of nodes that get a new pod beside the old one. */
  readonly create: readonly string[];
  readonly remove: readonly Pod[];
}

export interface Rollout {
  readonly daemonSet: DaemonSet;
  readonly hash: string;
  readonly now: number;
}

interface Pair {
  readonly place: Place;
  readonly next: Pod | undefined;
  readonly old: Pod | undefined;
  /** There is more than one of each: that has to be put in order first. */
  readonly isCrowded: boolean;
}

export function rolloutStep(places: readonly Place[], limits: Limits, rollout: Rollout): Step {
  const pairs = places.filter(({ run, pods }) => run || pods.length > 0).map((place) => pairOf(place, rollout));
  return limits.surge > 0 ? surging(pairs, limits.surge, rollout) : replacing(pairs, limits.unavailable, rollout);
}

function pairOf(place: Place, { daemonSet, hash }: Rollout): Pair {
  const staying = place.pods.filter((pod) => !isGoing(pod));
  const next = staying.filter((pod) => isUpdated(daemonSet, hash, pod));
  const old = staying.filter((pod) => !isUpdated(daemonSet, hash, pod));
  return { place, next: next[0], old: old[0], isCrowded: next.length > 1 || old.length > 1 };
}

/** Old pods go, so many that no more nodes than may are without service; those that serve nobody go at once. */
function replacing(pairs: readonly Pair[], max: number, { daemonSet, now }: Rollout): Step {
  const minReady = daemonSet.spec?.minReadySeconds ?? 0;
  const idle: Pod[] = [];
  const busy: Pod[] = [];
  let unavailable = 0;
  for (const { next, old, isCrowded } of pairs) {
    if (isCrowded || (next === undefined) === (old === undefined)) unavailable += 1;
    else if (next !== undefined) unavailable += isAvailable(next, minReady, now) ? 0 : 1;
    else if (old !== undefined) (isAvailable(old, minReady, now) ? busy : idle).push(old);
  }
  return { create: [], remove: [...idle, ...busy.slice(0, Math.max(0, max - unavailable))] };
}

/**
 * New pods come beside old ones, on so many nodes at a time as may have two; where the old one serves nobody at once.
 * The old one goes when the new one serves. On nodes that are to have none any more old ones stay until as many serve
 * as there are to be.
 */
function surging(pairs: readonly Pair[], max: number, { daemonSet, now }: Rollout): Step {
  const minReady = daemonSet.spec?.minReadySeconds ?? 0;
  const serves = (pod: Pod | undefined) => pod !== undefined && isAvailable(pod, minReady, now);
  const remove: Pod[] = [];
  const leaving: Pod[] = [];
  const idle: string[] = [];
  const busy: string[] = [];
  let surge = 0;
  let available = 0;
  for (const { place, next, old, isCrowded } of pairs) {
    if (isCrowded) {
      surge += 1;
      continue;
    }
    if (serves(old ?? next)) available += 1;
    if (old === undefined) continue;
    if (next !== undefined && serves(next)) remove.push(old);
    else if (next !== undefined) surge += 1;
    else if (!place.run) (serves(old) ? leaving : remove).push(old);
    else (serves(old) ? busy : idle).push(place.name);
  }
  const desired = pairs.filter(({ place }) => place.run).length;
  return {
    create: [...idle, ...busy.slice(0, Math.max(0, max - surge))],
    remove: [...remove, ...leaving.slice(0, Math.max(0, available - desired))],
  };
}
