import { controllerOf, isApiError, labelSelectorMatcher, objectKey, type Pod, type ReplicaSet } from '@keelson/api';
import { resources } from '@keelson/client';
import { type Controller, type ControllerContext, KeyedLoop, splitKey } from '../../framework/controller.js';
import { Expectations } from '../../framework/expectations.js';
import { slowStart } from '../../framework/slow-start.js';
import { claim } from '../../pods/claim.js';
import { deleteExpected } from '../../pods/delete-expected.js';
import { followPods } from '../../pods/follow-pods.js';
import { isTerminating, PodControl, podFromTemplate } from '../../pods/pod-control.js';
import { isActive, isAvailable, isReady, nextAvailableIn } from '../../pods/pod-state.js';
import { planReplicas, replicaSetStatus, sameStatus } from './replicaset.js';

const KIND = { group: 'apps', version: 'v1', kind: 'ReplicaSet' };
const BURST_MAX = 500;
const WORKERS = 5;

/** Keeps as many pods of a template as a ReplicaSet asks for. */
export const replicaSetController: Controller = {
  name: 'replicaset',
  setUp(context) {
    const { informers, clock } = context;
    const replicaSets = informers.for(resources.replicaSets);
    const pods = informers.for(resources.pods);
    const loop = new KeyedLoop('replicaset', context);
    const expectations = new Expectations({ clock });
    loop.feed(replicaSets, (it) => [objectKey(it)]);
    const selectorOf = (it: ReplicaSet) => labelSelectorMatcher(it.spec?.selector);
    followPods({ kind: 'ReplicaSet', selectorOf }, { pods, owners: replicaSets, expectations, queue: loop.queue });
    const control = new PodControl(context);
    return () => loop.run(WORKERS, (key) => sync(key, { context, expectations, control, replicaSets, pods }));
  },
};

interface Parts {
  context: ControllerContext;
  expectations: Expectations;
  control: PodControl;
  replicaSets: { get(namespace: string, name: string): ReplicaSet | undefined };
  pods: { list(namespace?: string): Pod[] };
}

async function sync(
  key: string,
  { context, expectations, control, replicaSets, pods }: Parts,
): Promise<number | undefined> {
  const { client, clock } = context;
  const { namespace, name } = splitKey(key);
  const replicaSet = replicaSets.get(namespace, name);
  if (replicaSet === undefined) {
    expectations.forget(key);
    return undefined;
  }
  const ready = expectations.satisfied(key);
  const selector = labelSelectorMatcher(replicaSet.spec?.selector);
  const candidates = pods
    .list(namespace)
    .filter((pod) => isActive(pod) || controllerOf(pod)?.uid === replicaSet.metadata.uid);
  const claimant = { owner: replicaSet, ownerKind: KIND, owners: resources.replicaSets, selector };
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
    if (replicaSet === undefined) return undefined;
    if (plan.create > 0) {
      expectations.expect(key, plan.create);
      const { done, error } = await slowStart(plan.create, async () => {
        await control.create(podFromTemplate(replicaSet.spec?.template, replicaSet, KIND), replicaSet);
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
    return deleteExpected(control, expectations, key, plan.remove, replicaSet);
  }

  async function updateStatus(): Promise<void> {
    if (replicaSet === undefined) return;
    const status = replicaSetStatus(replicaSet, mine, plan, failure, clock.now());
    if (sameStatus(status, replicaSet.status)) return;
    try {
      await client.update(resources.replicaSets, { ...replicaSet, status }, { subresource: 'status' });
    } catch (error) {
      // A newer version comes through the informer, and with it another sync.
      if (!isApiError(error, 'Conflict') && !isApiError(error, 'NotFound')) throw error;
    }
  }
}
