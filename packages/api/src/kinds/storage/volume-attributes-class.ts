import { path, required } from '../../field-errors.js';
import type { VolumeAttributesClass } from '../../gen/types.js';
import { defineKind } from '../../kind.js';
import { immutableField } from '../../meta.js';
import { ageColumn, nameColumn } from '../columns.js';
import { requiredString } from '../rules.js';

export const volumeAttributesClass = defineKind<VolumeAttributesClass>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttributesClass',
  plural: 'volumeattributesclasses',
  shortNames: ['vac'],
  scope: 'Cluster',
  updateMetadata: 'both',
  columns: [nameColumn(), { name: 'DriverName', type: 'string', value: (it) => it.driverName ?? '' }, ageColumn()],
  validate: (it) => [
    ...requiredString(it.driverName, path('driverName')),
    ...(Object.keys(it.parameters ?? {}).length === 0
      ? [required('parameters', 'must contain at least one key/value pair')]
      : []),
  ],
  validateUpdate: (next, old) =>
    (['driverName', 'parameters'] as const).flatMap((field) => immutableField(next[field], old[field], path(field))),
});
