import { type FieldError, forbidden, invalid, type Path, path, required } from '../../field-errors.js';
import type { HorizontalPodAutoscaler, HorizontalPodAutoscalerSpec, HPAScalingPolicy } from '../../gen/types.js';
import { type Column, defineKind, status } from '../../kind.js';
import { ageColumn, nameColumn } from '../columns.js';
import { NOT_NEGATIVE, nonNegative, nonNegativeQuantity, oneOf } from '../rules.js';
import { validateMetric, validateReference } from './metric-rules.js';
import { metricsText } from './metrics-text.js';

const spec = path('spec');

export const hpaColumns: readonly Column<HorizontalPodAutoscaler>[] = [
  nameColumn(),
  {
    name: 'Reference',
    type: 'string',
    value: ({ spec: own }) => `${own?.scaleTargetRef?.kind}/${own?.scaleTargetRef?.name}`,
  },
  { name: 'Targets', type: 'string', value: (it) => metricsText(it) },
  { name: 'MinPods', type: 'string', value: (it) => String(it.spec?.minReplicas ?? '<unset>') },
  { name: 'MaxPods', type: 'string', value: (it) => it.spec?.maxReplicas ?? 0 },
  { name: 'Replicas', type: 'string', value: (it) => it.status?.currentReplicas ?? 0 },
  ageColumn(),
];

export const horizontalPodAutoscaler = defineKind<HorizontalPodAutoscaler>({
  group: 'autoscaling',
  version: 'v2',
  kind: 'HorizontalPodAutoscaler',
  plural: 'horizontalpodautoscalers',
  shortNames: ['hpa'],
  categories: ['all'],
  scope: 'Namespaced',
  subresources: [status],
  columns: hpaColumns,
  defaults: defaultAutoscaler,
  validate: validateAutoscaler,
  validateStatusUpdate: validateAutoscalerStatus,
});

const UP_POLICIES: readonly HPAScalingPolicy[] = [
  { type: 'Pods', value: 4, periodSeconds: 15 },
  { type: 'Percent', value: 100, periodSeconds: 15 },
];
const DOWN_POLICIES: readonly HPAScalingPolicy[] = [{ type: 'Percent', value: 100, periodSeconds: 15 }];

function defaultAutoscaler(it: HorizontalPodAutoscaler): void {
  it.spec ??= {};
  it.spec.minReplicas ??= 1;
  it.spec.metrics ??= [
    { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
  ];
  const { behavior } = it.spec;
  if (behavior === undefined) return;
  behavior.scaleUp = {
    stabilizationWindowSeconds: 0,
    selectPolicy: 'Max',
    ...behavior.scaleUp,
    policies: behavior.scaleUp?.policies ?? structuredClone([...UP_POLICIES]),
  };
  behavior.scaleDown = {
    selectPolicy: 'Max',
    ...behavior.scaleDown,
    policies: behavior.scaleDown?.policies ?? structuredClone([...DOWN_POLICIES]),
  };
}

export function validateAutoscaler({ spec: own = {} }: HorizontalPodAutoscaler): FieldError[] {
  const errors: FieldError[] = [];
  const [min, max] = [own.minReplicas, own.maxReplicas ?? 0];
  if (min !== undefined && min < 1) {
    errors.push(invalid(spec.child('minReplicas'), min, 'must be greater than or equal to 1'));
  }
  if (max < 1) errors.push(required(spec.child('maxReplicas'), 'must be set and greater than 0'));
  if (min !== undefined && max < min) {
    errors.push(invalid(spec.child('maxReplicas'), max, 'must be greater than or equal to `minReplicas`'));
  }
  errors.push(...validateReference(own.scaleTargetRef ?? {}, spec.child('scaleTargetRef')));
  const metrics = own.metrics ?? [];
  errors.push(...metrics.flatMap((metric, index) => validateMetric(metric, spec.child('metrics').index(index))));
  const isOutside = metrics.some(({ type }) => type === 'Object' || type === 'External');
  if (min === 0 && !isOutside) {
    const text = 'must specify at least one Object or External metric to support scaling to zero replicas';
    errors.push(forbidden(spec.child('metrics'), text));
  }
  return [...errors, ...validateBehavior(own)];
}

const NOT_ZERO = 'must be greater than zero';
const WINDOW_SECONDS_MAX = 3600;
const PERIOD_SECONDS_MAX = 1800;

function validateBehavior({ behavior = {} }: HorizontalPodAutoscalerSpec): FieldError[] {
  return (['scaleUp', 'scaleDown'] as const).flatMap((way) => {
    const rules = behavior[way];
    if (rules === undefined) return [];
    const at = spec.child('behavior', way);
    const errors = atMost(rules.stabilizationWindowSeconds, WINDOW_SECONDS_MAX, at.child('stabilizationWindowSeconds'));
    if (rules.selectPolicy !== undefined)
      errors.push(...oneOf(rules.selectPolicy, ['Disabled', 'Max', 'Min'], at.child('selectPolicy')));
    if ((rules.policies ?? []).length === 0)
      errors.push(required(at.child('policies'), 'must specify at least one Policy'));
    for (const [index, policy] of (rules.policies ?? []).entries()) {
      const here = at.child('policies').index(index);
      errors.push(...oneOf(policy.type, ['Percent', 'Pods'], here.child('type')));
      for (const field of ['value', 'periodSeconds'] as const)
        if ((policy[field] ?? 0) <= 0) errors.push(invalid(here.child(field), policy[field] ?? 0, NOT_ZERO));
      errors.push(...atMost(policy.periodSeconds, PERIOD_SECONDS_MAX, here.child('periodSeconds')));
    }
    const { tolerance } = rules;
    if (tolerance !== undefined) errors.push(...nonNegativeQuantity(String(tolerance), at.child('tolerance')));
    return errors;
  });
}

function atMost(value: number | undefined, max: number, at: Path): FieldError[] {
  if (value === undefined || (value >= 0 && value <= max)) return [];
  const text = value < 0 ? NOT_NEGATIVE : `must be less than or equal to ${max}`;
  return [invalid(at, value, text)];
}

export function validateAutoscalerStatus({ status: state = {} }: HorizontalPodAutoscaler): FieldError[] {
  const at = path('status');
  return [
    ...nonNegative(state.currentReplicas, at.child('currentReplicas')),
    ...nonNegative(state.desiredReplicas, at.child('desiredReplicas')),
  ];
}
