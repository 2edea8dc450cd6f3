/** Rules of a persistent volume's spec: of the volume itself, and of one that an attachment carries inline. */
import { type FieldError, forbidden, notSupported, type Path, required } from '../../../field-errors.js';
import type { PersistentVolumeSpec, VolumeNodeAffinity } from '../../../gen/types.js';
import { wasSaidEmpty } from '../../../normalize.js';
import { dnsSubdomain, oneOf, oneOfOrAbsent, positiveQuantity, validResourceQuantity } from '../../rules.js';
import { validateNodeSelector } from '../pod-spec/scheduling.js';
import { VOLUME_MODES, validateAccessModes } from './claim-spec.js';
import { validatePersistentSource } from './persistent-sources.js';

const RECLAIM_POLICIES = ['Delete', 'Recycle', 'Retain'];

export interface PersistentSpecOptions {
  readonly volumeName: string;
  /** Node affinity may have values that no label can have: the volume had such before. */
  readonly anyAffinityValue?: boolean;
}

export function validatePersistentSpec(
  spec: PersistentVolumeSpec,
  path: Path,
  { volumeName, anyAffinityValue = false }: PersistentSpecOptions,
): FieldError[] {
  const { persistentVolumeReclaimPolicy: policy = '', storageClassName = '' } = spec;
  return [
    ...validateModes(spec, path),
    ...validateCapacity(spec, path.child('capacity')),
    ...(policy === '' ? [] : oneOf(policy, RECLAIM_POLICIES, path.child('persistentVolumeReclaimPolicy'))),
    ...validateNodeAffinity(spec.nodeAffinity, path.child('nodeAffinity'), anyAffinityValue),
    ...validatePersistentSource(spec, volumeName, path),
    ...validateRecycling(spec, path),
    ...(storageClassName === '' ? [] : dnsSubdomain(storageClassName, path.child('storageClassName'))),
    ...oneOfOrAbsent(spec.volumeMode, VOLUME_MODES, path.child('volumeMode')),
    ...validateAttributesClass(spec, path),
  ];
}

const INLINE = 'in the context of inline volumes';

/** An attachment's own volume is made by its driver, and bound to nothing. */
export function validateInlineSpec(spec: PersistentVolumeSpec, path: Path): FieldError[] {
  const { persistentVolumeReclaimPolicy: policy = '', volumeMode } = spec;
  const none = (isGiven: boolean, field: string) =>
    isGiven ? [forbidden(path.child(field), `may not be specified ${INLINE}`)] : [];
  return [
    ...none(spec.claimRef !== undefined, 'claimRef'),
    ...none(Object.keys(spec.capacity ?? {}).length > 0, 'capacity'),
    ...(spec.csi === undefined ? [required(path.child('csi'), `has to be specified ${INLINE}`)] : []),
    ...validateModes(spec, path),
    ...(policy === '' || policy === 'Retain'
      ? []
      : [forbidden(path.child('persistentVolumeReclaimPolicy'), `may only be Retain ${INLINE}`)]),
    ...none(spec.nodeAffinity !== undefined, 'nodeAffinity'),
    // Node affinity counts as not given, whatever is said.
    ...validatePersistentSource({ ...spec, nodeAffinity: undefined }, '', path),
    ...validateRecycling(spec, path),
    ...none((spec.storageClassName ?? '') !== '', 'storageClassName'),
    ...(volumeMode === undefined || volumeMode === 'Filesystem'
      ? []
      : [forbidden(path.child('volumeMode'), `may not specify volumeMode other than Filesystem ${INLINE}`)]),
  ];
}

function validateModes({ accessModes = [] }: PersistentVolumeSpec, path: Path): FieldError[] {
  const at = path.child('accessModes');
  return [...(accessModes.length === 0 ? [required(at)] : []), ...validateAccessModes(accessModes, at)];
}

function validateCapacity(spec: PersistentVolumeSpec, path: Path): FieldError[] {
  const { capacity = {} } = spec;
  const entries = Object.entries(capacity);
  const errors: FieldError[] = entries.length === 0 ? [required(path)] : [];
  if (capacity['storage'] === undefined || entries.length > 1) {
    errors.push(
      notSupported(path, entries.length === 0 && !wasSaidEmpty(spec, 'capacity') ? null : sorted(capacity), [
        'storage',
      ]),
    );
  }
  for (const [name, value] of entries) {
    errors.push(...validResourceQuantity(value, path.key(name)), ...positiveQuantity(value, path.key(name)));
  }
  return errors;
}

function sorted(map: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function validateNodeAffinity(affinity: VolumeNodeAffinity | undefined, path: Path, anyValue: boolean): FieldError[] {
  if (affinity === undefined) return [];
  const at = path.child('required');
  if (affinity.required === undefined) return [required(at, 'must specify required node constraints')];
  return validateNodeSelector(affinity.required, at, anyValue);
}

/** Nobody empties a whole machine. */
function validateRecycling(
  { hostPath, persistentVolumeReclaimPolicy }: PersistentVolumeSpec,
  path: Path,
): FieldError[] {
  if (persistentVolumeReclaimPolicy !== 'Recycle' || hostPath === undefined || !isRoot(hostPath.path ?? '')) return [];
  const at = path.child('persistentVolumeReclaimPolicy');
  return [forbidden(at, "may not be 'recycle' for a hostPath mount of '/'")];
}

/** Whether nothing is left of a path but the root: `/`, `//`, `/a/..`. */
function isRoot(value: string): boolean {
  if (!value.startsWith('/')) return false;
  let depth = 0;
  for (const part of value.split('/')) {
    if (part === '..') depth = Math.max(0, depth - 1);
    else if (part !== '' && part !== '.') depth++;
  }
  return depth === 0;
}

function validateAttributesClass(spec: PersistentVolumeSpec, path: Path): FieldError[] {
  const { volumeAttributesClassName: name, csi } = spec;
  if (name === undefined) return [];
  const at = path.child('volumeAttributesClassName');
  return [
    ...(name === '' ? [required(at, 'an empty string is disallowed')] : dnsSubdomain(name, at)),
    ...(csi === undefined
      ? [required(path.child('csi'), 'has to be specified when using volumeAttributesClassName')]
      : []),
  ];
}
