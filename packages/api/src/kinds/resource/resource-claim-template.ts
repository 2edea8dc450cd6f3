import { path } from '../../field-errors.js';
import type { ResourceClaimTemplate } from '../../gen/types.js';
import { defineKind } from '../../kind.js';
import { immutableField } from '../../meta.js';
import { ageColumn, nameColumn } from '../columns.js';
import { validateTemplateMetadata } from '../template-metadata.js';
import { defaultClaimSpec, validateClaimSpec } from './claim-rules.js';
import { RESOURCE_GROUP } from './limits.js';

export const resourceClaimTemplate = defineKind<ResourceClaimTemplate>({
  group: RESOURCE_GROUP,
  version: 'v1',
  kind: 'ResourceClaimTemplate',
  plural: 'resourceclaimtemplates',
  scope: 'Namespaced',
  updateMetadata: ['create', 'rules', 'update', 'change'],
  columns: [nameColumn(), ageColumn()],
  defaults(it) {
    if (it.spec?.spec !== undefined) defaultClaimSpec(it.spec.spec);
  },
  validate: (it) => [
    ...validateTemplateMetadata(it.spec?.metadata ?? {}, path('spec', 'metadata')),
    ...validateClaimSpec(it.spec?.spec ?? {}, path('spec', 'spec')),
  ],
  validateUpdate: (next, old) => immutableField(next.spec, old.spec, path('spec')),
});
