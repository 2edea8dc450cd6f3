import { type FieldError, forbidden, path, required } from '../../field-errors.js';
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from '../../gen/types.js';
import { defineKind, status } from '../../kind.js';
import { deepClone, semanticEqual } from '../../object.js';
import { compareQuantities } from '../../quantity.js';
import { ageColumn, nameColumn } from '../columns.js';
import { nonNegativeQuantity, oneOf, validateLabelSelector } from '../rules.js';
import { fractions } from './pod-spec/warnings.js';
import { oldStorageClass } from './storage-class-annotation.js';
import { ACCESS_MODES, accessModesText, classText } from './volume-columns.js';

const spec = path('spec');

export const persistentVolumeClaim = defineKind<PersistentVolumeClaim>({
  group: '',
  version: 'v1',
  kind: 'PersistentVolumeClaim',
  plural: 'persistentvolumeclaims',
  shortNames: ['pvc'],
  scope: 'Namespaced',
  updateMetadata: 'both',
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
    it.spec.volumeMode ??= 'Filesystem';
    // The older of two fields for one thing: both are always written.
    if (it.spec.dataSourceRef === undefined && it.spec.dataSource !== undefined) {
      it.spec.dataSourceRef = deepClone(it.spec.dataSource);
    } else if (it.spec.dataSource === undefined && it.spec.dataSourceRef !== undefined) {
      const { namespace, ...local } = it.spec.dataSourceRef;
      if (namespace === undefined || namespace === '') it.spec.dataSource = deepClone(local);
    }
  },
  validate: (it) => validateClaimSpec(it.spec ?? {}),
  validateUpdate: validateImmutable,
  strategy: {
    warnings: ({ metadata, spec: own = {} }) => [
      ...oldStorageClass(metadata.annotations),
      ...fractions(own.resources?.requests, path('spec', 'resources', 'requests'), ['storage']),
    ],
    prepareForCreate(it) {
      it.status = { phase: 'Pending' };
    },
  },
});

function isBound(it: PersistentVolumeClaim): boolean {
  return (it.spec?.volumeName ?? '') !== '';
}

function validateClaimSpec(own: PersistentVolumeClaimSpec): FieldError[] {
  const modes = own.accessModes ?? [];
  const errors: FieldError[] = [];
  if (modes.length === 0) errors.push(required(spec.child('accessModes'), 'at least 1 access mode is required'));
  for (const mode of modes) errors.push(...oneOf(mode, ACCESS_MODES, spec.child('accessModes')));
  errors.push(...validateLabelSelector(own.selector, spec.child('selector')));
  const storage = own.resources?.requests?.['storage'];
  if (storage === undefined) errors.push(required(spec.child('resources').key('storage')));
  else {
    const at = spec.child('resources').key('storage');
    const negative = nonNegativeQuantity(storage, at);
    errors.push(...negative);
    if (negative.length === 0 && compareQuantities(storage, '0') === 0) {
      errors.push({
        type: 'FieldValueInvalid',
        field: String(at),
        value: storage,
        detail: 'must be greater than zero',
      });
    }
  }
  if (own.volumeMode !== undefined)
    errors.push(...oneOf(own.volumeMode, ['Block', 'Filesystem'], spec.child('volumeMode')));
  return errors;
}

const IMMUTABLE_TEXT =
  'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';

/** A claim may be bound once, and grow while it is. */
function validateImmutable(next: PersistentVolumeClaim, old: PersistentVolumeClaim): FieldError[] {
  const masked = deepClone(next.spec ?? {});
  const before = old.spec ?? {};
  if ((before.volumeName ?? '') === '' && before.volumeName !== masked.volumeName) delete masked.volumeName;
  const storage = masked.resources?.requests?.['storage'];
  const had = before.resources?.requests?.['storage'];
  const errors: FieldError[] = [];
  if (
    old.status?.phase === 'Bound' &&
    masked.resources?.requests !== undefined &&
    storage !== undefined &&
    had !== undefined
  ) {
    if (
      compareQuantities(storage, had) < 0 &&
      compareQuantities(storage, old.status.capacity?.['storage'] ?? '0') <= 0
    ) {
      errors.push(
        forbidden(spec.child('resources', 'requests', 'storage'), 'field can not be less than status.capacity'),
      );
    }
    masked.resources.requests['storage'] = had;
    if (before.volumeAttributesClassName !== undefined)
      masked.volumeAttributesClassName = before.volumeAttributesClassName;
    else delete masked.volumeAttributesClassName;
  }
  if (before.storageClassName === undefined && masked.storageClassName !== undefined) delete masked.storageClassName;
  return semanticEqual(masked, before) ? errors : [...errors, forbidden(spec, IMMUTABLE_TEXT)];
}
