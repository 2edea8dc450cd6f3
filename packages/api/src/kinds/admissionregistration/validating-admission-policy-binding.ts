import { path, required } from '../../field-errors.js';
import type { ValidatingAdmissionPolicyBinding } from '../../gen/types.js';
import { defineKind } from '../../kind.js';
import { ageColumn, nameColumn } from '../columns.js';
import { requiredString } from '../rules.js';
import { ADMISSION_GROUP, defaultMatchResources, validateMatchResources } from './webhook-rules.js';

const spec = path('spec');

export const validatingAdmissionPolicyBinding = defineKind<ValidatingAdmissionPolicyBinding>({
  group: ADMISSION_GROUP,
  version: 'v1',
  kind: 'ValidatingAdmissionPolicyBinding',
  plural: 'validatingadmissionpolicybindings',
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
    ...((own.validationActions ?? []).length === 0 ? [required(spec.child('validationActions'))] : []),
  ],
});

function paramText({ spec: own }: ValidatingAdmissionPolicyBinding): string {
  if (own?.paramRef === undefined) return '<unset>';
  const { namespace = '', name = '*' } = own.paramRef;
  return namespace === '' ? name : `${namespace}/${name}`;
}
