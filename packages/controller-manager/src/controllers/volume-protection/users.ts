import { isControlledBy, type PersistentVolume, type PersistentVolumeClaim, type Pod } from '@keelson/api';

/**
 * Whether a pod on a node has the claim, whatever has become of its containers. A claim that was made for the pod is its
 * no more once the pod only waits to be forgotten: one may wait for the other.
 */
export function uses(pod: Pod, claim: PersistentVolumeClaim): boolean {
  const { metadata, spec } = pod;
  if ((spec?.nodeName ?? '') === '') return false;
  const isOver = metadata.deletionTimestamp !== undefined && metadata.deletionGracePeriodSeconds === 0;
  return (spec?.volumes ?? []).some(
    ({ name, persistentVolumeClaim, ephemeral }) =>
      persistentVolumeClaim?.claimName === claim.metadata.name ||
      (!isOver &&
        ephemeral !== undefined &&
        `${metadata.name}-${name}` === claim.metadata.name &&
        isControlledBy(claim, pod)),
  );
}

/** The classes of attributes that a claim or a volume has, had or is to have. */
export function classesOf(object: PersistentVolumeClaim | PersistentVolume): string[] {
  const { spec, status } = object as PersistentVolumeClaim;
  const { currentVolumeAttributesClassName, modifyVolumeStatus } = status ?? {};
  return [
    spec?.volumeAttributesClassName,
    currentVolumeAttributesClassName,
    modifyVolumeStatus?.targetVolumeAttributesClassName,
  ].filter((it): it is string => it !== undefined && it !== '');
}
