import { objectKey, type PersistentVolume, type PersistentVolumeClaim } from '@keelson/api';
import { resources } from '@keelson/client';
import { type Action, type Decision, NOTHING, patch, tell, type WriteCommon } from '../../framework/actions.js';
import { BIND_COMPLETED, BOUND_BY_CONTROLLER, SELECTED_NODE } from '../../volumes/annotations.js';
import { classOf, isFor, saysClass } from '../../volumes/claims.js';
import { bind, claimStatus } from './bind.js';
import { bestMatch, mismatch } from './match.js';
import { provision } from './provision.js';
import type { BinderView } from './view.js';

export interface ClaimRules {
  /** How often a claim that waits is looked at again. */
  readonly resyncMs: number;
  /** Whether volumes are made for claims. */
  readonly dynamic: boolean;
}

/** What is to be done about a claim. */
export function decideClaim(claim: PersistentVolumeClaim, view: BinderView, rules: ClaimRules): Decision {
  if (claim.metadata.annotations?.[BIND_COMPLETED] !== undefined) return boundBefore(claim, view);
  const decision =
    (claim.spec?.volumeName ?? '') === '' ? withoutVolume(claim, view, rules.dynamic) : withNamedVolume(claim, view);
  return { ...decision, again: rules.resyncMs };
}

/** It takes any volume that does. */
function withoutVolume(claim: PersistentVolumeClaim, view: BinderView, dynamic: boolean): Decision {
  const key = objectKey(claim);
  const name = classOf(claim);
  const isDelayed = view.classes.get('', name)?.volumeBindingMode === 'WaitForFirstConsumer';
  const volume = bestMatch(claim, view.candidates(claim, key), isDelayed);
  if (volume !== undefined) return { steps: bind(volume, claim) };
  const standard = saysClass(claim) ? undefined : view.defaultClass();
  if (standard !== undefined) return { steps: [[giveClass(claim, standard.metadata.name ?? '')]] };
  const isPlaced = claim.metadata.annotations?.[SELECTED_NODE] !== undefined;
  if (isDelayed && !isPlaced) return pending(claim, consumerAwaited(view.unscheduledPods(key)));
  if (name !== '') return dynamic ? provision(claim, view) : NOTHING;
  return pending(
    claim,
    tell('Normal', 'FailedBinding', 'no persistent volumes available for this claim and no storage class is set'),
  );
}

function giveClass(claim: PersistentVolumeClaim, storageClassName: string): Action {
  const { uid, resourceVersion } = claim.metadata;
  const change = { metadata: { uid, resourceVersion }, spec: { storageClassName } };
  return patch(resources.persistentVolumeClaims, claim, 'merge', change, { ignore: ['NotFound'] });
}

function consumerAwaited(pods: readonly string[]): Action {
  if (pods.length === 0)
    return tell('Normal', 'WaitForFirstConsumer', 'waiting for first consumer to be created before binding');
  const text = `waiting for ${pods.length > 1 ? 'pods' : 'pod'} ${pods.join(',')} to be scheduled`;
  return tell('Normal', 'WaitForPodScheduled', text);
}

function pending(claim: PersistentVolumeClaim, ...said: Action[]): Decision {
  return { steps: [said, claimStatus(claim, 'Pending', undefined)] };
}

/** It takes the volume that it names, or none. */
function withNamedVolume(claim: PersistentVolumeClaim, view: BinderView): Decision {
  const volume = view.volumes.get('', claim.spec?.volumeName ?? '');
  if (volume === undefined) return pending(claim);
  if (volume.spec?.claimRef === undefined) {
    const why = mismatch(claim, volume);
    if (why === undefined) return { steps: bind(volume, claim) };
    const text = `Cannot bind to requested volume "${volume.metadata.name}": ${why}`;
    return pending(claim, tell('Warning', 'VolumeMismatch', text));
  }
  if (isFor(volume, claim)) return { steps: bind(volume, claim) };
  const taken = tell(
    'Warning',
    'FailedBinding',
    `volume "${volume.metadata.name}" already bound to a different claim.`,
  );
  // That it was bound and is no longer said to be is somebody else's doing: it stays as it is.
  return claim.metadata.annotations?.[BOUND_BY_CONTROLLER] === undefined ? pending(claim, taken) : { steps: [[taken]] };
}

function boundBefore(claim: PersistentVolumeClaim, view: BinderView): Decision {
  const name = claim.spec?.volumeName ?? '';
  if (name === '')
    return lost(claim, 'ClaimLost', 'Bound claim has lost reference to PersistentVolume. Data on the volume is lost!');
  const volume: PersistentVolume | undefined = view.volumes.get('', name);
  if (volume === undefined)
    return lost(claim, 'ClaimLost', 'Bound claim has lost its PersistentVolume. Data on the volume is lost!', {
      // The cache may not know the newest volume yet.
      unless: { resource: resources.persistentVolumes, object: { metadata: { name } } },
    });
  const { claimRef } = volume.spec ?? {};
  if (claimRef === undefined || claimRef.uid === claim.metadata.uid) return { steps: bind(volume, claim) };
  return lost(claim, 'ClaimMisbound', 'Two claims are bound to the same volume, this one is bound incorrectly');
}

function lost(
  claim: PersistentVolumeClaim,
  reason: string,
  message: string,
  more: Pick<WriteCommon, 'unless'> = {},
): Decision {
  if (claim.status?.phase === 'Lost') return {};
  const done = () => ({ type: 'Warning' as const, reason, message });
  return { steps: [claimStatus(claim, 'Lost', undefined, { done, ...more })] };
}
