import { type FieldError, forbidden, path, required } from '../../field-errors.js';
import type { PersistentVolume, PersistentVolumeSpec } from '../../gen/types.js';
import { defineKind, status } from '../../kind.js';
import { immutableField } from '../../meta.js';
import { ageColumn, nameColumn } from '../columns.js';
import { nonNegativeQuantity, oneOf } from '../rules.js';
import { validateNodeSelector } from './pod-spec/scheduling.js';
import { oldStorageClass } from './storage-class-annotation.js';
import { ACCESS_MODES, accessModesText, classText } from './volume-columns.js';

const spec = path('spec');
const SOURCES = [
  ...(['awsElasticBlockStore', 'azureDisk', 'azureFile', 'cephfs', 'cinder', 'csi', 'fc', 'flexVolume'] as const),
  ...([
    'flocker',
    'gcePersistentDisk',
    'glusterfs',
    'hostPath',
    'iscsi',
    'local',
    'nfs',
    'photonPersistentDisk',
  ] as const),
  ...(['portworxVolume', 'quobyte', 'rbd', 'scaleIO', 'storageos', 'vsphereVolume'] as const),
];

const RECYCLE =
  'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.';

export const persistentVolume = defineKind<PersistentVolume>({
  group: '',
  version: 'v1',
  kind: 'PersistentVolume',
  plural: 'persistentvolumes',
  shortNames: ['pv'],
  scope: 'Cluster',
  updateMetadata: 'twice',
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
    if (it.spec.hostPath !== undefined) it.spec.hostPath.type ??= '';
    if (it.spec.iscsi !== undefined) it.spec.iscsi.iscsiInterface ??= 'default';
  },
  validate: (it) => validateSpec(it.spec ?? {}),
  validateUpdate: (next, old) => {
    const sources = (it: PersistentVolume) => Object.fromEntries(SOURCES.map((name) => [name, it.spec?.[name]]));
    const same = immutableField(sources(next), sources(old), spec.child('persistentvolumesource'));
    const errors = same.map(({ field }) => forbidden(field, 'spec.persistentvolumesource is immutable after creation'));
    return [...errors, ...immutableField(next.spec?.volumeMode, old.spec?.volumeMode, spec.child('volumeMode'))];
  },
  strategy: {
    warnings: ({ metadata, spec: own = {} }) => [
      ...oldStorageClass(metadata.annotations),
      ...(own.persistentVolumeReclaimPolicy === 'Recycle' ? [RECYCLE] : []),
    ],
    prepareForCreate(it) {
      it.status = { phase: 'Pending', lastPhaseTransitionTime: it.metadata.creationTimestamp };
      if (it.metadata.creationTimestamp === undefined) delete it.status.lastPhaseTransitionTime;
    },
  },
});

function validateSpec(own: PersistentVolumeSpec): FieldError[] {
  const errors: FieldError[] = [];
  const modes = own.accessModes ?? [];
  if (modes.length === 0) errors.push(required(spec.child('accessModes')));
  for (const mode of modes) errors.push(...oneOf(mode, ACCESS_MODES, spec.child('accessModes')));
  const capacity = Object.entries(own.capacity ?? {});
  if (capacity.length === 0) errors.push(required(spec.child('capacity')));
  for (const [name, value] of capacity) errors.push(...nonNegativeQuantity(value, spec.child('capacity').key(name)));
  const policies = ['Delete', 'Recycle', 'Retain'];
  errors.push(...oneOf(own.persistentVolumeReclaimPolicy, policies, spec.child('persistentVolumeReclaimPolicy')));
  const wanted = own.nodeAffinity?.required;
  if (wanted !== undefined) errors.push(...validateNodeSelector(wanted, spec.child('nodeAffinity', 'required')));
  const given = SOURCES.filter((name) => own[name] !== undefined);
  for (const name of given.slice(1))
    errors.push(forbidden(spec.child(name), 'may not specify more than 1 volume type'));
  if (given.length === 0) errors.push(required(spec, 'must specify a volume type'));
  return errors;
}
