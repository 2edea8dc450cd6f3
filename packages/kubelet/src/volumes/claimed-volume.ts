import type { PersistentVolume, Pod, Volume } from '@keelson/api';
import type { ReferencedObjects } from '../pods/referenced-objects.js';
import { MountError } from './payload.js';

/** The claim behind a pod's volume; those of its own volumes have the pod's name in front. */
export function claimOf({ metadata }: Pod, { name, persistentVolumeClaim, ephemeral }: Volume): string | undefined {
  return ephemeral === undefined ? persistentVolumeClaim?.claimName : `${metadata.name}-${name}`;
}

/**
 * The volume that a claim of the pod is bound to.
 * @throws MountError, in upstream's words, as long as it has none
 */
export async function claimedVolume(pod: Pod, volume: Volume, objects: ReferencedObjects): Promise<PersistentVolume> {
  const { namespace = '' } = pod.metadata;
  const claimName = claimOf(pod, volume) ?? '';
  const fail = (why: string) => new MountError(`error processing PVC ${namespace}/${claimName}: ${why}`);
  const claim = await objects.claim(namespace, claimName);
  if (claim === undefined)
    throw fail(`failed to fetch PVC from API server: persistentvolumeclaims "${claimName}" not found`);
  const { uid, deletionTimestamp, ownerReferences = [] } = claim.metadata;
  if (volume.ephemeral !== undefined && !ownerReferences.some((it) => it.uid === pod.metadata.uid))
    throw fail(
      `PVC ${namespace}/${claimName} was not created for pod ${namespace}/${pod.metadata.name} (pod is not owner)`,
    );
  // A pod that has begun has it, and keeps it from going.
  if (deletionTimestamp !== undefined && pod.status?.phase !== 'Running') throw fail('PVC is being deleted');
  if (claim.status?.phase !== 'Bound') throw fail('PVC is not bound');
  const name = claim.spec?.volumeName ?? '';
  if (name === '') throw fail('PVC has empty pvc.Spec.VolumeName');
  const found = await objects.persistentVolume(name);
  if (found === undefined)
    throw fail(`failed to fetch PV ${name} from API server: persistentvolumes "${name}" not found`);
  const { claimRef } = found.spec ?? {};
  if (claimRef === undefined)
    throw fail(`found PV object ${name} but it has a nil pv.Spec.ClaimRef indicating it is not yet bound to the claim`);
  if (claimRef.uid !== uid)
    throw fail(
      `found PV object ${name} but its pv.Spec.ClaimRef.UID ${claimRef.uid} does not point to claim.UID ${uid}`,
    );
  return found;
}

/** What a kubelet can make of a volume: a path of this machine. */
export function hostSource({ spec }: PersistentVolume): NonNullable<Volume['hostPath']> {
  const { hostPath, local, volumeMode } = spec ?? {};
  if (volumeMode === 'Block') throw new MountError('this node has no plugin for block volumes');
  if (hostPath !== undefined) return hostPath;
  if (local !== undefined) return { path: local.path, type: 'Directory' };
  throw new MountError(`this node has no plugin for volumes of type ${sourceOf(spec)}`);
}

const NO_SOURCES = new Set([
  'accessModes',
  'capacity',
  'claimRef',
  'mountOptions',
  'nodeAffinity',
  'persistentVolumeReclaimPolicy',
  'storageClassName',
  'volumeAttributesClassName',
  'volumeMode',
]);

function sourceOf(spec: PersistentVolume['spec'] = {}): string {
  return Object.keys(spec).find((it) => !NO_SOURCES.has(it)) ?? 'unknown';
}
