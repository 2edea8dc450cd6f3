import type { PersistentVolume, PersistentVolumeClaim, Pod } from '@keelson/api';

/** The claims that a pod has, as `namespace/name`; those of its ephemeral volumes have the pod's name in front. */
export function claimsOf({ metadata, spec }: Pod): string[] {
  const { namespace = '', name = '' } = metadata;
  return (spec?.volumes ?? []).flatMap((volume) => {
    const claim = volume.persistentVolumeClaim?.claimName ?? (volume.ephemeral && `${name}-${volume.name}`);
    return claim === undefined ? [] : [`${namespace}/${claim}`];
  });
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
