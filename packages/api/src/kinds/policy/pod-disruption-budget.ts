import { type FieldError, invalid, path } from '../../field-errors.js';
import type { PodDisruptionBudget } from '../../gen/types.js';
import { internalForm } from '../../internal-form.js';
import { defineKind, status } from '../../kind.js';
import { notMoreThanAll, validateIntOrPercent } from '../apps/workload.js';
import { ageColumn, nameColumn } from '../columns.js';
import { validateConditions } from '../conditions.js';
import { nonNegative, oneOfOrAbsent, validateLabelSelector } from '../rules.js';

const spec = path('spec');

export const podDisruptionBudget = defineKind<PodDisruptionBudget>({
  group: 'policy',
  version: 'v1',
  kind: 'PodDisruptionBudget',
  plural: 'poddisruptionbudgets',
  shortNames: ['pdb'],
  scope: 'Namespaced',
  updateMetadata: 'none',
  plainMetadata: true,
  generation: ['spec'],
  subresources: [status],
  columns: [
    nameColumn(),
    { name: 'Min Available', type: 'string', value: (it) => String(it.spec?.minAvailable ?? 'N/A') },
    { name: 'Max Unavailable', type: 'string', value: (it) => String(it.spec?.maxUnavailable ?? 'N/A') },
    { name: 'Allowed Disruptions', type: 'integer', value: (it) => it.status?.disruptionsAllowed ?? 0 },
    ageColumn(),
  ],
  validate: validateSpec,
  validateStatusUpdate: validateStatus,
  strategy: { allowUnconditionalUpdate: false },
});

function validateSpec({ spec: own = {} }: PodDisruptionBudget): FieldError[] {
  const errors: FieldError[] = [];
  if (own.minAvailable !== undefined && own.maxUnavailable !== undefined) {
    const shown = internalForm('io.k8s.api.policy.v1.PodDisruptionBudgetSpec', own);
    errors.push(invalid(spec, shown, 'minAvailable and maxUnavailable cannot be both set'));
  }
  for (const field of ['minAvailable', 'maxUnavailable'] as const) {
    errors.push(
      ...validateIntOrPercent(own[field], spec.child(field)),
      ...notMoreThanAll(own[field], spec.child(field)),
    );
  }
  errors.push(...validateLabelSelector(own.selector, spec.child('selector')));
  const policies = ['AlwaysAllow', 'IfHealthyBudget'];
  return [
    ...errors,
    ...oneOfOrAbsent(own.unhealthyPodEvictionPolicy, policies, spec.child('unhealthyPodEvictionPolicy')),
  ];
}

const COUNTS = ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'] as const;

function validateStatus({ status: state = {} }: PodDisruptionBudget): FieldError[] {
  const at = path('status');
  return [
    ...validateConditions(state.conditions ?? [], at.child('conditions')),
    ...COUNTS.flatMap((field) => nonNegative(state[field], at.child(field))),
  ];
}
