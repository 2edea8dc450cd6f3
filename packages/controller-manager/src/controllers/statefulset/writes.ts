import { controllerOf, type PersistentVolumeClaim, type Pod, type StatefulSet } from '@keelson/api';
import { resources } from '@keelson/client';
import {
  type Action,
  type Create,
  create,
  type Delete,
  type EventText,
  remove,
  tell,
  type Update,
  update,
} from '../../framework/actions.js';
import { newClaims } from './volume-claims.js';

type Verb = 'Create' | 'Update' | 'Delete';

export function createPod(set: StatefulSet, pod: Pod): Create {
  const texts = podTexts('Create', set, pod);
  return create(resources.pods, pod, {
    ...texts,
    taken: (existing) => {
      const isMine = controllerOf(existing)?.uid === set.metadata.uid;
      const { type, reason, message } = texts.failed({ message: `pods "${pod.metadata.name}" already exists` });
      return isMine ? [] : [tell(type, reason, message)];
    },
  });
}

export function updatePod(set: StatefulSet, pod: Pod): Update {
  return update(resources.pods, pod, { ...podTexts('Update', set, pod), ignore: ['NotFound', 'Conflict'] });
}

export function deletePod(set: StatefulSet, pod: Pod): Delete {
  return remove(resources.pods, pod, { ...podTexts('Delete', set, pod), ignore: ['Conflict'] });
}

/** Makes claims of a pod that are not there; somebody else's of the same name serves. */
export function createClaim(set: StatefulSet, pod: Pod, claim: PersistentVolumeClaim): Create {
  const { name } = claim.metadata;
  return create(resources.persistentVolumeClaims, claim, {
    done: () => ({
      type: 'Normal',
      reason: 'SuccessfulCreate',
      message: `Create Claim ${name} Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name} success`,
    }),
    failed: ({ message }) => ({
      type: 'Warning',
      reason: 'FailedCreate',
      message: `Create Claim ${name} for Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name} failed error: ${message}`,
    }),
    taken: () => [],
  });
}

/** Claims of a member that are not there. */
export function missingClaims(
  set: StatefulSet,
  pod: Pod,
  ordinal: number,
  claimOf: (name: string) => PersistentVolumeClaim | undefined,
): Create[] {
  return newClaims(set, ordinal)
    .filter(({ metadata }) => claimOf(metadata.name ?? '') === undefined)
    .map((claim) => createClaim(set, pod, claim));
}

export function updateClaim(claim: PersistentVolumeClaim, done?: () => EventText): Update {
  const ignore = ['NotFound', 'Conflict'];
  return update(resources.persistentVolumeClaims, claim, done === undefined ? { ignore } : { ignore, done });
}

export function conflictingController(name: string): Action {
  const text = `PersistentVolumeClaim ${name} has a conflicting OwnerReference that acts as a manging controller, the retention policy is ignored for this claim`;
  return tell('Warning', 'ConflictingController', text);
}

export function podTexts(verb: Verb, { metadata: { name: set } }: StatefulSet, { metadata: { name } }: Pod) {
  const subject = `${verb} Pod ${name} in StatefulSet ${set}`;
  return {
    done: (): EventText => ({ type: 'Normal', reason: `Successful${verb}`, message: `${subject} successful` }),
    failed: ({ message }: { readonly message: string }): EventText => ({
      type: 'Warning',
      reason: `Failed${verb}`,
      message: `${subject} failed error: ${message}`,
    }),
  };
}
