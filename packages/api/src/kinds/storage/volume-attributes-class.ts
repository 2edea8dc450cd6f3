import { forbidden, required } from '../../field-errors.js';
import type { VolumeAttributesClass } from '../../gen/types.js';
import { defineKind } from '../../kind.js';
import { deepEqual } from '../../object.js';
import { ageColumn, nameColumn } from '../columns.js';
import { validateParameters, validateProvisioner } from './parameters.js';

export const volumeAttributesClass = defineKind<VolumeAttributesClass>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttributesClass',
  plural: 'volumeattributesclasses',
  shortNames: ['vac'],
  scope: 'Cluster',
  updateMetadata: ['update', 'change', 'create', 'rules'],
  columns: [nameColumn(), { name: 'DriverName', type: 'string', value: (it) => it.driverName ?? '' }, ageColumn()],
  validate: (it) => [
    ...validateProvisioner(it.driverName, 'driverName'),
    ...validateParameters(it.parameters),
    ...(Object.keys(it.parameters ?? {}).length === 0
      ? [required('parameters', 'must contain at least one key/value pair')]
      : []),
  ],
  validateUpdate: (next, old) =>
    (['driverName', 'parameters'] as const).flatMap((field) =>
      deepEqual(next[field], old[field]) ? [] : [forbidden(field, `updates to ${field} are forbidden.`)],
    ),
});
