import { type FieldError, forbidden, invalid, path } from '../../field-errors.js';
import type { PersistentVolume, PersistentVolumeSpec, VolumeNodeAffinity } from '../../gen/types.js';
import { internalDiff, internalForm } from '../../internal-form.js';
import { defineKind, status } from '../../kind.js';
import { FIELD_IMMUTABLE, immutableField } from '../../meta.js';
import { deepClone, equalInForm } from '../../object.js';
import { ageColumn, nameColumn } from '../columns.js';
import { newNodeLabel, oldLabelsInExpressions } from '../node-labels.js';
import { roundList } from './pod-spec/defaults.js';
import { hasWrongLabelValue } from './pod-spec/scheduling.js';
import { oldStorageClass } from './storage-class-annotation.js';
import { accessModesText, classText } from './volume-columns.js';
import { defaultVolumeSource } from './volumes/defaults.js';
import { PERSISTENT_SOURCES } from './volumes/persistent-sources.js';
import { validatePersistentSpec } from './volumes/persistent-spec.js';

const spec = path('spec');
const SPEC_TYPE = 'io.k8s.api.core.v1.PersistentVolumeSpec';
const SOURCE_TYPE = 'io.k8s.api.core.v1.PersistentVolumeSource';
const AFFINITY_TYPE = 'io.k8s.api.core.v1.VolumeNodeAffinity';

export const persistentVolume = defineKind<PersistentVolume>({
  group: '',
  version: 'v1',
  kind: 'PersistentVolume',
  plural: 'persistentvolumes',
  shortNames: ['pv'],
  scope: 'Cluster',
  updateMetadata: ['create', 'rules', 'create', 'rules', 'change'],
  subresources: [status],
  columns: [
    nameColumn(),
    { name: 'Capacity', type: 'string', value: (it) => it.spec?.capacity?.['storage'] ?? '' },
    { name: 'Access Modes', type: 'string', value: (it) => accessModesText(it.spec?.accessModes) },
    { name: 'Reclaim Policy', type: 'string', value: (it) => it.spec?.persistentVolumeReclaimPolicy ?? '' },
    {
      name: 'Status',
      type: 'string',
      value: (it) => (it.metadata.deletionTimestamp === undefined ? (it.status?.phase ?? '') : 'Terminating'),
    },
    {
      name: 'Claim',
      type: 'string',
      value: ({ spec: own }) => (own?.claimRef === undefined ? '' : `${own.claimRef.namespace}/${own.claimRef.name}`),
    },
    {
      name: 'StorageClass',
      type: 'string',
      value: (it) => classText(it.metadata.annotations, it.spec?.storageClassName),
    },
    { name: 'VolumeAttributesClass', type: 'string', value: (it) => it.spec?.volumeAttributesClassName ?? '<unset>' },
    { name: 'Reason', type: 'string', value: (it) => it.status?.reason ?? '' },
    ageColumn(),
    { name: 'VolumeMode', type: 'string', priority: 1, value: (it) => it.spec?.volumeMode ?? '<unset>' },
  ],
  defaults(it) {
    it.spec ??= {};
    it.spec.persistentVolumeReclaimPolicy ??= 'Retain';
    it.spec.volumeMode ??= 'Filesystem';
    roundList(it.spec.capacity);
    defaultVolumeSource(it.spec);
    it.status ??= {};
    it.status.phase ??= 'Pending';
  },
  validate: (it, old) => {
    const before = old?.spec?.nodeAffinity?.required;
    const anyAffinityValue = before !== undefined && hasWrongLabelValue(before);
    return validatePersistentSpec(it.spec ?? {}, spec, { volumeName: it.metadata.name ?? '', anyAffinityValue });
  },
  validateUpdate: ({ spec: next = {} }, { spec: old = {} }) => [
    ...validateSource(next, old),
    ...immutableField(next.volumeMode, old.volumeMode, path('volumeMode')),
    ...validateAffinity(next, old),
    ...(old.volumeAttributesClassName !== undefined && next.volumeAttributesClassName === undefined
      ? [forbidden(spec.child('volumeAttributesClassName'), 'update from non-nil value to nil is forbidden')]
      : []),
  ],
  strategy: {
    warnings: ({ metadata, spec: own = {} }) => [
      ...oldStorageClass(metadata.annotations),
      ...(own.persistentVolumeReclaimPolicy === 'Recycle' ? [RECYCLE] : []),
      ...(own.nodeAffinity?.required?.nodeSelectorTerms ?? []).flatMap((term, index) =>
        oldLabelsInExpressions(term, spec.child('nodeAffinity', 'required', 'nodeSelectorTerms').index(index)),
      ),
      ...OLD_SOURCES.flatMap(([field, name, since]) => (own[field] === undefined ? [] : [`spec.${name}: ${since}`])),
    ],
    prepareForCreate(it) {
      it.status = { phase: 'Pending', lastPhaseTransitionTime: it.metadata.creationTimestamp };
      if (it.metadata.creationTimestamp === undefined) delete it.status.lastPhaseTransitionTime;
    },
    prepareForStatusUpdate(next, old, now) {
      next.status ??= {};
      const had = old.status?.lastPhaseTransitionTime;
      const isSamePhase = next.status.phase === old.status?.phase;
      const said = next.status.lastPhaseTransitionTime;
      if (isSamePhase && said === undefined && had !== undefined) next.status.lastPhaseTransitionTime = had;
      if (!isSamePhase && (said === undefined || said === had)) next.status.lastPhaseTransitionTime = now;
    },
  },
});

