/** What may change of a claim: it is bound once, it may grow while it is, and its class may be named once. */
import { type FieldError, forbidden, invalid, notSupported, type Path, path, required } from '../../../field-errors.js';
import type { PersistentVolumeClaim, PersistentVolumeClaimStatus } from '../../../gen/types.js';
import { internalDiff } from '../../../internal-form.js';
import { FIELD_IMMUTABLE, immutableField } from '../../../meta.js';
import { qualifiedNameErrors } from '../../../names.js';
import { deepClone, equalInForm } from '../../../object.js';
import { compareQuantities } from '../../../quantity.js';
import { nonNegativeQuantity, validResourceQuantity } from '../../rules.js';
import { isNativeResource } from '../resource-names.js';
import { STORAGE_CLASS } from '../storage-class-annotation.js';

const spec = path('spec');
const SPEC_TYPE = 'io.k8s.api.core.v1.PersistentVolumeClaimSpec';
const IMMUTABLE =
  'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';

export function validateClaimUpdate(next: PersistentVolumeClaim, old: PersistentVolumeClaim): FieldError[] {
  const [after, before] = [deepClone(next.spec ?? {}), deepClone(old.spec ?? {})];
  if ((before.volumeName ?? '') === '') {
    if (after.volumeName === undefined) delete before.volumeName;
    else before.volumeName = after.volumeName;
  }
  const errors = settleClass(next, old, after);
  if (next.status?.phase === 'Bound') {
    const had = before.resources?.requests?.['storage'];
    if (after.resources?.requests !== undefined) after.resources.requests['storage'] = had ?? '0';
    if (after.volumeAttributesClassName !== undefined) {
      if (before.volumeAttributesClassName === undefined) delete after.volumeAttributesClassName;
      else after.volumeAttributesClassName = before.volumeAttributesClassName;
    }
  }
  if (!isSameSpec(after, before)) {
    errors.push(forbidden(spec, `${IMMUTABLE}\n${internalDiff(SPEC_TYPE, before, after)}`));
  }
  return [
    ...errors,
    ...validateSize(next, old),
    ...immutableField(next.spec?.volumeMode, old.spec?.volumeMode, path('volumeMode')),
    ...validateAttributesClass(next, old),
  ];
}

/** Whether nothing else changed; amounts are compared as such. */
function isSameSpec(a: object, b: object): boolean {
  return equalInForm(a, b) || (equalInForm(withoutAmounts(a), withoutAmounts(b)) && sameAmounts(a, b));
}

type Amounts = NonNullable<PersistentVolumeClaim['spec']>;

function withoutAmounts({ resources: _, ...rest }: Amounts): object {
  return rest;
}

function sameAmounts(a: Amounts, b: Amounts): boolean {
  return (['limits', 'requests'] as const).every((field) => {
    const [left, right] = [a.resources?.[field] ?? {}, b.resources?.[field] ?? {}];
    const names = Object.keys(left);
    return (
      names.length === Object.keys(right).length &&
      names.every((name) => right[name] !== undefined && compareQuantities(left[name]!, right[name]) === 0)
    );
  });
}

/** The class may move from the old annotation to its field, or be named where none was; the annotation stays. */
function settleClass(next: PersistentVolumeClaim, old: PersistentVolumeClaim, after: Amounts): FieldError[] {
  const [name, before] = [next.spec?.storageClassName, old.spec?.storageClassName];
  const annotation = next.metadata.annotations?.[STORAGE_CLASS];
  const had = old.metadata.annotations?.[STORAGE_CLASS];
  const mayBeNamed = name !== undefined && before === undefined && (had === undefined || name === had);
  if (mayBeNamed) delete after.storageClassName;
  if (mayBeNamed && had !== undefined && (annotation === undefined || annotation === had)) return [];
  if ((annotation ?? '') === (had ?? '')) return [];
  return [invalid(path('metadata', 'annotations', STORAGE_CLASS), annotation ?? '', FIELD_IMMUTABLE)];
}

/** A claim may ask for less than it did, after growing failed, but not for what it has already. */
function validateSize(next: PersistentVolumeClaim, old: PersistentVolumeClaim): FieldError[] {
  const sizeOf = (it: PersistentVolumeClaim) => it.spec?.resources?.requests?.['storage'] ?? '0';
  const has = old.status?.capacity?.['storage'] ?? '0';
  if (compareQuantities(sizeOf(next), sizeOf(old)) >= 0 || compareQuantities(sizeOf(next), has) > 0) return [];
  return [forbidden(spec.child('resources', 'requests', 'storage'), 'field can not be less than status.capacity')];
}

function validateAttributesClass(next: PersistentVolumeClaim, old: PersistentVolumeClaim): FieldError[] {
  const [name, had] = [next.spec?.volumeAttributesClassName, old.spec?.volumeAttributesClassName];
  if (had === undefined || name === had) return [];
  const at = spec.child('volumeAttributesClassName');
  if (name === undefined) return [forbidden(at, 'update from non-nil value to nil is forbidden')];
  return name === '' ? [forbidden(at, 'update from non-nil value to an empty string is forbidden')] : [];
}

const RESIZE_STATUSES = [
  ...['ControllerResizeInProgress', 'ControllerResizeInfeasible', 'NodeResizeInProgress', 'NodeResizeInfeasible'],
  ...['NodeResizePending'],
].sort();

export function validateClaimStatus(next: PersistentVolumeClaim): FieldError[] {
  const at = path('status');
  const { capacity = {}, allocatedResources = {} } = next.status ?? {};
  return [
    ...((next.spec?.accessModes ?? []).length === 0 ? [required(path('Spec', 'accessModes'))] : []),
    ...Object.entries(capacity).flatMap(([name, value]) =>
      validResourceQuantity(value, at.child('capacity').key(name)),
    ),
    ...validateResizing(next.status ?? {}, at.child('allocatedResourceStatuses')),
    ...Object.entries(allocatedResources).flatMap(([name, value]) =>
      validateAllocated(name, value, at.child('allocatedResources')),
    ),
  ];
}

function validateResizing({ allocatedResourceStatuses = {} }: PersistentVolumeClaimStatus, at: Path): FieldError[] {
  return Object.entries(allocatedResourceStatuses).flatMap(([name, state]) => [
    ...validateClaimResourceName(name, at),
    // Upstream shows the resource, not its state.
    ...(RESIZE_STATUSES.includes(state) ? [] : [notSupported(at, name, RESIZE_STATUSES)]),
  ]);
}

function validateAllocated(name: string, value: string, at: Path): FieldError[] {
  const errors = validateClaimResourceName(name, at);
  if (errors.length > 0) return errors;
  const invalidAmount = validResourceQuantity(value, at.key(name));
  return invalidAmount.length > 0 ? invalidAmount : nonNegativeQuantity(value, at.key(name));
}

function validateClaimResourceName(name: string, at: Path): FieldError[] {
  const errors = qualifiedNameErrors(name).map((text) => invalid(at, name, text));
  if (errors.length > 0 || !isNativeResource(name) || name === 'storage') return errors;
  return [notSupported(at, name, ['storage'])];
}
