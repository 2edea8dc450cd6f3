import { type Deployment, parseInt64, type ReplicaSet } from '@keelson/api';
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

/** A revision of 64 bits; what is not one counts for nothing. */
export function revisionOf(object: Deployment | ReplicaSet): bigint {
  return parseInt64(object.metadata.annotations?.[REVISION] ?? '') ?? 0n;
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
  revision: bigint,
  isNew: boolean,
): Record<string, string> {
  const annotations = { ...existing };
  for (const [key, value] of Object.entries(deployment.metadata.annotations ?? {})) {
    if (!NOT_COPIED.has(key)) annotations[key] = value;
  }
  const before = annotations[REVISION];
  const old = before ? parseInt64(before) : 0n;
  // A revision that somebody made unreadable is left to them.
  if (old !== undefined && old < revision) {
    if (before !== undefined) annotations[REVISION_HISTORY] = historyWith(annotations[REVISION_HISTORY] ?? '', before);
    annotations[REVISION] = String(revision);
  }
  return isNew ? { ...annotations, ...sizeAnnotations(deployment) } : annotations;
}

/** Longer histories lose their oldest revisions. */
const HISTORY_LENGTH_MAX = 2_000;

function historyWith(history: string, revision: string): string {
  const revisions = [...(history === '' ? [] : history.split(',')), revision];
  let length = revisions.join(',').length;
  let first = 0;
  while (length > HISTORY_LENGTH_MAX && first < revisions.length - 1) length -= revisions[first++]!.length + 1;
  return revisions.slice(first).join(',');
}
