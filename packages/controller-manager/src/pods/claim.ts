import { controllerOf, controllerReference, isApiError, type KubeObject, type LabelMatcher } from '@keelson/api';
import type { ApiClient, Resource } from '@keelson/client';
import type { OwnerKind } from './pod-actions.js';

export interface Claimant<O extends KubeObject> {
  readonly owner: O;
  readonly ownerKind: OwnerKind;
  readonly owners: Resource<O>;
  readonly selector: LabelMatcher;
  /** Finalizers that come with being adopted and go with being let go. */
  readonly finalizers?: readonly string[];
}

/**
 * Which of some objects belong to a controller: those it owns, and orphans that its selector matches, which it adopts.
 * What it owns and its selector no longer matches it lets go.
 */
export async function claim<T extends KubeObject, O extends KubeObject>(
  client: ApiClient,
  resource: Resource<T>,
  candidates: readonly T[],
  claimant: Claimant<O>,
): Promise<T[]> {
  const { owner, selector } = claimant;
  const isGoing = owner.metadata.deletionTimestamp !== undefined;
  const mine: T[] = [];
  let mayAdopt: boolean | undefined;
  for (const object of candidates) {
    const controller = controllerOf(object);
    const matches = selector.matches(object.metadata.labels ?? {});
    if (controller !== undefined) {
      if (controller.uid !== owner.metadata.uid) continue;
      if (matches) mine.push(object);
      else if (!isGoing) await release(client, resource, object, claimant);
      continue;
    }
    if (!matches || object.metadata.deletionTimestamp !== undefined || isGoing) continue;
    mayAdopt ??= await stillThere(client, claimant);
    if (!mayAdopt) continue;
    const adopted = await adopt(client, resource, object, claimant);
    if (adopted !== undefined) mine.push(adopted);
  }
  return mine;
}

/** What a cache still shows may be gone: nothing is adopted for it any more. */
async function stillThere<O extends KubeObject>(client: ApiClient, { owner, owners }: Claimant<O>): Promise<boolean> {
  const { namespace, name = '', uid } = owner.metadata;
  try {
    const { metadata } = await client.get(owners, { namespace, name });
    return metadata.uid === uid && metadata.deletionTimestamp === undefined;
  } catch (error) {
    if (isApiError(error, 'NotFound')) return false;
    throw error;
  }
}

async function adopt<T extends KubeObject, O extends KubeObject>(
  client: ApiClient,
  resource: Resource<T>,
  object: T,
  { owner, ownerKind, finalizers = [] }: Claimant<O>,
): Promise<T | undefined> {
  const ownerReferences = [controllerReference(owner, ownerKind)];
  const { uid } = object.metadata;
  const metadata = { uid, ownerReferences, ...(finalizers.length > 0 ? { finalizers: [...finalizers] } : {}) };
  return patchOwners(client, resource, object, { metadata });
}

async function release<T extends KubeObject, O extends KubeObject>(
  client: ApiClient,
  resource: Resource<T>,
  object: T,
  { owner, finalizers = [] }: Claimant<O>,
): Promise<void> {
  const ownerReferences = [{ $patch: 'delete', uid: owner.metadata.uid }];
  const without = finalizers.length > 0 ? { '$deleteFromPrimitiveList/finalizers': [...finalizers] } : {};
  await patchOwners(client, resource, object, {
    metadata: { uid: object.metadata.uid, ownerReferences, ...without },
  });
}

async function patchOwners<T extends KubeObject>(
  client: ApiClient,
  resource: Resource<T>,
  { metadata: { namespace, name = '' } }: T,
  patch: object,
): Promise<T | undefined> {
  try {
    return await client.patch(resource, { namespace, name }, 'strategic', patch);
  } catch (error) {
    // It is gone, or another one has its name now.
    if (isApiError(error, 'NotFound') || isApiError(error, 'Invalid') || isApiError(error, 'Conflict'))
      return undefined;
    throw error;
  }
}
