import { type ControllerRevision, controllerReference, type DaemonSet, deepEqual, isApiError } from '@keelson/api';
import { type ApiClient, resources } from '@keelson/client';
import { contentHash } from '../../framework/hash.js';

export const HASH_LABEL = 'controller-revision-hash';
const KIND = { group: 'apps', version: 'v1', kind: 'DaemonSet' };

/** What of a DaemonSet a revision keeps: a patch that brings its template back. */
function patchOf(daemonSet: DaemonSet): Record<string, unknown> {
  return { spec: { template: { ...daemonSet.spec?.template, $patch: 'replace' } } };
}

/** The revision of the DaemonSet's template as it is, made or brought to the front if need be. */
export async function currentRevision(
  client: ApiClient,
  daemonSet: DaemonSet,
  revisions: readonly ControllerRevision[],
): Promise<ControllerRevision | undefined> {
  const patch = patchOf(daemonSet);
  const newest = Math.max(0, ...revisions.map((it) => it.revision ?? 0));
  const known = revisions.find((it) => deepEqual(it.data, patch));
  if (known !== undefined) {
    if (known.revision === newest) return known;
    return client.update(resources.controllerRevisions, { ...known, revision: newest + 1 });
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
    revision: newest + 1,
  };
  try {
    return await client.create(resources.controllerRevisions, revision);
  } catch (error) {
    if (!isApiError(error, 'AlreadyExists')) throw error;
    const existing = await client.get(resources.controllerRevisions, { namespace, name: revision.metadata.name ?? '' });
    if (deepEqual(existing.data, patch)) return existing;
    const status = { ...daemonSet.status!, collisionCount: (daemonSet.status?.collisionCount ?? 0) + 1 };
    await client.update(resources.daemonSets, { ...daemonSet, status }, { subresource: 'status' });
    return undefined;
  }
}
