import { path, required } from '../../field-errors.js';
import type { VolumeAttachment } from '../../gen/types.js';
import { defineKind, status } from '../../kind.js';
import { immutableField } from '../../meta.js';
import { ageColumn, nameColumn } from '../columns.js';
import { requiredString } from '../rules.js';

const spec = path('spec');

export const volumeAttachment = defineKind<VolumeAttachment>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttachment',
  plural: 'volumeattachments',
  scope: 'Cluster',
  updateMetadata: 'create',
  strategy: { allowUnconditionalUpdate: false },
  subresources: [status],
  columns: [
    nameColumn(),
    { name: 'Attacher', type: 'string', format: 'name', value: (it) => it.spec?.attacher ?? '' },
    { name: 'PV', type: 'string', value: (it) => it.spec?.source?.persistentVolumeName ?? '' },
    { name: 'Node', type: 'string', value: (it) => it.spec?.nodeName ?? '' },
    { name: 'Attached', type: 'boolean', value: (it) => it.status?.attached ?? false },
    ageColumn(),
  ],
  validate: ({ spec: own = {} }) => [
    ...requiredString(own.attacher, spec.child('attacher')),
    ...(own.source?.persistentVolumeName === undefined && own.source?.inlineVolumeSpec === undefined
      ? [required(spec.child('source'), 'must specify exactly one of inlineVolumeSpec and persistentVolumeName')]
      : []),
    ...requiredString(own.nodeName, spec.child('nodeName')),
  ],
  validateUpdate: (next, old) => immutableField(next.spec, old.spec, spec),
});