const RECYCLE =
  'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.';

/** Sources that no node knows any more. */
const OLD_SOURCES = [
  ['cephfs', 'cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['photonPersistentDisk', 'photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['scaleIO', 'scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['storageos', 'storageOS', 'deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
  ['rbd', 'rbd', 'deprecated in v1.28, non-functional in v1.31+'],
] as const;

/** What a volume is stays; only the secret for growing it may be said later. */
function validateSource(next: PersistentVolumeSpec, old: PersistentVolumeSpec): FieldError[] {
  const sources = (it: PersistentVolumeSpec) => Object.fromEntries(PERSISTENT_SOURCES.map((name) => [name, it[name]]));
  const after = sources(next);
  if (old.csi !== undefined && old.csi.controllerExpandSecretRef === undefined && next.csi !== undefined) {
    after['csi'] = { ...next.csi, controllerExpandSecretRef: undefined };
  }
  if (equalInForm(after, sources(old))) return [];
  const difference = internalDiff(SPEC_TYPE, old, { ...next, csi: after['csi'] }, SOURCE_TYPE);
  const text = `spec.persistentvolumesource is immutable after creation\n${difference}`;
  return [forbidden(spec.child('persistentvolumesource'), text)];
}

/** Affinity may be set once; afterwards only labels' old names may become the new ones. */
function validateAffinity(next: PersistentVolumeSpec, old: PersistentVolumeSpec): FieldError[] {
  if (old.nodeAffinity === undefined || isSameAffinity(next.nodeAffinity, old.nodeAffinity)) return [];
  const text = `${FIELD_IMMUTABLE}, except for updating from beta label to GA`;
  return [invalid(path('nodeAffinity'), internalForm(AFFINITY_TYPE, next.nodeAffinity), text)];
}

function isSameAffinity(next: VolumeNodeAffinity | undefined, old: VolumeNodeAffinity): boolean {
  const before = deepClone(old);
  for (const [index, term] of (before.required?.nodeSelectorTerms ?? []).entries()) {
    const after = next?.required?.nodeSelectorTerms?.[index];
    for (const list of ['matchExpressions', 'matchFields'] as const) {
      for (const [at, it] of (term[list] ?? []).entries()) {
        const key = after?.[list]?.[at]?.key;
        if (key !== undefined && key === newNodeLabel(it.key)) it.key = key;
      }
    }
  }
  return next !== undefined && equalInForm(next, before);
}
