import { path, required } from '../../field-errors.js';
import type { RuntimeClass } from '../../gen/types.js';
import { defineKind } from '../../kind.js';
import { immutableField } from '../../meta.js';
import { ageColumn, nameColumn } from '../columns.js';
import { dnsLabel } from '../rules.js';

export const runtimeClass = defineKind<RuntimeClass>({
  group: 'node.k8s.io',
  version: 'v1',
  kind: 'RuntimeClass',
  plural: 'runtimeclasses',
  scope: 'Cluster',
  updateMetadata: 'both',
  plainFinalizers: true,
  columns: [nameColumn(), { name: 'Handler', type: 'string', value: (it) => it.handler ?? '' }, ageColumn()],
  validate: ({ handler = '' }) => (handler === '' ? [required('handler')] : dnsLabel(handler, path('handler'))),
  validateUpdate: (next, old) => immutableField(next.handler, old.handler, path('handler')),
  strategy: { allowUnconditionalUpdate: false },
});
