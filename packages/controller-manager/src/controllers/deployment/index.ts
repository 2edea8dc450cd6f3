import { controllerOf, type Deployment, labelSelectorMatcher, type Pod, type ReplicaSet } from '@keelson/api';
import { type Informer, resources } from '@keelson/client';
import type { Controller } from '../../framework/controller.js';
import { reconciler } from '../../framework/reconciler.js';
import { claims } from '../../pods/claims.js';
import { follow } from '../../pods/follow.js';
import { isFinished } from '../../pods/pod-state.js';
import { decide } from './decide.js';

const selectorOf = (it: Deployment) => labelSelectorMatcher(it.spec?.selector);

/** Rolls a Deployment's template out through its ReplicaSets. */
export const deploymentController: Controller = reconciler<Deployment>({
  name: 'deployment',
  resource: resources.deployments,
  concurrency: { flag: 'concurrent-deployment-syncs', workers: 5 },
  setUp({ informers, owners, loop }) {
    const replicaSets = informers.for(resources.replicaSets);
    const pods = informers.for(resources.pods, { indices: { controller: (pod) => [controllerOf(pod)?.uid ?? ''] } });
    follow({ kind: 'Deployment', selectorOf }, { owned: replicaSets, owners, queue: loop.queue });
    // A Recreate rollout waits for old pods to be gone.
    pods.addHandler({
      onDelete: (pod) => {
        const key = deploymentOf(pod, replicaSets);
        if (key !== undefined) loop.queue.add(key);
      },
    });
    const anyRuns = (sets: readonly ReplicaSet[]) =>
      sets.some(({ metadata }) =>
        pods.indexer.byIndex('controller', metadata.uid ?? '').some((pod) => !isFinished(pod)),
      );
    return (deployment, now) => {
      const claimant = { owner: deployment, owners: resources.deployments, selector: selectorOf(deployment) };
      const candidates = claimant.selector.empty ? [] : replicaSets.list(deployment.metadata.namespace);
      const { mine, actions } = claims(resources.replicaSets, candidates, claimant);
      const decision = decide({ deployment, owned: mine, anyRuns, now });
      return { ...decision, steps: [actions, ...(decision.steps ?? [])] };
    };
  },
});

function deploymentOf(pod: Pod, replicaSets: Informer<ReplicaSet>): string | undefined {
  const owner = controllerOf(pod);
  const namespace = pod.metadata.namespace ?? '';
  const set = owner?.kind === 'ReplicaSet' ? replicaSets.get(namespace, owner.name ?? '') : undefined;
  const deployment = set === undefined ? undefined : controllerOf(set);
  return deployment?.kind === 'Deployment' ? `${namespace}/${deployment.name}` : undefined;
}
