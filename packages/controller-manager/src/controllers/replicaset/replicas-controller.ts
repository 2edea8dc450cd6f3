import {
  controllerOf,
  isApiError,
  type KubeObject,
  labelSelectorMatcher,
  objectKey,
  type Pod,
  type ReplicaSet,
  type ReplicaSetStatus,
} from '@keelson/api';
import { type Resource, resources } from '@keelson/client';
import { type Controller, type ControllerContext, KeyedLoop, splitKey } from '../../framework/controller.js';
import { Expectations } from '../../framework/expectations.js';
import { slowStart } from '../../framework/slow-start.js';
import { claim } from '../../pods/claim.js';
import { deleteExpected } from '../../pods/delete-expected.js';
import { followPods } from '../../pods/follow-pods.js';
import { isTerminating, PodControl, podFromTemplate } from '../../pods/pod-control.js';
import { isActive, isAvailable, isReady, nextAvailableIn } from '../../pods/pod-state.js';
import { planReplicas, replicaSetStatus, sameStatus } from './replicaset.js';

const BURST_MAX = 500;
const WORKERS = 5;

/** A kind that keeps so many pods of a template, seen as a ReplicaSet. */
export interface ReplicasKind<T extends KubeObject> {
  readonly name: string;
  readonly resource: Resource<T>;
  asReplicaSet(owner: T): ReplicaSet;
  withStatus(owner: T, status: ReplicaSetStatus): T;
}

/** Keeps as many pods of a template as an object of the kind asks for. */
export function replicasController<T extends KubeObject>(kind: ReplicasKind<T>): Controller {
  return {
    name: kind.name,
    setUp(context) {
      const { informers, clock } = context;
      const owners = informers.for(kind.resource);
      const pods = informers.for(resources.pods);
      const loop = new KeyedLoop(kind.name, context);
      const expectations = new Expectations({ clock });
      loop.feed(owners, (it) => [objectKey(it)]);
      const selectorOf = (it: T) => labelSelectorMatcher(kind.asReplicaSet(it).spec?.selector);
      followPods({ kind: kind.resource.kind, selectorOf }, { pods, owners, expectations, queue: loop.queue });
      const control = new PodControl(context);
      const parts = { kind, context, expectations, control, owners, pods };
      return () => loop.run(WORKERS, (key) => sync(key, parts));
    },
  };
}

interface Parts<T extends KubeObject> {
  kind: ReplicasKind<T>;
  context: ControllerContext;
  expectations: Expectations;
  control: PodControl;
  owners: { get(namespace: string, name: string): T | undefined };
  pods: { list(namespace?: string): Pod[] };
}

async function sync<T extends KubeObject>(
  key: string,
  { kind, context, expectations, control, owners, pods }: Parts<T>,
): Promise<number | undefined> {
  const { client, clock } = context;
  const { namespace, name } = splitKey(key);
  const owner = owners.get(namespace, name);
  if (owner === undefined) {
    expectations.forget(key);
    return undefined;
  }
  const replicaSet = kind.asReplicaSet(owner);
  const ready = expectations.satisfied(key);
  const selector = labelSelectorMatcher(replicaSet.spec?.selector);
  const candidates = pods
    .list(namespace)
    .filter((pod) => isActive(pod) || controllerOf(pod)?.uid === replicaSet.metadata.uid);
  const claimant = { owner, ownerKind: kind.resource, owners: kind.resource, selector };
  const mine = await claim(client, resources.pods, candidates, claimant);
  const active = mine.filter(isActive);
  const plan = planReplicas(replicaSet, active, BURST_MAX, clock.now());
  let failure: unknown;
  if (ready && replicaSet.metadata.deletionTimestamp === undefined) failure = await carryOut();
  await updateStatus();
  if (failure !== undefined && !isTerminating(failure)) throw failure;
  const minReady = replicaSet.spec?.minReadySeconds ?? 0;
  const waiting = active.filter((pod) => isReady(pod) && !isAvailable(pod, minReady, clock.now()));
  return nextAvailableIn(waiting, minReady, clock.now());

  async function carryOut(): Promise<unknown> {
    if (owner === undefined) return undefined;
    if (plan.create > 0) {
      expectations.expect(key, plan.create);
      const { done, error } = await slowStart(plan.create, async () => {
        await control.create(podFromTemplate(replicaSet.spec?.template, owner, kind.resource), owner);
      });
      expectations.created(key, plan.create - done);
      return error;
    }
    if (plan.remove.length === 0) return undefined;
    expectations.expect(
      key,
      0,
      plan.remove.map((pod) => pod.metadata.uid ?? ''),
    );
    return deleteExpected(control, expectations, key, plan.remove, owner);
  }

  async function updateStatus(): Promise<void> {
    if (owner === undefined) return;
    const status = replicaSetStatus(replicaSet, mine, plan, failure, clock.now());
    const next = kind.withStatus(owner, status);
    if (sameStatus(kind.asReplicaSet(next).status ?? status, replicaSet.status)) return;
    try {
      await client.update(kind.resource, next, { subresource: 'status' });
    } catch (error) {
      // A newer version comes through the informer, and with it another sync.
      if (!isApiError(error, 'Conflict') && !isApiError(error, 'NotFound')) throw error;
    }
  }
}
