import { type FieldError, type Path, path, required } from '../../field-errors.js';
import type { ExpressionWarning, ValidatingAdmissionPolicy, ValidatingAdmissionPolicyStatus } from '../../gen/types.js';
import { defineKind, status } from '../../kind.js';
import { ageColumn, nameColumn } from '../columns.js';
import { validateConditions } from '../conditions.js';
import { oneOf } from '../rules.js';
import { PolicyExpressions, validateMatchConditions } from './expressions.js';
import { defaultMatchResources, validateMatchConstraints, validateMatchResources } from './match-rules.js';
import { paramKindText, validateParamKind } from './param-rules.js';
import { ADMISSION_GROUP, FAILURE_POLICIES } from './webhook-rules.js';

const spec = path('spec');

export const validatingAdmissionPolicy = defineKind<ValidatingAdmissionPolicy>({
  group: ADMISSION_GROUP,
  version: 'v1',
  kind: 'ValidatingAdmissionPolicy',
  plural: 'validatingadmissionpolicies',
  categories: ['api-extensions'],
  scope: 'Cluster',
  updateMetadata: 'create',
  plainFinalizers: true,
  strategy: { allowUnconditionalUpdate: false },
  generation: ['spec'],
  subresources: [status],
  columns: [
    nameColumn(),
    { name: 'Validations', type: 'integer', value: (it) => it.spec?.validations?.length ?? 0 },
    { name: 'ParamKind', type: 'string', value: ({ spec: own }) => paramKindText(own?.paramKind) },
    ageColumn(),
  ],
  defaults(it) {
    it.spec ??= {};
    it.spec.failurePolicy ??= 'Fail';
    if (it.spec.matchConstraints !== undefined) defaultMatchResources(it.spec.matchConstraints);
  },
  validate: validateSpec,
  validateStatusUpdate: ({ status: state = {} }) => validateStatus(state, path('status')),
});

function validateSpec({ metadata, spec: own = {} }: ValidatingAdmissionPolicy): FieldError[] {
  const errors = oneOf(own.failurePolicy, FAILURE_POLICIES, spec.child('failurePolicy'));
  if (own.paramKind !== undefined) errors.push(...validateParamKind(own.paramKind, spec.child('paramKind')));
  errors.push(
    ...validateMatchConstraints(own.matchConstraints, spec.child('matchConstraints'), validateMatchResources),
  );
  errors.push(
    ...validateMatchConditions(own.matchConditions, spec.child('matchConditions'), own.paramKind !== undefined),
  );
  const expressions = new PolicyExpressions(own.paramKind, own.variables);
  errors.push(...expressions.validateVariables(own.variables, spec.child('variables')));
  if ((own.validations ?? []).length + (own.auditAnnotations ?? []).length === 0) {
    const text = 'validations or auditAnnotations must contain at least one item';
    errors.push(required(spec.child('validations'), text), required(spec.child('auditAnnotations'), text));
  }
  for (const [index, validation] of (own.validations ?? []).entries()) {
    errors.push(...expressions.validateValidation(validation, spec.child('validations').index(index)));
  }
  const annotationsAt = spec.child('auditAnnotations');
  return [...errors, ...expressions.validateAuditAnnotations(own.auditAnnotations, metadata.name ?? '', annotationsAt)];
}

function validateStatus({ typeChecking, conditions = [] }: ValidatingAdmissionPolicyStatus, at: Path): FieldError[] {
  const warningsAt = at.child('typeChecking', 'expressionWarnings');
  return [
    ...(typeChecking?.expressionWarnings ?? []).flatMap((it, index) => validateWarning(it, warningsAt.index(index))),
    ...validateConditions(conditions, at.child('conditions')),
  ];
}

function validateWarning({ warning = '', fieldRef = '' }: ExpressionWarning, at: Path): FieldError[] {
  return [
    ...(warning === '' ? [required(at.child('warning'))] : []),
    ...(fieldRef.trim() === '' ? [required(at.child('fieldRef'))] : []),
  ];
}
