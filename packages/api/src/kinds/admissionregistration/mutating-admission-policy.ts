import { type FieldError, path, required } from '../../field-errors.js';
import type { MutatingAdmissionPolicy } from '../../gen/types.js';
import { defineKind } from '../../kind.js';
import { ageColumn, nameColumn } from '../columns.js';
import { oneOf } from '../rules.js';
import { PolicyExpressions, validateMatchConditions } from './expressions.js';
import { defaultMatchResources, validateMatchConstraints, validateMutatedResources } from './match-rules.js';
import { paramKindText, validateParamKind } from './param-rules.js';
import { ADMISSION_GROUP, FAILURE_POLICIES, REINVOCATION_POLICIES } from './webhook-rules.js';

const spec = path('spec');

export const mutatingAdmissionPolicy = defineKind<MutatingAdmissionPolicy>({
  group: ADMISSION_GROUP,
  version: 'v1',
  kind: 'MutatingAdmissionPolicy',
  plural: 'mutatingadmissionpolicies',
  categories: ['api-extensions'],
  scope: 'Cluster',
  updateMetadata: 'create',
  plainFinalizers: true,
  strategy: { allowUnconditionalUpdate: false },
  generation: ['spec'],
  columns: [
    nameColumn(),
    { name: 'Mutations', type: 'integer', value: (it) => it.spec?.mutations?.length ?? 0 },
    { name: 'ParamKind', type: 'string', value: ({ spec: own }) => paramKindText(own?.paramKind) },
    ageColumn(),
  ],
  defaults(it) {
    it.spec ??= {};
    it.spec.failurePolicy ??= 'Fail';
    if (it.spec.matchConstraints !== undefined) defaultMatchResources(it.spec.matchConstraints);
  },
  validate: validateSpec,
});

function validateSpec({ spec: own = {} }: MutatingAdmissionPolicy): FieldError[] {
  const errors = oneOf(own.failurePolicy, FAILURE_POLICIES, spec.child('failurePolicy'));
  if (own.paramKind !== undefined) errors.push(...validateParamKind(own.paramKind, spec.child('paramKind')));
  errors.push(
    ...validateMatchConstraints(own.matchConstraints, spec.child('matchConstraints'), validateMutatedResources),
  );
  errors.push(
    ...validateMatchConditions(own.matchConditions, spec.child('matchConditions'), own.paramKind !== undefined),
  );
  const expressions = new PolicyExpressions(own.paramKind, own.variables, { patchTypes: true });
  errors.push(...expressions.validateVariables(own.variables, spec.child('variables')));
  if ((own.mutations ?? []).length === 0)
    errors.push(required(spec.child('mutations'), 'mutations must contain at least one item'));
  for (const [index, mutation] of (own.mutations ?? []).entries()) {
    errors.push(...expressions.validateMutation(mutation, spec.child('mutations').index(index)));
  }
  const policy = own.reinvocationPolicy ?? '';
  const at = spec.child('reinvocationPolicy');
  return policy === '' ? [...errors, required(at)] : [...errors, ...oneOf(policy, REINVOCATION_POLICIES, at)];
}
