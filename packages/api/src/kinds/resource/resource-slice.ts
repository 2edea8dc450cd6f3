import { path } from '../../field-errors.js';
import type { ResourceSlice } from '../../gen/types.js';
import { defineKind } from '../../kind.js';
import { immutableField } from '../../meta.js';
import { ageColumn, nameColumn } from '../columns.js';
import { requiredString } from '../rules.js';
import { RESOURCE_GROUP } from './device-rules.js';

const spec = path('spec');

export const resourceSlice = defineKind<ResourceSlice>({
  group: RESOURCE_GROUP,
  version: 'v1',
  kind: 'ResourceSlice',
  plural: 'resourceslices',
  scope: 'Cluster',
  generation: ['spec'],
  columns: [
    nameColumn(),
    { name: 'Node', type: 'string', value: (it) => it.spec?.nodeName ?? '' },
    { name: 'Driver', type: 'string', value: (it) => it.spec?.driver ?? '' },
    { name: 'Pool', type: 'string', value: (it) => it.spec?.pool?.name ?? '' },
    ageColumn(),
  ],
  selectableFields: {
    'spec.nodeName': (it) => it.spec?.nodeName ?? '',
    'spec.driver': (it) => it.spec?.driver ?? '',
  },
  validate: ({ spec: own = {} }) => [
    ...requiredString(own.driver, spec.child('driver')),
    ...requiredString(own.pool?.name, spec.child('pool', 'name')),
  ],
  validateUpdate: (next, old) =>
    (['driver', 'nodeName'] as const).flatMap((field) =>
      immutableField(next.spec?.[field], old.spec?.[field], spec.child(field)),
    ),
});
