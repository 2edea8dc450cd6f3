import { type Deployment, deepEqual, type PodTemplateSpec, type ReplicaSet } from '@keelson/api';

export const HASH_LABEL = 'pod-template-hash';

/** A Deployment's ReplicaSets: the one of its template, if there is one, and the others, oldest first. */
export interface ReplicaSets {
  readonly newest: ReplicaSet | undefined;
  readonly old: readonly ReplicaSet[];
}

export function partition(deployment: Deployment, all: readonly ReplicaSet[]): ReplicaSets {
  const sorted = [...all].sort(byAge);
  const newest = sorted.find((it) => sameTemplate(it.spec?.template, deployment.spec?.template));
  return { newest, old: sorted.filter((it) => it.metadata.uid !== newest?.metadata.uid) };
}

export function sameTemplate(a: PodTemplateSpec | undefined, b: PodTemplateSpec | undefined): boolean {
  return deepEqual(withoutHash(a), withoutHash(b));
}

function withoutHash(template: PodTemplateSpec | undefined): unknown {
  const { [HASH_LABEL]: _hash, ...labels } = template?.metadata?.labels ?? {};
  return { ...template, metadata: { ...template?.metadata, labels } };
}

function byAge(a: ReplicaSet, b: ReplicaSet): number {
  const [first, second] = [a, b].map((it) => it.metadata.creationTimestamp ?? '') as [string, string];
  if (first !== second) return first < second ? -1 : 1;
  return (a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1;
}

export function replicasOf(replicaSet: ReplicaSet | undefined): number {
  return replicaSet?.spec?.replicas ?? 0;
}

export function availableOf(replicaSet: ReplicaSet | undefined): number {
  return replicaSet?.status?.availableReplicas ?? 0;
}

export function sumOf(replicaSets: readonly (ReplicaSet | undefined)[], count: (it: ReplicaSet) => number): number {
  return replicaSets.reduce((sum, it) => sum + (it === undefined ? 0 : count(it)), 0);
}
