import { path } from '../../field-errors.js';
import type { DeviceClass } from '../../gen/types.js';
import { defineKind } from '../../kind.js';
import { ageColumn, nameColumn } from '../columns.js';
import { requiredString } from '../rules.js';
import { RESOURCE_GROUP } from './device-rules.js';

const selectors = path('spec', 'selectors');

export const deviceClass = defineKind<DeviceClass>({
  group: RESOURCE_GROUP,
  version: 'v1',
  kind: 'DeviceClass',
  plural: 'deviceclasses',
  scope: 'Cluster',
  updateMetadata: 'both',
  generation: ['spec'],
  columns: [nameColumn(), ageColumn()],
  validate: (it) =>
    (it.spec?.selectors ?? []).flatMap(({ cel }, index) =>
      requiredString(cel?.expression, selectors.index(index).child('cel', 'expression')),
    ),
});
