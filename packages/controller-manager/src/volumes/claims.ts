import { compareQuantities, type PersistentVolume, type PersistentVolumeClaim, type Pod } from '@keelson/api';
import { BETA_CLASS } from './annotations.js';

/** The class that a claim or a volume is of; '' is none. */
export function classOf({ metadata, spec }: PersistentVolumeClaim | PersistentVolume): string {
  return metadata.annotations?.[BETA_CLASS] ?? spec?.storageClassName ?? '';
}

/** Whether a claim says which class it wants, be it none: else it gets the default one. */
export function saysClass({ metadata, spec }: PersistentVolumeClaim): boolean {
  return metadata.annotations?.[BETA_CLASS] !== undefined || spec?.storageClassName !== undefined;
}

/** `namespace/name` of the claim that a volume is bound to or kept for. */
export function claimKeyOf({ spec }: PersistentVolume): string | undefined {
  const { namespace, name } = spec?.claimRef ?? {};
  return name === undefined ? undefined : `${namespace}/${name}`;
}

/** Whether a volume is bound to this claim or kept for it. */
export function isFor({ spec }: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const { namespace, name, uid } = spec?.claimRef ?? {};
  const { metadata } = claim;
  return name === metadata.name && namespace === metadata.namespace && ((uid ?? '') === '' || uid === metadata.uid);
}

export function requestOf({ spec }: PersistentVolumeClaim): string {
  return spec?.resources?.requests?.['storage'] ?? '0';
}

export function capacityOf({ spec }: PersistentVolume): string {
  return spec?.capacity?.['storage'] ?? '0';
}

export function isLargeEnough(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  return compareQuantities(capacityOf(volume), requestOf(claim)) >= 0;
}

export function hasSameMode(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  return (volume.spec?.volumeMode ?? 'Filesystem') === (claim.spec?.volumeMode ?? 'Filesystem');
}

export function hasSameAttributes(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  return (volume.spec?.volumeAttributesClassName ?? '') === (claim.spec?.volumeAttributesClassName ?? '');
}

export function hasAccessModes(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const modes = volume.spec?.accessModes ?? [];
  return (claim.spec?.accessModes ?? []).every((it) => modes.includes(it));
}

/** The claims that a pod has, as `namespace/name`; those of its ephemeral volumes have the pod's name in front. */
export function claimsOf({ metadata, spec }: Pod): string[] {
  const { namespace = '', name = '' } = metadata;
  return (spec?.volumes ?? []).flatMap((volume) => {
    const claim = volume.persistentVolumeClaim?.claimName ?? (volume.ephemeral && `${name}-${volume.name}`);
    return claim === undefined ? [] : [`${namespace}/${claim}`];
  });
}

/** Name of an index of pods by {@link claimsOf}. */
export const PODS_BY_CLAIM = 'claim';
export const podsByClaim = { indices: { [PODS_BY_CLAIM]: claimsOf } };
