import { controllerOf, controllerReference, isApiError, type KubeObject, type LabelMatcher } from '@keelson/api';
import type { ApiClient, Resource } from '@keelson/client';
import type { OwnerKind } from './pod-control.js';

/**
 * Which of some objects belong to a controller: those it owns, and orphans that its selector matches, which it adopts.
 * What it owns and its selector no longer matches it lets go.
 */
export async function claim<T extends KubeObject>(
  client: ApiClient,
  resource: Resource<T>,
  candidates: readonly T[],
  owner: KubeObject,
  ownerKind: OwnerKind,
  selector: LabelMatcher,
): Promise<T[]> {
  const ownerUid = owner.metadata.uid ?? '';
  const mine: T[] = [];
  for (const object of candidates) {
    const controller = controllerOf(object);
    const matches = selector.matches(object.metadata.labels ?? {});
    if (controller !== undefined) {
      if (controller.uid !== ownerUid) continue;
      if (matches) mine.push(object);
      else if (owner.metadata.deletionTimestamp === undefined) await release(client, resource, object, ownerUid);
      continue;
    }
    if (!matches || object.metadata.deletionTimestamp !== undefined || owner.metadata.deletionTimestamp !== undefined)
      continue;
    const adopted = await adopt(client, resource, object, owner, ownerKind);
    if (adopted !== undefined) mine.push(adopted);
  }
  return mine;
}

async function adopt<T extends KubeObject>(
  client: ApiClient,
  resource: Resource<T>,
  object: T,
  owner: KubeObject,
  ownerKind: OwnerKind,
): Promise<T | undefined> {
  const { namespace, name = '', uid } = object.metadata;
  const ownerReferences = [controllerReference(owner, ownerKind)];
  return patchOwners(client, resource, { namespace, name }, { metadata: { uid, ownerReferences } });
}

async function release<T extends KubeObject>(
  client: ApiClient,
  resource: Resource<T>,
  object: T,
  ownerUid: string,
): Promise<void> {
  const { namespace, name = '', uid } = object.metadata;
  const ownerReferences = [{ $patch: 'delete', uid: ownerUid }];
  await patchOwners(client, resource, { namespace, name }, { metadata: { uid, ownerReferences } });
}

async function patchOwners<T extends KubeObject>(
  client: ApiClient,
  resource: Resource<T>,
  key: { namespace: string | undefined; name: string },
  patch: object,
): Promise<T | undefined> {
  try {
    return await client.patch(resource, key, 'strategic', patch);
  } catch (error) {
    // It is gone, or another one has its name now.
    if (isApiError(error, 'NotFound') || isApiError(error, 'Invalid') || isApiError(error, 'Conflict'))
      return undefined;
    throw error;
  }
}
