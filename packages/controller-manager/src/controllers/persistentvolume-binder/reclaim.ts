import { ApiError, type PersistentVolume } from '@keelson/api';
import { resources } from '@keelson/client';
import { type Action, type Decision, NOTHING, patch, remove } from '../../framework/actions.js';
import { IN_TREE_FINALIZER, MIGRATED_TO, PROVISIONED_BY } from '../../volumes/annotations.js';
import { IN_TREE, isKnownSource } from '../../volumes/plugins.js';
import { volumePhase } from './bind.js';
import { HOST_PATH, type Provisioner } from './directories.js';
import type { BinderView } from './view.js';

/** Does with a volume that no claim has what its policy says. */
export function reclaim(volume: PersistentVolume, view: BinderView, resyncMs: number): Decision {
  const { annotations = {} } = volume.metadata;
  // A driver has it in its hands.
  if (annotations[MIGRATED_TO] !== undefined) return NOTHING;
  switch (volume.spec?.persistentVolumeReclaimPolicy) {
    case 'Retain':
      return NOTHING;
    case 'Recycle':
      return failed(volume, 'VolumeFailedRecycle', 'No recycler plugin found for the volume!');
    case 'Delete':
      return removal(volume, view, resyncMs);
    default:
      return failed(volume, 'VolumeUnknownReclaimPolicy', 'Volume has unrecognized PersistentVolumeReclaimPolicy');
  }
}

function failed(volume: PersistentVolume, reason: string, message: string): Decision {
  const done = () => ({ type: 'Warning' as const, reason, message });
  return { steps: [volumePhase(volume, 'Failed', { message, done })] };
}

function removal(volume: PersistentVolume, view: BinderView, resyncMs: number): Decision {
  let plugin: Provisioner | undefined;
  try {
    plugin = remover(volume, view);
  } catch (error) {
    return { ...failed(volume, 'VolumeFailedDelete', (error as Error).message), again: resyncMs };
  }
  if (plugin === undefined) return NOTHING;
  return {
    first: { run: () => plugin.remove(volume) },
    steps: [withoutFinalizer(volume), [remove(resources.persistentVolumes, volume)]],
    afterwards: (failure) =>
      failure instanceof Error && !(failure instanceof ApiError) ? refused(volume, failure) : [],
  };
}

function refused(volume: PersistentVolume, { message }: Error): readonly Action[] {
  return failed(volume, 'VolumeFailedDelete', message).steps?.[0] ?? [];
}

/** What stands behind it is gone. */
function withoutFinalizer(volume: PersistentVolume): readonly Action[] {
  const { uid, resourceVersion, finalizers = [] } = volume.metadata;
  if (!finalizers.includes(IN_TREE_FINALIZER)) return [];
  const change = {
    metadata: { uid, resourceVersion, finalizers: finalizers.filter((it) => it !== IN_TREE_FINALIZER) },
  };
  return [patch(resources.persistentVolumes, volume, 'merge', change, { ignore: ['NotFound'] })];
}

/**
 * Who can remove what is behind a volume; undefined: somebody outside does.
 * @throws Error if nobody can
 */
function remover(volume: PersistentVolume, view: BinderView): Provisioner | undefined {
  const maker = volume.metadata.annotations?.[PROVISIONED_BY] ?? '';
  if (maker !== '') {
    const plugin = view.provisioner(maker);
    if (plugin === undefined && maker.startsWith(IN_TREE)) throw new Error(`no volume plugin matched name: ${maker}`);
    return plugin;
  }
  if (volume.spec?.hostPath !== undefined) return view.provisioner(HOST_PATH);
  const why = isKnownSource(volume) ? 'no deletable volume plugin matched' : 'no volume plugin matched';
  throw new Error(`error getting deleter volume plugin for volume "${volume.metadata.name}": ${why}`);
}
