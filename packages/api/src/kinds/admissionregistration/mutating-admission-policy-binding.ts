import { path } from '../../field-errors.js';
import type { MutatingAdmissionPolicyBinding } from '../../gen/types.js';
import { defineKind } from '../../kind.js';
import { ageColumn, nameColumn } from '../columns.js';
import { defaultMatchResources, validateMutatedResources } from './match-rules.js';
import { paramRefText, validateParamRef, validatePolicyName } from './param-rules.js';
import { ADMISSION_GROUP } from './webhook-rules.js';

const spec = path('spec');

export const mutatingAdmissionPolicyBinding = defineKind<MutatingAdmissionPolicyBinding>({
  group: ADMISSION_GROUP,
  version: 'v1',
  kind: 'MutatingAdmissionPolicyBinding',
  plural: 'mutatingadmissionpolicybindings',
  categories: ['api-extensions'],
  scope: 'Cluster',
  updateMetadata: 'create',
  plainFinalizers: true,
  strategy: { allowUnconditionalUpdate: false },
  generation: ['spec'],
  columns: [
    nameColumn(),
    { name: 'PolicyName', type: 'string', value: (it) => it.spec?.policyName ?? '' },
    { name: 'ParamRef', type: 'string', value: ({ spec: own }) => paramRefText(own?.paramRef) },
    ageColumn(),
  ],
  defaults(it) {
    if (it.spec?.matchResources !== undefined) defaultMatchResources(it.spec.matchResources);
  },
  validate: ({ spec: own = {} }) => [
    ...validatePolicyName(own.policyName ?? '', spec.child('policyName')),
    ...validateParamRef(own.paramRef, spec.child('paramRef')),
    ...(own.matchResources === undefined
      ? []
      : validateMutatedResources(own.matchResources, spec.child('matchResources'))),
  ],
});
