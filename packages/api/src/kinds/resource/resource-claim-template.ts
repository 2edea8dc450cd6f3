import { invalid, path } from '../../field-errors.js';
import type { ResourceClaimTemplate } from '../../gen/types.js';
import { internalForm } from '../../internal-form.js';
import { defineKind } from '../../kind.js';
import { FIELD_IMMUTABLE } from '../../meta.js';
import { equalInForm } from '../../object.js';
import { ageColumn, nameColumn } from '../columns.js';
import { validateTemplateMetadata } from '../template-metadata.js';
import { defaultClaimSpec, validateClaimSpec } from './claim-rules.js';
import { RESOURCE_GROUP } from './limits.js';

const SPEC_TYPE = 'io.k8s.api.resource.v1.ResourceClaimTemplateSpec';

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
  validateUpdate: (next, old) =>
    equalInForm(next.spec, old.spec)
      ? []
      : [invalid(path('spec'), internalForm(SPEC_TYPE, next.spec), FIELD_IMMUTABLE)],
});
