import {
  deepEqual,
  type KubeObject,
  type LabelMatcher,
  labelSelectorMatcher,
  objectKey,
  type Pod,
  type PodDisruptionBudget,
  SelectorError,
} from '@keelson/api';
import { type Informer, type Resource, resources } from '@keelson/client';
import type { Controller } from '../../framework/controller.js';
import { reconciler, type Sources } from '../../framework/reconciler.js';
import { Scales } from '../../framework/scales.js';
import { decideBudget, decideFailed, decideUnselectable } from './decide.js';
import { type Counted, expectedPods, type PodOwners } from './expected-pods.js';
import { clearStaleTargets } from './stale-targets.js';

/** How soon to try again to count what could not be counted, though nothing is known to have changed. */
const FAILED_MS = 60_000;

const budgets = reconciler<PodDisruptionBudget>({
  name: 'disruption',
  resource: resources.podDisruptionBudgets,
  concurrency: { workers: 5 },
  eventSource: 'controllermanager',
  setUp(sources) {
    const { informers } = sources;
    const pods = informers.for(resources.pods);
    const owners = podOwners(sources);
    followPods(pods, sources);
    return async (budget, now) => {
      let selector: LabelMatcher;
      try {
        selector = labelSelectorMatcher(budget.spec?.selector);
      } catch (error) {
        return decideUnselectable(budget, error, now);
      }
      const covered = pods.list(budget.metadata.namespace).filter(({ metadata }) => selector.matches(metadata.labels));
      const isUpToDate = pods.version >= Number(budget.metadata.resourceVersion);
      const seen = { budget, pods: covered, isUpToDate, now };
      try {
        return decideBudget(seen, await expectedPods(budget, covered, owners));
      } catch (error) {
        return decideFailed(seen, error, FAILED_MS);
      }
    };
  },
});

/** Says of each PodDisruptionBudget how many of its pods may go. */
export const disruptionController: Controller = {
  name: budgets.name,
  eventSource: 'controllermanager',
  setUp(context) {
    const runs = [budgets.setUp(context), clearStaleTargets(context)];
    return async () => {
      await Promise.all(runs.map((run) => run()));
    };
  },
};

/** What a pod does concerns the budgets that cover it, and those that covered it before its labels changed. */
function followPods(pods: Informer<Pod>, { owners, loop, recorder }: Sources<PodDisruptionBudget>): void {
  const covering = ({ metadata }: Pod) =>
    owners.list(metadata.namespace).filter((budget) => matches(budget, metadata.labels ?? {}));
  loop.feed(pods, (pod, old) => {
    const found = covering(pod);
    const isRelabelled = old !== undefined && !sameLabels(old, pod);
    if (found.length > 1 && (old === undefined || isRelabelled)) {
      const { namespace, name } = pod.metadata;
      const text = `Pod ${JSON.stringify(namespace)}/${JSON.stringify(name)} matches multiple PodDisruptionBudgets.  Chose ${JSON.stringify(found[0]!.metadata.name)} arbitrarily.`;
      recorder.record(pod, 'Warning', 'MultiplePodDisruptionBudgets', text);
    }
    return [...found, ...(isRelabelled ? covering(old) : [])].map(objectKey);
  });
}

function matches({ spec }: PodDisruptionBudget, labels: Readonly<Record<string, string>>): boolean {
  try {
    return labelSelectorMatcher(spec?.selector).matches(labels);
  } catch (error) {
    if (error instanceof SelectorError) return false;
    throw error;
  }
}

function sameLabels(a: Pod, b: Pod): boolean {
  return deepEqual(a.metadata.labels ?? {}, b.metadata.labels ?? {});
}

/** Owners as the caches have them; a change of their scale is a reason to count again what they keep. */
function podOwners({ informers, client, kinds, owners, loop }: Sources<PodDisruptionBudget>): PodOwners {
  const scales = new Scales({ client, kinds });
  const follow = <T extends KubeObject & { spec?: { replicas?: number | undefined } | undefined }>(
    resource: Resource<T>,
  ): Informer<T> => {
    const informer = informers.for(resource);
    loop.feed(informer, (owner, old) => {
      if (old === undefined || old.spec?.replicas === owner.spec?.replicas) return [];
      return owners.list(owner.metadata.namespace).filter(asksForScale).map(objectKey);
    });
    return informer;
  };
  const controllers = follow(resources.replicationControllers);
  const replicaSets = follow(resources.replicaSets);
  const deployments = follow(resources.deployments);
  const statefulSets = follow(resources.statefulSets);
  return {
    replicationController: (namespace, name) => controllers.get(namespace, name),
    replicaSet: (namespace, name) => replicaSets.get(namespace, name),
    deployment: (namespace, name) => deployments.get(namespace, name),
    statefulSet: (namespace, name) => statefulSets.get(namespace, name),
    async scaled({ apiVersion = '', kind = '', name = '', uid = '' }, namespace): Promise<Counted | undefined> {
      const scale = await scales.find(scales.ofVersion(apiVersion, kind), namespace, name);
      return scale?.metadata.uid === uid ? { uid, replicas: scale.spec?.replicas ?? 0 } : undefined;
    },
  };
}

function asksForScale({ spec }: PodDisruptionBudget): boolean {
  return spec?.maxUnavailable !== undefined || typeof spec?.minAvailable === 'string';
}
