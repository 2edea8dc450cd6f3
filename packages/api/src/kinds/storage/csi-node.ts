import { duplicate, type FieldError, path, required } from '../../field-errors.js';
import type { CSINode } from '../../gen/types.js';
import { defineKind } from '../../kind.js';
import { ageColumn, nameColumn } from '../columns.js';

const drivers = path('spec', 'drivers');

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
});

function validateDrivers(it: CSINode): FieldError[] {
  const seen = new Set<string>();
  return (it.spec?.drivers ?? []).flatMap(({ name = '', nodeID = '' }, index) => {
    const at = drivers.index(index);
    const errors: FieldError[] = [];
    if (name === '') errors.push(required(at.child('name')));
    if (nodeID === '') errors.push(required(at.child('nodeID')));
    if (seen.has(name)) errors.push(duplicate(at.child('name'), name));
    seen.add(name);
    return errors;
  });
}
