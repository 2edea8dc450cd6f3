import {
  compareQuantities,
  labelSelectorMatcher,
  type PersistentVolume,
  type PersistentVolumeClaim,
} from '@keelson/api';
import {
  capacityOf,
  classOf,
  hasAccessModes,
  hasSameAttributes,
  hasSameMode,
  isFor,
  isLargeEnough,
} from '../../volumes/claims.js';

/**
 * The volume to bind a claim to, of those that may do: one that is kept for it, else the smallest that is free. Those
 * with fewer access modes come first, whatever else they are. With `onlyKept` somebody else chooses among the free ones.
 */
export function bestMatch(
  claim: PersistentVolumeClaim,
  volumes: Iterable<PersistentVolume>,
  onlyKept: boolean,
): PersistentVolume | undefined {
  const { selector } = claim.spec ?? {};
  const matcher = selector === undefined ? undefined : labelSelectorMatcher(selector);
  const isFree = ({ status, metadata }: PersistentVolume) =>
    status?.phase === 'Available' && (matcher === undefined || matcher.matches(metadata.labels ?? {}));
  let best: PersistentVolume | undefined;
  for (const volume of volumes) {
    if (volume.metadata.deletionTimestamp !== undefined || !hasAccessModes(volume, claim)) continue;
    if (!isLargeEnough(volume, claim) || !hasSameMode(volume, claim) || !hasSameAttributes(volume, claim)) continue;
    const isKept = isFor(volume, claim);
    if (!isKept) {
      if (volume.spec?.claimRef !== undefined || onlyKept) continue;
      if (!isFree(volume) || classOf(volume) !== classOf(claim)) continue;
    }
    if (best === undefined || isBetter(volume, best, claim)) best = volume;
  }
  return best;
}

function isBetter(next: PersistentVolume, best: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const modes = (it: PersistentVolume) => new Set(it.spec?.accessModes).size;
  const kept = (it: PersistentVolume) => (isFor(it, claim) ? 0 : 1);
  const order =
    modes(next) - modes(best) || kept(next) - kept(best) || compareQuantities(capacityOf(next), capacityOf(best));
  return order < 0 || (order === 0 && (next.metadata.name ?? '') < (best.metadata.name ?? ''));
}

/** Why a claim cannot have the volume which it names, in upstream's words; undefined: it can. */
export function mismatch(claim: PersistentVolumeClaim, volume: PersistentVolume): string | undefined {
  if (volume.metadata.deletionTimestamp !== undefined)
    return `the volume is marked for deletion "${volume.metadata.name}"`;
  if (!isLargeEnough(volume, claim)) return 'requested PV is too small';
  if (classOf(volume) !== classOf(claim)) return 'storageClassName does not match';
  if (!hasSameAttributes(volume, claim)) return 'volumeAttributesClassName does not match';
  if (!hasSameMode(volume, claim)) return 'incompatible volumeMode';
  if (!hasAccessModes(volume, claim)) return 'incompatible accessMode';
  return undefined;
}
