import { duplicate, type FieldError, invalid, type Path, path, required } from '../../field-errors.js';
import type { CSINode, CSINodeDriver } from '../../gen/types.js';
import { internalForm } from '../../internal-form.js';
import { defineKind } from '../../kind.js';
import { FIELD_IMMUTABLE, validateLabelName } from '../../meta.js';
import { equalInForm } from '../../object.js';
import { ageColumn, nameColumn } from '../columns.js';
import { driverName } from '../core/volumes/source-rules.js';
import { nonNegative } from '../rules.js';

const drivers = path('spec', 'drivers');
const NODE_ID_BYTES_MAX = 256;

export const csiNode = defineKind<CSINode>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSINode',
  plural: 'csinodes',
  scope: 'Cluster',
  updateMetadata: 'create',
  strategy: { allowUnconditionalUpdate: false },
  columns: [
    nameColumn(),
    { name: 'Drivers', type: 'integer', value: (it) => it.spec?.drivers?.length ?? 0 },
    ageColumn(),
  ],
  validate: validateDrivers,
  validateUpdate: validateSameDrivers,
});

function validateDrivers(it: CSINode): FieldError[] {
  const seen = new Set<string>();
  return (it.spec?.drivers ?? []).flatMap(({ name = '', nodeID = '', allocatable, topologyKeys = [] }, index) => {
    const at = drivers.index(index);
    const errors = driverName(name, at.child('name'));
    if (nodeID === '') errors.push(required(at.child('nodeID')));
    if (Buffer.byteLength(nodeID) > NODE_ID_BYTES_MAX) {
      errors.push(invalid(at.child('nodeID'), nodeID, `must be ${NODE_ID_BYTES_MAX} characters or less`));
    }
    errors.push(...nonNegative(allocatable?.count, at.child('allocatable', 'count')));
    if (seen.has(name)) errors.push(duplicate(at.child('name'), name));
    seen.add(name);
    return [...errors, ...validateTopologyKeys(topologyKeys, at)];
  });
}

/** Errors of keys point at their driver. */
function validateTopologyKeys(keys: readonly string[], at: Path): FieldError[] {
  const seen = new Set<string>();
  return keys.flatMap((key) => {
    const errors: FieldError[] = key === '' ? [required(at)] : [];
    if (seen.has(key)) errors.push(duplicate(at, key));
    seen.add(key);
    return [...errors, ...validateLabelName(key, at)];
  });
}

/** A driver may come and go; while it is there only what it can hold changes. */
function validateSameDrivers(next: CSINode, old: CSINode): FieldError[] {
  const after = new Map<string, CSINodeDriver[]>();
  for (const { allocatable: _, ...driver } of next.spec?.drivers ?? []) {
    const name = driver.name ?? '';
    after.set(name, [...(after.get(name) ?? []), driver]);
  }
  return (old.spec?.drivers ?? []).flatMap(({ allocatable: _, ...before }) =>
    (after.get(before.name ?? '') ?? [])
      .filter((driver) => !equalInForm(driver, before))
      .map((driver) => invalid(drivers, internalForm('io.k8s.api.storage.v1.CSINodeDriver', driver), FIELD_IMMUTABLE)),
  );
}
