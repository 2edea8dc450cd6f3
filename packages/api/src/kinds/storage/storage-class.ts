import { path } from '../../field-errors.js';
import type { StorageClass } from '../../gen/types.js';
import { defineKind } from '../../kind.js';
import { immutableField } from '../../meta.js';
import { wasSaidEmpty } from '../../normalize.js';
import { ageColumn } from '../columns.js';
import { oldLabelAt } from '../node-labels.js';
import { oneOfOrAbsent } from '../rules.js';
import { validateParameters, validateProvisioner } from './parameters.js';
import { validateTopologies } from './topologies.js';

const IS_DEFAULT = 'storageclass.kubernetes.io/is-default-class';

export const storageClass = defineKind<StorageClass>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'StorageClass',
  plural: 'storageclasses',
  shortNames: ['sc'],
  scope: 'Cluster',
  updateMetadata: ['create', 'rules', 'update', 'change'],
  columns: [
    {
      name: 'Name',
      type: 'string',
      format: 'name',
      value: ({ metadata }) => `${metadata.name}${metadata.annotations?.[IS_DEFAULT] === 'true' ? ' (default)' : ''}`,
    },
    { name: 'Provisioner', type: 'string', value: (it) => it.provisioner ?? '' },
    { name: 'ReclaimPolicy', type: 'string', value: (it) => it.reclaimPolicy ?? 'Delete' },
    { name: 'VolumeBindingMode', type: 'string', value: (it) => it.volumeBindingMode ?? 'Immediate' },
    { name: 'AllowVolumeExpansion', type: 'string', value: (it) => it.allowVolumeExpansion ?? false },
    ageColumn(),
  ],
  defaults(it) {
    it.reclaimPolicy ??= 'Delete';
    it.volumeBindingMode ??= 'Immediate';
  },
  validate: (it) => [
    ...validateProvisioner(it.provisioner, 'provisioner'),
    ...validateParameters(it.parameters),
    ...oneOfOrAbsent(it.reclaimPolicy, ['Delete', 'Retain'], path('reclaimPolicy')),
    ...oneOfOrAbsent(it.volumeBindingMode, ['Immediate', 'WaitForFirstConsumer'], path('volumeBindingMode')),
    ...validateTopologies(it.allowedTopologies ?? []),
  ],
  validateUpdate: (next, old) =>
    (['parameters', 'provisioner', 'reclaimPolicy', 'volumeBindingMode'] as const).flatMap((field) => {
      const errors = immutableField(next[field], old[field], path(field));
      return wasSaidEmpty(next, field) ? errors.map((error) => ({ ...error, value: {} })) : errors;
    }),
  strategy: {
    warnings: ({ allowedTopologies = [] }) =>
      allowedTopologies.flatMap(({ matchLabelExpressions = [] }, index) =>
        matchLabelExpressions.flatMap(({ key }, at) =>
          oldLabelAt(key, path('allowedTopologies').index(index).child('matchLabelExpressions').index(at).child('key')),
        ),
      ),
  },
});
