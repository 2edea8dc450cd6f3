import type { Deployment, ReplicaSet } from '@keelson/api';
import { maxSurgeOf } from './strategy.js';

export const REVISION = 'deployment.kubernetes.io/revision';
const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history';
const DESIRED = 'deployment.kubernetes.io/desired-replicas';
const MAX = 'deployment.kubernetes.io/max-replicas';
/** Annotations of a Deployment that its ReplicaSets do not take over. */
const NOT_COPIED = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION,
  REVISION_HISTORY,
  DESIRED,
  MAX,
  'deprecated.deployment.rollback.to',
]);

export function revisionOf(object: Deployment | ReplicaSet): number {
  return Number(object.metadata.annotations?.[REVISION] ?? 0) || 0;
}

export function desiredOf(replicaSet: ReplicaSet): number | undefined {
  const text = replicaSet.metadata.annotations?.[DESIRED];
  return text === undefined ? undefined : Number(text);
}

export function maxOf(replicaSet: ReplicaSet): number | undefined {
  const text = replicaSet.metadata.annotations?.[MAX];
  return text === undefined ? undefined : Number(text);
}

/** The size that the Deployment had in mind when this ReplicaSet got its own. */
export function sizeAnnotations(deployment: Deployment): Record<string, string> {
  const replicas = deployment.spec?.replicas ?? 1;
  return { [DESIRED]: String(replicas), [MAX]: String(replicas + maxSurgeOf(deployment)) };
}

/** The annotations of a Deployment's newest ReplicaSet, from those it has. */
export function newestAnnotations(
  deployment: Deployment,
  existing: Readonly<Record<string, string>>,
  revision: number,
  isNew: boolean,
): Record<string, string> {
  const annotations = { ...existing };
  for (const [key, value] of Object.entries(deployment.metadata.annotations ?? {})) {
    if (!NOT_COPIED.has(key)) annotations[key] = value;
  }
  const old = Number(annotations[REVISION] ?? 0) || 0;
  if (old < revision) {
    if (annotations[REVISION] !== undefined) {
      annotations[REVISION_HISTORY] = [annotations[REVISION_HISTORY], annotations[REVISION]]
        .filter((it) => it)
        .join(',');
    }
    annotations[REVISION] = String(revision);
  }
  return isNew ? { ...annotations, ...sizeAnnotations(deployment) } : annotations;
}
