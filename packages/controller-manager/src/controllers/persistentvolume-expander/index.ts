import { compareQuantities, type PersistentVolume, type PersistentVolumeClaim } from '@keelson/api';
import { resources } from '@keelson/client';
import { type Decision, NOTHING, patch, tell } from '../../framework/actions.js';
import { reconciler } from '../../framework/reconciler.js';
import { PRE_RESIZE_CAPACITY, PROVISIONED_BY, RESIZER } from '../../volumes/annotations.js';
import { capacityOf, claimKeyOf, requestOf } from '../../volumes/claims.js';
import { driverOf, pluginOf } from '../../volumes/plugins.js';
import { LOCAL } from '../persistentvolume-binder/directories.js';

/** Has volumes grow when their claims do: those that are directories at once, others by whoever made them. */
export const volumeExpander = reconciler<PersistentVolumeClaim>({
  name: 'persistentvolume-expander-controller',
  eventSource: 'volume_expand',
  resource: resources.persistentVolumeClaims,
  concurrency: { workers: 10 },
  setUp({ informers, loop }) {
    const volumes = informers.for(resources.persistentVolumes);
    loop.feed(volumes, (it) => [claimKeyOf(it)].filter((key) => key !== undefined));
    return (claim) => grow(claim, volumes.get('', claim.spec?.volumeName ?? ''));
  },
});

export function grow(claim: PersistentVolumeClaim, volume: PersistentVolume | undefined): Decision {
  const { status } = claim;
  if (status?.phase !== 'Bound' || volume === undefined) return NOTHING;
  if (volume.spec?.claimRef?.uid !== claim.metadata.uid) return NOTHING;
  const wanted = requestOf(claim);
  const isSmall = compareQuantities(wanted, status.capacity?.['storage'] ?? '0') > 0;
  if (!isSmall && volume.metadata.annotations?.[PRE_RESIZE_CAPACITY] === undefined) return NOTHING;
  const plugin = pluginOf(volume);
  if (plugin !== undefined) return leaveToDriver(claim, plugin);
  if (volume.metadata.annotations?.[PROVISIONED_BY] !== LOCAL)
    return { steps: [[tell('Normal', 'ExternalExpanding', 'waiting for an external controller to expand this PVC')]] };
  return isSmall ? enlarge(claim, volume, wanted) : NOTHING;
}

function leaveToDriver(claim: PersistentVolumeClaim, plugin: string): Decision {
  const text = `CSI migration enabled for ${plugin}; waiting for external resizer to expand the pvc`;
  const driver = driverOf(plugin);
  const change = { metadata: { uid: claim.metadata.uid, annotations: { [RESIZER]: driver } } };
  const isNamed = claim.metadata.annotations?.[RESIZER] === driver;
  return {
    steps: [
      [tell('Normal', 'ExternalExpanding', text)],
      isNamed ? [] : [patch(resources.persistentVolumeClaims, claim, 'merge', change)],
    ],
  };
}

/** A directory is as large as its disk: only what is said of it changes, of the volume first. */
function enlarge(claim: PersistentVolumeClaim, volume: PersistentVolume, storage: string): Decision {
  const { uid, resourceVersion } = volume.metadata;
  const larger = { metadata: { uid, resourceVersion }, spec: { capacity: { storage } } };
  const isDone = compareQuantities(capacityOf(volume), storage) >= 0;
  const conditions = (claim.status?.conditions ?? []).filter(
    ({ type = '' }) => !['Resizing', 'FileSystemResizePending', 'ControllerResizeError'].includes(type),
  );
  const status = {
    capacity: { storage },
    allocatedResources: { storage },
    allocatedResourceStatuses: null,
    conditions: conditions.length > 0 ? conditions : null,
  };
  const told = { metadata: { uid: claim.metadata.uid }, status };
  const { namespace, name } = claim.metadata;
  return {
    steps: [
      isDone ? [] : [patch(resources.persistentVolumes, volume, 'merge', larger)],
      [
        patch(resources.persistentVolumeClaims, claim, 'merge', told, {
          subresource: 'status',
          done: () => ({
            type: 'Normal',
            reason: 'VolumeResizeSuccessful',
            message: `ExpandVolume succeeded for volume ${namespace}/${name}`,
          }),
        }),
      ],
    ],
  };
}
