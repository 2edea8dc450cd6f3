/** Rules of a claim's spec: of a claim itself, and of a template that a pod makes one from. */
import { type FieldError, forbidden, invalid, type Path, required } from '../../../field-errors.js';
import type {
  PersistentVolumeClaimSpec,
  PersistentVolumeClaimTemplate,
  TypedLocalObjectReference,
  TypedObjectReference,
} from '../../../gen/types.js';
import {
  dnsLabel,
  dnsSubdomain,
  oneOf,
  oneOfOrAbsent,
  positiveQuantity,
  requiredString,
  validateLabelSelector,
} from '../../rules.js';
import { validateTemplateMetadata } from '../../template-metadata.js';

const ACCESS_MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
export const VOLUME_MODES = ['Block', 'Filesystem'];

/** What the object that an update replaces was allowed to have. */
export interface ClaimSpecOptions {
  readonly allowAnyApiGroup?: boolean;
}

export function validateAccessModes(modes: readonly string[], path: Path): FieldError[] {
  const errors = modes.flatMap((mode) => oneOf(mode, ACCESS_MODES, path));
  const isExclusive = modes.includes('ReadWriteOncePod');
  const others = modes.some((mode) => mode !== 'ReadWriteOncePod' && ACCESS_MODES.includes(mode));
  if (isExclusive && others) errors.push(forbidden(path, 'may not use ReadWriteOncePod with other access modes'));
  return errors;
}

export function validateClaimSpec(
  spec: PersistentVolumeClaimSpec,
  path: Path,
  { allowAnyApiGroup = false }: ClaimSpecOptions = {},
): FieldError[] {
  const modes = spec.accessModes ?? [];
  const { storageClassName = '', volumeAttributesClassName = '', dataSource, dataSourceRef } = spec;
  const storage = spec.resources?.requests?.['storage'];
  const atStorage = path.child('resources').key('storage');
  const attributes = path.child('volumeAttributesClassName');
  return [
    ...(modes.length === 0 ? [required(path.child('accessModes'), 'at least 1 access mode is required')] : []),
    ...validateLabelSelector(spec.selector, path.child('selector')),
    ...validateAccessModes(modes, path.child('accessModes')),
    ...(storage === undefined ? [required(atStorage)] : positiveQuantity(storage, atStorage)),
    ...(storageClassName === '' ? [] : dnsSubdomain(storageClassName, path.child('storageClassName'))),
    ...oneOfOrAbsent(spec.volumeMode, VOLUME_MODES, path.child('volumeMode')),
    ...validateDataSource(dataSource, path.child('dataSource'), allowAnyApiGroup),
    ...validateDataSourceRef(dataSourceRef, path.child('dataSourceRef'), allowAnyApiGroup),
    ...validateTwins(spec, path),
    ...(volumeAttributesClassName === '' ? [] : dnsSubdomain(volumeAttributesClassName, attributes)),
  ];
}

function validateDataSource(
  source: TypedLocalObjectReference | undefined,
  path: Path,
  allowAnyApiGroup: boolean,
): FieldError[] {
  if (source === undefined) return [];
  const { kind = '', name } = source;
  const apiGroup = source.apiGroup ?? '';
  const errors = [...requiredString(name, path.child('name')), ...requiredString(kind, path.child('kind'))];
  if (apiGroup === '' && kind !== 'PersistentVolumeClaim') {
    const text = "must be 'PersistentVolumeClaim' when referencing the default apiGroup";
    errors.push(invalid(path, kind, text));
  }
  if (apiGroup !== '' && !allowAnyApiGroup) errors.push(...dnsSubdomain(apiGroup, path.child('apiGroup')));
  return errors;
}

function validateDataSourceRef(
  source: TypedObjectReference | undefined,
  path: Path,
  allowAnyApiGroup: boolean,
): FieldError[] {
  const errors = validateDataSource(source, path, allowAnyApiGroup);
  const namespace = source?.namespace ?? '';
  return namespace === '' ? errors : [...errors, ...dnsLabel(namespace, path.child('namespace'))];
}

/** `dataSource` is the older of two fields for one thing. */
function validateTwins({ dataSource, dataSourceRef }: PersistentVolumeClaimSpec, path: Path): FieldError[] {
  if (dataSource === undefined || dataSourceRef === undefined) return [];
  const { namespace = '' } = dataSourceRef;
  // What is shown is a path of upstream's own, of which nothing is written.
  const at = {};
  if (namespace !== '') return [invalid(path, at, 'may not be specified when dataSourceRef.namespace is specified')];
  const same = (['apiGroup', 'kind', 'name'] as const).every(
    (field) => (dataSource[field] ?? null) === (dataSourceRef[field] ?? null),
  );
  return same ? [] : [invalid(path, at, 'must match dataSourceRef')];
}

export function validateClaimTemplate(template: PersistentVolumeClaimTemplate, path: Path): FieldError[] {
  return [
    ...validateTemplateMetadata(template.metadata ?? {}, path.child('metadata')),
    ...validateClaimSpec(template.spec ?? {}, path.child('spec')),
  ];
}
