import { path } from '../../field-errors.js';
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from '../../gen/types.js';
import { defineKind, status } from '../../kind.js';
import { ageColumn, nameColumn } from '../columns.js';
import { roundList } from './pod-spec/defaults.js';
import { fractions } from './pod-spec/warnings.js';
import { oldStorageClass } from './storage-class-annotation.js';
import { accessModesText, classText } from './volume-columns.js';
import { validateClaimSpec } from './volumes/claim-spec.js';
import { validateClaimStatus, validateClaimUpdate } from './volumes/claim-update.js';
import { defaultClaimSpec, settleDataSource } from './volumes/data-source.js';

const spec = path('spec');

export const persistentVolumeClaim = defineKind<PersistentVolumeClaim>({
  group: '',
  version: 'v1',
  kind: 'PersistentVolumeClaim',
  plural: 'persistentvolumeclaims',
  shortNames: ['pvc'],
  scope: 'Namespaced',
  updateMetadata: ['create', 'rules', 'update', 'change'],
  subresources: [status],
  columns: [
    nameColumn(),
    {
      name: 'Status',
      type: 'string',
      value: (it) => (it.metadata.deletionTimestamp === undefined ? (it.status?.phase ?? '') : 'Terminating'),
    },
    { name: 'Volume', type: 'string', value: (it) => it.spec?.volumeName ?? '' },
    { name: 'Capacity', type: 'string', value: (it) => (isBound(it) ? (it.status?.capacity?.['storage'] ?? '') : '') },
    {
      name: 'Access Modes',
      type: 'string',
      value: (it) => (isBound(it) ? accessModesText(it.status?.accessModes) : ''),
    },
    {
      name: 'StorageClass',
      type: 'string',
      value: (it) => classText(it.metadata.annotations, it.spec?.storageClassName),
    },
    { name: 'VolumeAttributesClass', type: 'string', value: (it) => it.spec?.volumeAttributesClassName ?? '<unset>' },
    ageColumn(),
    { name: 'VolumeMode', type: 'string', priority: 1, value: (it) => it.spec?.volumeMode ?? '<unset>' },
  ],
  defaults(it) {
    it.spec ??= {};
    defaultClaimSpec(it.spec);
    it.status ??= {};
    it.status.phase ??= 'Pending';
    roundList(it.status.capacity);
    roundList(it.status.allocatedResources);
  },
  validate: (it, old) => validateClaimSpec(it.spec ?? {}, spec, { allowAnyApiGroup: hadApiGroup(old?.spec) }),
  validateUpdate: validateClaimUpdate,
  validateStatusUpdate: validateClaimStatus,
  strategy: {
    warnings: ({ metadata, spec: own = {} }) => [
      ...oldStorageClass(metadata.annotations),
      ...fractions(own.resources?.requests, path('spec', 'resources', 'requests'), ['storage']),
      ...fractions(own.resources?.limits, path('spec', 'resources', 'limits'), ['storage']),
    ],
    prepareForCreate(it) {
      it.status = { phase: 'Pending' };
      if (it.spec !== undefined) settleDataSource(it.spec, undefined);
    },
    prepareForUpdate(next, old) {
      if (next.spec !== undefined) settleDataSource(next.spec, old.spec);
    },
  },
});

function isBound(it: PersistentVolumeClaim): boolean {
  return (it.spec?.volumeName ?? '') !== '';
}

function hadApiGroup(old: PersistentVolumeClaimSpec | undefined): boolean {
  const isSaid = (source: { apiGroup?: string | undefined } | undefined) => (source?.apiGroup ?? null) !== null;
  return isSaid(old?.dataSource) || isSaid(old?.dataSourceRef);
}
