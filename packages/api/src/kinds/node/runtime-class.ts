import { duplicate, type FieldError, path, required } from '../../field-errors.js';
import type { RuntimeClass, Toleration } from '../../gen/types.js';
import { defineKind } from '../../kind.js';
import { immutableField, validateLabels } from '../../meta.js';
import { ageColumn, nameColumn } from '../columns.js';
import { roundList } from '../core/pod-spec/defaults.js';
import { validateResources } from '../core/pod-spec/resources.js';
import { validateTolerations } from '../core/pod-spec/scheduling.js';
import { oldLabelAt } from '../node-labels.js';
import { dnsLabel } from '../rules.js';

const scheduling = path('scheduling');

export const runtimeClass = defineKind<RuntimeClass>({
  group: 'node.k8s.io',
  version: 'v1',
  kind: 'RuntimeClass',
  plural: 'runtimeclasses',
  scope: 'Cluster',
  updateMetadata: ['create', 'rules', 'update', 'change'],
  plainFinalizers: true,
  columns: [nameColumn(), { name: 'Handler', type: 'string', value: (it) => it.handler ?? '' }, ageColumn()],
  defaults: (it) => roundList(it.overhead?.podFixed),
  validate: ({ handler = '', overhead, scheduling: own = {} }) => [
    ...(handler === '' ? [required('handler')] : dnsLabel(handler, path('handler'))),
    ...(overhead === undefined ? [] : validateResources({ limits: overhead.podFixed }, path('overhead'))),
    ...validateLabels(own.nodeSelector, scheduling.child('nodeSelector')),
    ...validateTolerations(own.tolerations ?? [], scheduling.child('tolerations')),
    ...repeated(own.tolerations ?? []),
  ],
  validateUpdate: (next, old) => immutableField(next.handler, old.handler, path('handler')),
  strategy: {
    allowUnconditionalUpdate: false,
    warnings: ({ scheduling: own = {} }) =>
      Object.keys(own.nodeSelector ?? {}).flatMap((key) => oldLabelAt(key, scheduling.child('nodeSelector'))),
  },
});

/** Two tolerations of the same taints are one too many, however long they hold. */
function repeated(tolerations: readonly Toleration[]): FieldError[] {
  const seen = new Set<string>();
  return tolerations.flatMap((it, index) => {
    const { key = '', operator = '', value = '', effect = '' } = it;
    const identity = JSON.stringify([key, operator, value, effect]);
    if (seen.has(identity)) return [duplicate(scheduling.child('tolerations').index(index), it)];
    seen.add(identity);
    return [];
  });
}
