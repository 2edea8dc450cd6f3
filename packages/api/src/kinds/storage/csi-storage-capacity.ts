import { path } from '../../field-errors.js';
import type { CSIStorageCapacity } from '../../gen/types.js';
import { defineKind } from '../../kind.js';
import { immutableField } from '../../meta.js';
import { oldLabelsInSelector } from '../node-labels.js';
import { dnsSubdomain, nonNegativeQuantity, validateLabelSelector } from '../rules.js';

export const csiStorageCapacity = defineKind<CSIStorageCapacity>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIStorageCapacity',
  plural: 'csistoragecapacities',
  scope: 'Namespaced',
  updateMetadata: ['create', 'rules', 'update', 'change'],
  strategy: {
    allowUnconditionalUpdate: false,
    warnings: (it) => oldLabelsInSelector(it.nodeTopology, path('nodeTopology')),
  },
  validate: (it) => [
    ...validateLabelSelector(it.nodeTopology, path('nodeTopology')),
    ...dnsSubdomain(it.storageClassName ?? '', path('storageClassName')),
    ...(it.capacity === undefined ? [] : nonNegativeQuantity(it.capacity, path('capacity'))),
  ],
  validateUpdate: (next, old) =>
    (['nodeTopology', 'storageClassName'] as const).flatMap((field) =>
      immutableField(next[field], old[field], path(field)),
    ),
});
