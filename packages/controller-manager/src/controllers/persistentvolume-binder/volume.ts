import type { PersistentVolume, PersistentVolumeClaim } from '@keelson/api';
import { resources } from '@keelson/client';
import { type Action, type Decision, NOTHING, patch, tell } from '../../framework/actions.js';
import { BOUND_BY_CONTROLLER, IN_TREE_FINALIZER, MIGRATED_TO, PROVISIONED_BY } from '../../volumes/annotations.js';
import { claimKeyOf, hasSameMode } from '../../volumes/claims.js';
import { driverOf } from '../../volumes/plugins.js';
import { unbind, volumePhase } from './bind.js';
import { reclaim } from './reclaim.js';
import type { BinderView } from './view.js';

/** What is to be done about a volume. */
export function decideVolume(volume: PersistentVolume, view: BinderView, resyncMs: number): Decision {
  const upkeep = inOrder(volume, view);
  if (upkeep !== undefined) return { steps: [[upkeep]] };
  const { claimRef } = volume.spec ?? {};
  // One that is kept for a claim is the claim's to take.
  if (claimRef === undefined || (claimRef.uid ?? '') === '') return { steps: [volumePhase(volume, 'Available')] };
  const byName = view.claims.indexer.get(claimKeyOf(volume) ?? '');
  const claim = byName?.metadata.uid === claimRef.uid ? byName : undefined;
  if (claim === undefined) return released(volume, view, resyncMs);
  const name = claim.spec?.volumeName ?? '';
  if (name === volume.metadata.name) return { steps: [volumePhase(volume, 'Bound')] };
  if (name === '') return awaited(volume, claim);
  const { annotations = {} } = volume.metadata;
  // It was made for the claim, which took another.
  if (annotations[PROVISIONED_BY] !== undefined && volume.spec?.persistentVolumeReclaimPolicy === 'Delete')
    return released(volume, view, resyncMs);
  return { steps: unbind(volume) };
}

/** The claim binds itself to what is bound to it, unless it cannot be. */
function awaited(volume: PersistentVolume, claim: PersistentVolumeClaim): Decision {
  if (hasSameMode(volume, claim)) return NOTHING;
  const { name } = volume.metadata;
  return {
    steps: [
      [
        tell(
          'Warning',
          'VolumeMismatch',
          `Cannot bind PersistentVolume to requested PersistentVolumeClaim "${claim.metadata.name}" due to incompatible volumeMode.`,
        ),
        tell(
          'Warning',
          'VolumeMismatch',
          `Cannot bind PersistentVolume "${name}" to requested PersistentVolumeClaim due to incompatible volumeMode.`,
          claim,
        ),
      ],
    ],
  };
}

/** First it is said that it is free of its claim, then what becomes of it. */
function released(volume: PersistentVolume, view: BinderView, resyncMs: number): Decision {
  const phase = volume.status?.phase ?? '';
  if (phase === 'Released' || phase === 'Failed') return reclaim(volume, view, resyncMs);
  return { steps: [volumePhase(volume, 'Released', claimIsGone(volume, view))] };
}

/** The cache may not know the newest claim yet, and what is reclaimed is gone. */
function claimIsGone(volume: PersistentVolume, view: BinderView): Pick<Action & { do: 'patch' }, 'unless'> {
  const { namespace, name, uid } = volume.spec?.claimRef ?? {};
  const known = view.claims.indexer.get(claimKeyOf(volume) ?? '');
  if (known !== undefined && known.metadata.uid === uid) return {};
  return {
    unless: {
      resource: resources.persistentVolumeClaims,
      object: { metadata: { namespace: namespace ?? '', name: name ?? '', uid: uid ?? '' } },
    },
  };
}

/** Drivers that have taken over are named, and what a plugin here has made stays until that plugin removed it. */
function inOrder(volume: PersistentVolume, view: BinderView): Action | undefined {
  const { annotations = {}, finalizers = [], uid, resourceVersion, deletionTimestamp } = volume.metadata;
  const maker = annotations[PROVISIONED_BY];
  if (maker === undefined) return undefined;
  const driver = driverOf(maker);
  const has = finalizers.includes(IN_TREE_FINALIZER);
  const isOurs = view.provisioner(maker) !== undefined;
  const wants = isOurs && volume.spec?.persistentVolumeReclaimPolicy === 'Delete';
  const metadata: Record<string, unknown> = {};
  if (driver !== annotations[MIGRATED_TO]) metadata['annotations'] = { [MIGRATED_TO]: driver ?? null };
  if (has && !wants && (isOurs || driver !== undefined))
    metadata['finalizers'] = finalizers.filter((it) => it !== IN_TREE_FINALIZER);
  else if (!has && wants && deletionTimestamp === undefined && annotations[BOUND_BY_CONTROLLER] !== undefined)
    metadata['finalizers'] = [...finalizers, IN_TREE_FINALIZER];
  if (Object.keys(metadata).length === 0) return undefined;
  const change = { metadata: { uid, resourceVersion, ...metadata } };
  return patch(resources.persistentVolumes, volume, 'merge', change, { ignore: ['NotFound'] });
}
