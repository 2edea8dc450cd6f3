import {
  type ControllerRevision,
  controllerReference,
  type DaemonSet,
  deepEqual,
  isApiError,
  isRecord,
  largest,
  narrowed,
} from '@keelson/api';
import { type ApiClient, resources } from '@keelson/client';
import { contentHash } from '../../framework/hash.js';

export const HASH_LABEL = 'controller-revision-hash';
const KIND = { group: 'apps', version: 'v1', kind: 'DaemonSet' };

/**
 * What of a DaemonSet a revision keeps: a patch that brings its template back, with fields in the order of their names.
 * Others compare its bytes with those that they make themselves.
 */
export function patchOf(daemonSet: DaemonSet): Record<string, unknown> {
  return sorted({ spec: { template: { ...daemonSet.spec?.template, $patch: 'replace' } } }) as Record<string, unknown>;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isRecord(value)) return value;
  const fields = Object.entries(value).filter(([, item]) => item !== undefined && item !== null);
  return Object.fromEntries(fields.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => [key, sorted(item)]));
}

/** The largest of some revisions, whatever their size, and one more. */
function after(revisions: readonly ControllerRevision[]): number {
  return narrowed(largest(revisions.map((it) => BigInt(it.revision ?? 0))) + 1n) ?? 1;
}

/** The revision of the DaemonSet's template as it is, made or brought to the front if need be. */
export async function currentRevision(
  client: ApiClient,
  daemonSet: DaemonSet,
  revisions: readonly ControllerRevision[],
): Promise<ControllerRevision | undefined> {
  const patch = patchOf(daemonSet);
  const known = revisions.find((it) => deepEqual(it.data, patch));
  const next = after(revisions.filter((it) => it !== known));
  if (known !== undefined) {
    if ((known.revision ?? 0) >= next) return known;
    return client.update(resources.controllerRevisions, { ...known, revision: next });
  }
  const hash = contentHash(daemonSet.spec?.template, daemonSet.status?.collisionCount);
  const { namespace, name } = daemonSet.metadata;
  const revision: ControllerRevision = {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels: { ...daemonSet.spec?.template?.metadata?.labels, [HASH_LABEL]: hash },
      annotations: { ...daemonSet.metadata.annotations },
      ownerReferences: [controllerReference(daemonSet, KIND)],
    },
    data: patch,
    revision: next,
  };
  try {
    return await client.create(resources.controllerRevisions, revision);
  } catch (error) {
    if (!isApiError(error, 'AlreadyExists')) throw error;
    const existing = await client.get(resources.controllerRevisions, { namespace, name: revision.metadata.name ?? '' });
    if (deepEqual(existing.data, patch)) return existing;
    await countCollision(client, daemonSet);
    return undefined;
  }
}

/** Another template has the name: the next one is made with the count of such collisions. */
async function countCollision(client: ApiClient, daemonSet: DaemonSet): Promise<void> {
  const { namespace, name = '' } = daemonSet.metadata;
  const current = await client.get(resources.daemonSets, { namespace, name });
  if (current.status?.collisionCount !== daemonSet.status?.collisionCount)
    throw new Error(`found a stale collision count of DaemonSet "${name}"; it comes anew`);
  const status = { ...current.status!, collisionCount: (current.status?.collisionCount ?? 0) + 1 };
  await client.update(resources.daemonSets, { ...current, status }, { subresource: 'status' });
}
