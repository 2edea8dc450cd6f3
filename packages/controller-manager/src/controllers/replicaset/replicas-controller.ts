import {
  controllerOf,
  type KubeObject,
  labelSelectorMatcher,
  type ReplicaSet,
  type ReplicaSetStatus,
} from '@keelson/api';
import { type Resource, resources } from '@keelson/client';
import { writeStatus } from '../../framework/actions.js';
import type { Concurrency, Controller } from '../../framework/controller.js';
import { reconciler } from '../../framework/reconciler.js';
import { claims } from '../../pods/claims.js';
import { follow } from '../../pods/follow.js';
import { createPod, deletePod, podFromTemplate } from '../../pods/pod-actions.js';
import { isActive, isAvailable, isReady, nextAvailableIn } from '../../pods/pod-state.js';
import { planReplicas, replicaSetStatus, ZERO_STATUS } from './replicaset.js';

const BURST_MAX = 500;

/** A kind that keeps so many pods of a template, seen as a ReplicaSet. */
export interface ReplicasKind<T extends KubeObject> {
  readonly name: string;
  readonly resource: Resource<T>;
  readonly concurrency: Concurrency;
  asReplicaSet(owner: T): ReplicaSet;
  /** What the kind knows of the status; all of it, if absent. */
  statusOf?(status: ReplicaSetStatus): ReplicaSetStatus;
}

/** Keeps as many pods of a template as an object of the kind asks for. */
export function replicasController<T extends KubeObject & { status?: ReplicaSetStatus | undefined }>(
  kind: ReplicasKind<T>,
): Controller {
  const { resource, asReplicaSet, statusOf = (it) => it } = kind;
  return reconciler<T>({
    ...kind,
    setUp({ informers, owners, loop }) {
      const pods = informers.for(resources.pods);
      const selectorOf = (it: T) => labelSelectorMatcher(asReplicaSet(it).spec?.selector);
      follow({ kind: resource.kind, selectorOf }, { owned: pods, owners, queue: loop.queue });
      return (owner, now) => {
        const replicaSet = asReplicaSet(owner);
        const candidates = pods
          .list(owner.metadata.namespace)
          .filter((pod) => isActive(pod) || controllerOf(pod)?.uid === owner.metadata.uid);
        const claimed = claims(resources.pods, candidates, { owner, owners: resource, selector: selectorOf(owner) });
        const active = claimed.mine.filter(isActive);
        const isGoing = owner.metadata.deletionTimestamp !== undefined;
        const plan = isGoing ? { create: 0, remove: [] } : planReplicas(replicaSet, active, BURST_MAX, now);
        const creations = Array.from({ length: plan.create }, () =>
          createPod(podFromTemplate(replicaSet.spec?.template, owner, resource)),
        );
        const minReady = replicaSet.spec?.minReadySeconds ?? 0;
        const waiting = active.filter((pod) => isReady(pod) && !isAvailable(pod, minReady, now));
        return {
          steps: [claimed.actions, creations, plan.remove.map(deletePod)],
          afterwards: (failure) => {
            const status = replicaSetStatus(replicaSet, claimed.mine, plan, failure, now);
            return writeStatus(resource, owner, statusOf(status), ZERO_STATUS);
          },
          again: nextAvailableIn(waiting, minReady, now),
        };
      };
    },
  });
}
