import { path } from '../../field-errors.js';
import type { CSIDriver } from '../../gen/types.js';
import { defineKind } from '../../kind.js';
import { immutableField } from '../../meta.js';
import { ageColumn, nameColumn } from '../columns.js';
import { oneOfOrAbsent } from '../rules.js';

const spec = path('spec');

const TOKENS_IN_ATTRIBUTES =
  'spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent possible logging of tokens in volume attributes';

export const csiDriver = defineKind<CSIDriver>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIDriver',
  plural: 'csidrivers',
  scope: 'Cluster',
  strategy: {
    allowUnconditionalUpdate: false,
    warnings: ({ spec: own = {} }) =>
      (own.tokenRequests ?? []).length > 0 && own.serviceAccountTokenInSecrets === undefined
        ? [TOKENS_IN_ATTRIBUTES]
        : [],
  },
  columns: [
    nameColumn(),
    { name: 'AttachRequired', type: 'boolean', value: (it) => it.spec?.attachRequired ?? true },
    { name: 'PodInfoOnMount', type: 'boolean', value: (it) => it.spec?.podInfoOnMount ?? false },
    { name: 'StorageCapacity', type: 'boolean', value: (it) => it.spec?.storageCapacity ?? false },
    {
      name: 'TokenRequests',
      type: 'string',
      value: ({ spec: own }) => own?.tokenRequests?.map(({ audience = '' }) => audience).join(',') ?? '<unset>',
    },
    { name: 'RequiresRepublish', type: 'boolean', value: (it) => it.spec?.requiresRepublish ?? false },
    { name: 'Modes', type: 'string', value: (it) => (it.spec?.volumeLifecycleModes ?? []).join(',') || '<none>' },
    ageColumn(),
  ],
  defaults(it) {
    it.spec ??= {};
    it.spec.attachRequired ??= true;
    it.spec.podInfoOnMount ??= false;
    it.spec.storageCapacity ??= false;
    it.spec.fsGroupPolicy ??= 'ReadWriteOnceWithFSType';
    it.spec.volumeLifecycleModes ??= ['Persistent'];
    it.spec.requiresRepublish ??= false;
    it.spec.seLinuxMount ??= false;
  },
  validate: ({ spec: own = {} }) =>
    oneOfOrAbsent(own.fsGroupPolicy, ['File', 'None', 'ReadWriteOnceWithFSType'], spec.child('fsGroupPolicy')),
  validateUpdate: (next, old) =>
    (['attachRequired', 'volumeLifecycleModes'] as const).flatMap((field) =>
      immutableField(next.spec?.[field], old.spec?.[field], spec.child(field)),
    ),
});
