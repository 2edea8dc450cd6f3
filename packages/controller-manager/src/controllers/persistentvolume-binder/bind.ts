import { compareQuantities, deepEqual, type PersistentVolume, type PersistentVolumeClaim } from '@keelson/api';
import { resources } from '@keelson/client';
import { type Action, patch, type WriteCommon } from '../../framework/actions.js';
import { BIND_COMPLETED, BOUND_BY_CONTROLLER, PRE_RESIZE_CAPACITY } from '../../volumes/annotations.js';
import { capacityOf, isFor } from '../../volumes/claims.js';

type Step = readonly Action[];
interface PhaseOptions extends Pick<WriteCommon, 'done' | 'unless'> {
  /** Only of the volume as it was seen; false: it was written in an earlier step. */
  readonly seen?: boolean;
  readonly message?: string;
}
type ClaimStatus = NonNullable<PersistentVolumeClaim['status']>;

/** The object as the decision knew it: a change since then is a conflict, and brings another decision. */
function asSeen({ metadata: { uid, resourceVersion } }: PersistentVolume | PersistentVolumeClaim) {
  return { uid, resourceVersion };
}

/**
 * Binds both ways: the volume first, which only one claim can have, then the claim. Each step may be the last that is
 * done; whoever looks next goes on from there.
 */
export function bind(volume: PersistentVolume, claim: PersistentVolumeClaim): Step[] {
  return [
    volumeToClaim(volume, claim),
    volumePhase(volume, 'Bound', { seen: false }),
    claimToVolume(claim, volume),
    claimStatus(claim, 'Bound', volume),
  ];
}

function volumeToClaim(volume: PersistentVolume, claim: PersistentVolumeClaim): Step {
  const { namespace, name, uid, resourceVersion } = claim.metadata;
  if (isFor(volume, claim) && volume.spec?.claimRef?.uid === uid) return [];
  const claimRef = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name, uid, resourceVersion };
  // Who kept it for this claim has chosen.
  const annotations = isFor(volume, claim) ? {} : { annotations: { [BOUND_BY_CONTROLLER]: 'yes' } };
  const change = { metadata: { ...asSeen(volume), ...annotations }, spec: { claimRef } };
  return [patch(resources.persistentVolumes, volume, 'merge', change)];
}

function claimToVolume(claim: PersistentVolumeClaim, volume: PersistentVolume): Step {
  const { name } = volume.metadata;
  const known = claim.metadata.annotations ?? {};
  const annotations: Record<string, string> = {};
  if (claim.spec?.volumeName !== name && known[BOUND_BY_CONTROLLER] === undefined)
    annotations[BOUND_BY_CONTROLLER] = 'yes';
  if (known[BIND_COMPLETED] === undefined) annotations[BIND_COMPLETED] = 'yes';
  if (claim.spec?.volumeName === name && Object.keys(annotations).length === 0) return [];
  const change = { metadata: { ...asSeen(claim), annotations }, spec: { volumeName: name } };
  return [patch(resources.persistentVolumeClaims, claim, 'merge', change)];
}

/** Takes a binding back: all of it, or if the volume was kept for a claim by a user, whose claim it was. */
export function unbind(volume: PersistentVolume): Step[] {
  const byController = volume.metadata.annotations?.[BOUND_BY_CONTROLLER] !== undefined;
  const metadata = {
    ...asSeen(volume),
    ...(byController ? { annotations: { [BOUND_BY_CONTROLLER]: null } } : {}),
  };
  const spec = { claimRef: byController ? null : { uid: null } };
  const change = { metadata, spec };
  return [
    [patch(resources.persistentVolumes, volume, 'merge', change)],
    volumePhase(volume, 'Available', { seen: false }),
  ];
}

export function volumePhase(
  volume: PersistentVolume,
  phase: string,
  { seen = true, message, ...more }: PhaseOptions = {},
): Step {
  if (volume.status?.phase === phase) return [];
  const metadata = seen ? asSeen(volume) : { uid: volume.metadata.uid };
  const change = { metadata, status: { phase, message: message ?? null } };
  const options = { subresource: 'status', ignore: ['NotFound'], ...more };
  return [patch(resources.persistentVolumes, volume, 'merge', change, options)];
}

/** What a claim's status says of its volume, or that it has none. */
export function claimStatus(
  claim: PersistentVolumeClaim,
  phase: 'Pending' | 'Bound' | 'Lost',
  volume: PersistentVolume | undefined,
  more: Pick<WriteCommon, 'done' | 'unless'> = {},
): Step {
  const old = claim.status ?? {};
  const next = volume === undefined ? statusWithout(phase) : statusWith(old, phase, volume);
  const changed = Object.entries(next).filter(([key, value]) => !deepEqual(old[key as keyof ClaimStatus], value));
  if (changed.length === 0) return [];
  const status = Object.fromEntries(changed.map(([key, value]) => [key, value ?? null]));
  const change = { metadata: { uid: claim.metadata.uid }, status };
  return [
    patch(resources.persistentVolumeClaims, claim, 'merge', change, {
      subresource: 'status',
      ignore: ['NotFound'],
      ...more,
    }),
  ];
}

function statusWithout(phase: string): ClaimStatus {
  return { phase, accessModes: undefined, capacity: undefined, currentVolumeAttributesClassName: undefined };
}

/** Of a claim that is bound already the capacity stays: a file system may be smaller than what it is on. */
function statusWith(old: ClaimStatus, phase: string, volume: PersistentVolume): ClaimStatus {
  const { accessModes, capacity, volumeAttributesClassName } = volume.spec ?? {};
  if (old.phase === phase) return { phase, accessModes };
  const size = volume.metadata.annotations?.[PRE_RESIZE_CAPACITY] ?? capacityOf(volume);
  const known = old.capacity?.['storage'];
  return {
    phase,
    accessModes,
    ...(known === undefined || compareQuantities(known, size) !== 0
      ? { capacity: { ...capacity, storage: size } }
      : {}),
    currentVolumeAttributesClassName: volumeAttributesClassName,
  };
}
