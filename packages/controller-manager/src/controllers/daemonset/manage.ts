import type { DaemonSet, Pod } from '@keelson/api';
import { type Action, tell } from '../../framework/actions.js';
import { isAvailable, isReady } from '../../pods/pod-state.js';
import { hashOf, isGoing, type Place } from './daemons.js';
import { allowsSurge } from './strategy.js';

/** What makes every node have the pods that it is to have, whatever template they are of. */
export interface Management {
  /** Names of nodes that miss their pod. */
  readonly create: readonly string[];
  readonly remove: readonly Pod[];
  readonly told: readonly Action[];
  /** Nodes whose failed pods are removed: those may not be tried again at once. */
  readonly failing: readonly string[];
  /** When to look again at nodes whose failed pods stay for a while. */
  readonly again: number | undefined;
}

export interface Circumstances {
  readonly daemonSet: DaemonSet;
  readonly hash: string;
  readonly now: number;
  /** For how many more milliseconds a failed pod on this node stays. */
  readonly heldBack: (node: string) => number;
}

export function manage(places: readonly Place[], circumstances: Circumstances): Management {
  const create: string[] = [];
  const remove: Pod[] = [];
  const told: Action[] = [];
  const failing: string[] = [];
  let again: number | undefined;
  for (const place of places) {
    const { name, pods } = place;
    const staying = pods.filter((pod) => !isGoing(pod));
    if (place.run && pods.length === 0) create.push(name);
    else if (place.keep) {
      const ended = staying.filter(({ status }) => status?.phase === 'Failed' || status?.phase === 'Succeeded');
      const wait = ended.some(({ status }) => status?.phase === 'Failed') ? circumstances.heldBack(name) : 0;
      if (wait > 0) again = Math.min(again ?? wait, wait);
      for (const pod of ended) {
        const hasFailed = pod.status?.phase === 'Failed';
        if (hasFailed && wait > 0) continue;
        if (hasFailed) failing.push(name);
        told.push(endOf(pod, name));
        remove.push(pod);
      }
      remove.push(
        ...surplus(
          staying.filter((pod) => !ended.includes(pod)),
          circumstances,
        ),
      );
    } else if (place.exists) remove.push(...staying);
    // Of a node that is no more: what is on it goes with it, what was to come never will.
    else remove.push(...staying.filter(({ spec }) => !spec?.nodeName));
  }
  return { create, remove, told, failing, again };
}

function endOf({ metadata, status }: Pod, node: string): Action {
  const failed = status?.phase === 'Failed';
  const text = `Found ${failed ? 'failed' : 'succeeded'} daemon pod ${metadata.namespace}/${metadata.name} on node ${node}, will try to ${failed ? 'kill' : 'delete'} it`;
  return failed ? tell('Warning', 'FailedDaemonPod', text) : tell('Normal', 'SucceededDaemonPod', text);
}

/**
 * The oldest pod of a node stays. Where updates put new pods beside old ones, one of each may: until the old one serves
 * nobody, or the new one has served for long enough.
 */
function surplus(oldestFirst: readonly Pod[], { daemonSet, hash, now }: Circumstances): Pod[] {
  if (oldestFirst.length <= 1) return [];
  if (!allowsSurge(daemonSet)) return oldestFirst.slice(1);
  const next = oldestFirst.find((pod) => hashOf(pod) === hash);
  const old = oldestFirst.find((pod) => hashOf(pod) !== hash);
  const more = oldestFirst.filter((pod) => pod !== next && pod !== old);
  if (next === undefined || old === undefined) return more;
  const isReplaced = !isReady(old) || isAvailable(next, daemonSet.spec?.minReadySeconds ?? 0, now);
  return isReplaced ? [...more, old] : more;
}
