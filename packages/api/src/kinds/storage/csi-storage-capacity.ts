import { path } from '../../field-errors.js';
import type { CSIStorageCapacity } from '../../gen/types.js';
import { defineKind } from '../../kind.js';
import { immutableField } from '../../meta.js';
import { nonNegativeQuantity, requiredString, validateLabelSelector } from '../rules.js';

export const csiStorageCapacity = defineKind<CSIStorageCapacity>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIStorageCapacity',
  plural: 'csistoragecapacities',
  scope: 'Namespaced',
  updateMetadata: 'both',
  strategy: { allowUnconditionalUpdate: false },
  validate: (it) => [
    ...requiredString(it.storageClassName, path('storageClassName')),
    ...validateLabelSelector(it.nodeTopology, path('nodeTopology')),
    ...(it.capacity === undefined ? [] : nonNegativeQuantity(it.capacity, path('capacity'))),
  ],
  validateUpdate: (next, old) =>
    (['nodeTopology', 'storageClassName'] as const).flatMap((field) =>
      immutableField(next[field], old[field], path(field)),
    ),
});
