import { type FieldError, invalid, type Path, path, required } from '../../field-errors.js';
import type { HorizontalPodAutoscaler, HPAScalingPolicy, MetricSpec, MetricTarget } from '../../gen/types.js';
import { type Column, defineKind, status } from '../../kind.js';
import { ageColumn, nameColumn } from '../columns.js';
import { oneOf, POSITIVE, requiredString } from '../rules.js';
import { metricsText } from './metrics-text.js';

const spec = path('spec');
const METRIC_TYPES = ['ContainerResource', 'External', 'Object', 'Pods', 'Resource'];

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
});

const UP_POLICIES: readonly HPAScalingPolicy[] = [
  { type: 'Pods', value: 4, periodSeconds: 15 },
  { type: 'Percent', value: 100, periodSeconds: 15 },
];
const DOWN_POLICIES: readonly HPAScalingPolicy[] = [{ type: 'Percent', value: 100, periodSeconds: 15 }];

export function defaultAutoscaler(it: HorizontalPodAutoscaler): void {
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
  errors.push(...requiredString(own.scaleTargetRef?.kind, spec.child('scaleTargetRef', 'kind')));
  errors.push(...requiredString(own.scaleTargetRef?.name, spec.child('scaleTargetRef', 'name')));
  return [
    ...errors,
    ...(own.metrics ?? []).flatMap((metric, index) => validateMetric(metric, spec.child('metrics').index(index))),
  ];
}

function validateMetric(metric: MetricSpec, at: Path): FieldError[] {
  const type = metric.type ?? '';
  if (type === '') return [required(at.child('type'), 'must specify a metric source type')];
  const errors = oneOf(type, METRIC_TYPES, at.child('type'));
  if (errors.length > 0) return errors;
  const field = (type.charAt(0).toLowerCase() + type.slice(1)) as
    | 'resource'
    | 'pods'
    | 'object'
    | 'external'
    | 'containerResource';
  const source = metric[field];
  if (source === undefined) {
    return [required(at.child(field), 'must populate information for the given metric source')];
  }
  return validateTarget(source.target ?? {}, at.child(field, 'target'));
}

function validateTarget(target: MetricTarget, at: Path): FieldError[] {
  const errors = requiredString(target.type, at.child('type'), 'must specify a metric target type');
  if (errors.length > 0) return errors;
  errors.push(...oneOf(target.type, ['AverageValue', 'Utilization', 'Value'], at.child('type')));
  if (target.averageUtilization !== undefined && target.averageUtilization < 1) {
    errors.push(invalid(at.child('averageUtilization'), target.averageUtilization, POSITIVE));
  }
  return errors;
}
