import { path } from '../../field-errors.js';
import type { MutatingAdmissionPolicyBinding } from '../../gen/types.js';
import { defineKind } from '../../kind.js';
import { ageColumn, nameColumn } from '../columns.js';
import { requiredString } from '../rules.js';
import { ADMISSION_GROUP, defaultMatchResources, validateMatchResources } from './webhook-rules.js';

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
    { name: 'ParamRef', type: 'string', value: paramText },
    ageColumn(),
  ],
  defaults(it) {
    if (it.spec?.matchResources !== undefined) defaultMatchResources(it.spec.matchResources);
  },
  validate: ({ spec: own = {} }) => [
    ...requiredString(own.policyName, spec.child('policyName')),
    ...(own.matchResources === undefined
      ? []
      : validateMatchResources(own.matchResources, spec.child('matchResources'))),
  ],
});

function paramText({ spec: own }: MutatingAdmissionPolicyBinding): string {
  if (own?.paramRef === undefined) return '<unset>';
  const { namespace = '', name = '*' } = own.paramRef;
  return namespace === '' ? name : `${namespace}/${name}`;
}
