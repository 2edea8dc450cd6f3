import {
  controllerOf,
  type Deployment,
  type OwnerReference,
  type Pod,
  type PodDisruptionBudget,
  type ReplicaSet,
  type ReplicationController,
  type StatefulSet,
  scaledValue,
} from '@keelson/api';
import { parseApiVersion } from '../../framework/scales.js';

/** How many pods of a budget there should be, and how many of them healthy. */
export interface Expected {
  readonly expectedPods: number;
  readonly desiredHealthy: number;
  /** Names of pods that belong to nobody, and so count for nothing where it is asked how many there should be. */
  readonly unmanaged: readonly string[];
}

/** Who keeps so many pods. */
export interface Counted {
  readonly uid: string;
  readonly replicas: number;
}

/** Owners of pods by namespace and name, and what else has a scale. */
export interface PodOwners {
  replicationController(namespace: string, name: string): ReplicationController | undefined;
  replicaSet(namespace: string, name: string): ReplicaSet | undefined;
  deployment(namespace: string, name: string): Deployment | undefined;
  statefulSet(namespace: string, name: string): StatefulSet | undefined;
  /** Of any kind; undefined: there is none of that name. Throws when the kind has no scale, or cannot be asked. */
  scaled(reference: OwnerReference, namespace: string): Promise<Counted | undefined>;
}

/** Throws when that cannot be said. */
export async function expectedPods(
  { spec = {} }: PodDisruptionBudget,
  pods: readonly Pod[],
  owners: PodOwners,
): Promise<Expected> {
  const { maxUnavailable, minAvailable } = spec;
  if (maxUnavailable !== undefined) {
    const { total, unmanaged } = await totalScale(pods, owners);
    const unavailable = scaledValue(maxUnavailable, total, true);
    return { expectedPods: total, desiredHealthy: Math.max(total - unavailable, 0), unmanaged };
  }
  if (typeof minAvailable === 'string') {
    const { total, unmanaged } = await totalScale(pods, owners);
    return { expectedPods: total, desiredHealthy: scaledValue(minAvailable, total, true), unmanaged };
  }
  if (minAvailable === undefined) return { expectedPods: 0, desiredHealthy: 0, unmanaged: [] };
  return { expectedPods: pods.length, desiredHealthy: minAvailable, unmanaged: [] };
}

/** What all who keep some of the pods keep together, each counted once. */
async function totalScale(
  pods: readonly Pod[],
  owners: PodOwners,
): Promise<{ readonly total: number; readonly unmanaged: readonly string[] }> {
  const replicas = new Map<string, number>();
  const seen = new Set<string>();
  const unmanaged: string[] = [];
  for (const pod of pods) {
    const { name = '', namespace = '' } = pod.metadata;
    const reference = controllerOf(pod);
    if (reference === undefined) unmanaged.push(name);
    else if (!seen.has(reference.uid ?? '')) {
      seen.add(reference.uid ?? '');
      const counted = await countedBy(reference, namespace, owners);
      if (counted === undefined) throw new Error(`found no controllers for pod ${JSON.stringify(name)}`);
      replicas.set(counted.uid, counted.replicas);
    }
  }
  return { total: [...replicas.values()].reduce((sum, it) => sum + it, 0), unmanaged };
}

/** From caches where there are some: only what nobody here follows is asked for. */
async function countedBy(
  reference: OwnerReference,
  namespace: string,
  owners: PodOwners,
): Promise<Counted | undefined> {
  const { group } = parseApiVersion(reference.apiVersion ?? '');
  const name = reference.name ?? '';
  const known =
    reference.kind === 'ReplicationController' && group === ''
      ? countOf(reference, owners.replicationController(namespace, name))
      : reference.kind === 'ReplicaSet' && ['apps', 'extensions'].includes(group)
        ? countOfReplicaSet(reference, owners.replicaSet(namespace, name), owners)
        : reference.kind === 'StatefulSet' && group === 'apps'
          ? countOf(reference, owners.statefulSet(namespace, name))
          : undefined;
  return known ?? (await owners.scaled(reference, namespace));
}

/** A Deployment's as a whole: while it rolls out, each of its sets has a part. */
function countOfReplicaSet(
  reference: OwnerReference,
  set: ReplicaSet | undefined,
  owners: PodOwners,
): Counted | undefined {
  if (set === undefined || set.metadata.uid !== reference.uid) return undefined;
  const above = controllerOf(set);
  if (above?.kind !== 'Deployment') return countOf(reference, set);
  const { group } = parseApiVersion(above.apiVersion ?? '');
  if (!['apps', 'extensions'].includes(group)) return undefined;
  return countOf(above, owners.deployment(set.metadata.namespace ?? '', above.name ?? ''));
}

function countOf(
  { uid }: OwnerReference,
  owner: ReplicationController | ReplicaSet | Deployment | StatefulSet | undefined,
): Counted | undefined {
  if (owner === undefined || uid === undefined || owner.metadata.uid !== uid) return undefined;
  return { uid, replicas: owner.spec?.replicas ?? 1 };
}
