import type { Pod, StatefulSet, StatefulSetStatus } from '@keelson/api';
import { isAvailable } from '../../pods/pod-state.js';
import { replicasOf, revisionNameOf } from './identity.js';
import { isGoing, isRunningAndReady } from './members.js';

/** The names of the revisions that a set comes from and goes to. */
export interface Course {
  readonly current: string;
  readonly update: string;
}

export function statusOf(set: StatefulSet, pods: readonly Pod[], course: Course, now: number): StatefulSetStatus {
  const minReady = set.spec?.minReadySeconds ?? 0;
  const count = (is: (pod: Pod) => boolean) => pods.filter(is).length;
  const isOf = (revision: string) => (pod: Pod) => !isGoing(pod) && revisionNameOf(pod) === revision;
  const status = {
    observedGeneration: set.metadata.generation,
    replicas: pods.length,
    readyReplicas: count(isRunningAndReady),
    availableReplicas: count((pod) => isRunningAndReady(pod) && isAvailable(pod, minReady, now)),
    currentReplicas: count(isOf(course.current)),
    updatedReplicas: count(isOf(course.update)),
    currentRevision: course.current,
    updateRevision: course.update,
    collisionCount: set.status?.collisionCount ?? 0,
    ...(set.status?.conditions === undefined ? {} : { conditions: set.status.conditions }),
  };
  return isDone(set, status)
    ? { ...status, currentReplicas: status.updatedReplicas, currentRevision: course.update }
    : status;
}

/** All are there, serve and are of the new revision: that is what the set is at from now on. */
function isDone(set: StatefulSet, status: StatefulSetStatus): boolean {
  if ((set.spec?.updateStrategy?.type ?? 'RollingUpdate') !== 'RollingUpdate') return false;
  return [status.replicas, status.readyReplicas, status.updatedReplicas].every((it) => it === replicasOf(set));
}

export const ZERO_STATUS: Partial<StatefulSetStatus> = {
  replicas: 0,
  readyReplicas: 0,
  availableReplicas: 0,
  currentReplicas: 0,
  updatedReplicas: 0,
};
