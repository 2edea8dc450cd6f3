import type { DaemonSet, DaemonSetStatus } from '@keelson/api';
import { isAvailable, isReady } from '../../pods/pod-state.js';
import { isUpdated, type Place } from './daemons.js';

/** What the nodes' pods make of the status: of each node the first pod counts. */
export function statusOf(daemonSet: DaemonSet, places: readonly Place[], hash: string, now: number): DaemonSetStatus {
  const minReady = daemonSet.spec?.minReadySeconds ?? 0;
  const wanted = places.filter(({ run }) => run);
  const pods = wanted.flatMap((place) => place.pods[0] ?? []);
  const ready = pods.filter(isReady);
  const available = ready.filter((pod) => isAvailable(pod, minReady, now)).length;
  const { collisionCount, conditions } = daemonSet.status ?? {};
  return {
    currentNumberScheduled: pods.length,
    numberMisscheduled: places.filter((place) => place.exists && !place.run && place.pods.length > 0).length,
    desiredNumberScheduled: wanted.length,
    numberReady: ready.length,
    observedGeneration: daemonSet.metadata.generation,
    updatedNumberScheduled: pods.filter((pod) => isUpdated(daemonSet, hash, pod)).length,
    numberAvailable: available,
    numberUnavailable: wanted.length - available,
    ...(collisionCount === undefined ? {} : { collisionCount }),
    ...(conditions === undefined ? {} : { conditions }),
  };
}

export const ZERO_STATUS: Partial<DaemonSetStatus> = {
  updatedNumberScheduled: 0,
  numberAvailable: 0,
  numberUnavailable: 0,
};
