import { type Deployment, type DeploymentStatus, deepEqual, type ReplicaSet } from '@keelson/api';
import { resources } from '@keelson/client';
import { type Action, remove, type Update, update, writeStatus } from '../../framework/actions.js';
import { REVISION, revisionOf, sizeAnnotations } from './annotations.js';
import { type ReplicaSets, replicasOf } from './replica-sets.js';
import type { Resize } from './rollout.js';
import { ZERO_STATUS } from './status.js';

/** With the status: a change of annotations beside it would be a new generation. */
export function revisionNoted(
  deployment: Deployment,
  revision: string,
  conditions: DeploymentStatus['conditions'],
): Update {
  const { metadata, status } = deployment;
  const annotations = { ...metadata.annotations, [REVISION]: revision };
  const next = { ...deployment, metadata: { ...metadata, annotations }, status: { ...status, conditions } };
  return { do: 'update', resource: resources.deployments, object: next, subresource: 'status' };
}

export function resize(deployment: Deployment, { replicaSet, replicas }: Resize): Action[] {
  const annotations = { ...replicaSet.metadata.annotations, ...sizeAnnotations(deployment) };
  const before = replicasOf(replicaSet);
  if (before === replicas && deepEqual(annotations, replicaSet.metadata.annotations)) return [];
  const next = {
    ...replicaSet,
    metadata: { ...replicaSet.metadata, annotations },
    spec: { ...replicaSet.spec!, replicas },
  };
  const done = () => (before === replicas ? undefined : scaledText(replicaSet, before, replicas));
  return [update(resources.replicaSets, next, { done })];
}

export function scaledText({ metadata }: ReplicaSet, from: number, to: number) {
  const message = `Scaled ${to > from ? 'up' : 'down'} replica set ${metadata.name} from ${from} to ${to}`;
  return { type: 'Normal', reason: 'ScalingReplicaSet', message } as const;
}

/** Removes ReplicaSets beyond the history that is kept. */
export function cleanUp(deployment: Deployment, { old }: ReplicaSets): Action[] {
  const limit = deployment.spec?.revisionHistoryLimit ?? 10;
  const spent = old
    .filter(
      (it) => replicasOf(it) === 0 && (it.status?.replicas ?? 0) === 0 && it.metadata.deletionTimestamp === undefined,
    )
    .sort((a, b) => (revisionOf(a) < revisionOf(b) ? -1 : 1));
  return spent.slice(0, Math.max(0, spent.length - limit)).map((it) => remove(resources.replicaSets, it));
}

export function statusWritten(deployment: Deployment, status: DeploymentStatus): readonly Action[] {
  return writeStatus(resources.deployments, deployment, status, ZERO_STATUS);
}
