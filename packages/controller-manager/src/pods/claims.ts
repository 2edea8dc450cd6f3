import { controllerOf, controllerReference, type KubeObject, type LabelMatcher } from '@keelson/api';
import type { Resource } from '@keelson/client';
import { type Action, patch } from '../framework/actions.js';

export interface Claimant<T extends KubeObject = KubeObject> {
  readonly owner: KubeObject;
  readonly owners: Resource;
  readonly selector: LabelMatcher;
  /** What more than its labels makes an object one of the owner's. */
  readonly isMember?: (object: T) => boolean;
  /** Finalizers that come with being adopted and go with being let go. */
  readonly finalizers?: readonly string[];
}

export interface Claims<T extends KubeObject> {
  /** What is owned, and what is going to be. */
  readonly mine: T[];
  /** Adoptions of orphans, and releases of what the selector matches no longer; to be done first. */
  readonly actions: readonly Action[];
}

/** What is gone, or has another's name by now, or is another's by now, is nobody's to claim. */
const IGNORED = ['NotFound', 'Invalid', 'Conflict'];

/**
 * Which of some objects belong to a controller: those it owns, and orphans that its selector matches, which it adopts.
 * What it owns and its selector no longer matches it lets go.
 */
export function claims<T extends KubeObject>(
  resource: Resource<T>,
  candidates: readonly T[],
  claimant: Claimant<T>,
): Claims<T> {
  const { owner, owners, selector, finalizers = [], isMember = () => true } = claimant;
  const isGoing = owner.metadata.deletionTimestamp !== undefined;
  const mine: T[] = [];
  const actions: Action[] = [];
  for (const object of candidates) {
    const { uid, labels = {}, deletionTimestamp } = object.metadata;
    const controller = controllerOf(object);
    const matches = selector.matches(labels) && isMember(object);
    if (controller !== undefined && controller.uid !== owner.metadata.uid) continue;
    if (controller !== undefined && matches) mine.push(object);
    else if (controller !== undefined && !isGoing) {
      const ownerReferences = [{ $patch: 'delete', uid: owner.metadata.uid }];
      const without = finalizers.length > 0 ? { '$deleteFromPrimitiveList/finalizers': [...finalizers] } : {};
      const change = { metadata: { uid, ownerReferences, ...without } };
      actions.push(patch(resource, object, 'strategic', change, { ignore: IGNORED }));
    } else if (controller === undefined && matches && deletionTimestamp === undefined && !isGoing) {
      mine.push(object);
      const ownerReferences = [controllerReference(owner, owners)];
      const change = { metadata: { uid, ownerReferences, ...(finalizers.length > 0 ? { finalizers } : {}) } };
      // What a cache still shows may be gone: nothing is adopted for it any more.
      const requires = { resource: owners, object: owner };
      actions.push(patch(resource, object, 'strategic', change, { ignore: IGNORED, requires }));
    }
  }
  return { mine, actions };
}
