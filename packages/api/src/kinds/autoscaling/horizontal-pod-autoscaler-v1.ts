import { encodeJson } from '../../exact-json.js';
import type { AutoscalingV1HorizontalPodAutoscaler, HorizontalPodAutoscaler } from '../../gen/types.js';
import { parseJson } from '../../json.js';
import { type Column, defineKind, type KubeObject, status } from '../../kind.js';
import { isRecord } from '../../object.js';
import { hpaColumns, validateAutoscaler, validateAutoscalerStatus } from './horizontal-pod-autoscaler.js';

type V1 = AutoscalingV1HorizontalPodAutoscaler;

/** Where the older version keeps what it has no field for. */
const METRICS = 'autoscaling.alpha.kubernetes.io/metrics';
const BEHAVIOR = 'autoscaling.alpha.kubernetes.io/behavior';

/** The older version, which knows of CPU only. It is stored in the newer one. */
export const horizontalPodAutoscalerV1 = defineKind<V1>({
  group: 'autoscaling',
  version: 'v1',
  kind: 'HorizontalPodAutoscaler',
  plural: 'horizontalpodautoscalers',
  shortNames: ['hpa'],
  categories: ['all'],
  scope: 'Namespaced',
  subresources: [status],
  columns: hpaColumns as readonly Column<KubeObject>[],
  storage: {
    group: 'autoscaling',
    version: 'v2',
    kind: 'HorizontalPodAutoscaler',
    plural: 'horizontalpodautoscalers',
    toStorage: toV2,
    fromStorage: (stored) => fromV2(stored as HorizontalPodAutoscaler),
  },
  defaults(it) {
    it.spec ??= {};
    it.spec.minReplicas ??= 1;
  },
  validate: (it) => validateAutoscaler(toV2(it)),
  validateStatusUpdate: (next) => validateAutoscalerStatus(toV2(next)),
});

function toV2(it: V1): HorizontalPodAutoscaler {
  const { targetCPUUtilizationPercentage: target, ...spec } = it.spec ?? {};
  const { currentCPUUtilizationPercentage: current, currentReplicas, ...rest } = it.status ?? {};
  const { [METRICS]: metrics, [BEHAVIOR]: behavior, ...annotations } = it.metadata.annotations ?? {};
  const others = listIn(metrics);
  const cpu =
    target === undefined
      ? []
      : [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: target } } }];
  const all = [...others, ...cpu];
  const usage = { name: 'cpu', current: { averageUtilization: current } };
  const made = {
    ...it,
    apiVersion: 'autoscaling/v2',
    metadata: { ...it.metadata, annotations },
    spec: {
      ...spec,
      ...(all.length === 0 ? {} : { metrics: all }),
      ...(behavior === undefined ? {} : { behavior: parseJson(behavior).value }),
    },
    status: {
      ...rest,
      ...(currentReplicas ? { currentReplicas } : {}),
      currentMetrics: current === undefined ? null : [{ type: 'Resource', resource: usage }],
    },
  } as HorizontalPodAutoscaler;
  if (Object.keys(annotations).length === 0) delete made.metadata.annotations;
  return made;
}

function listIn(text: string | undefined): object[] {
  if (text === undefined) return [];
  const { value } = parseJson(text);
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

function fromV2(it: HorizontalPodAutoscaler): V1 {
  const { metrics = [], behavior, ...spec } = it.spec ?? {};
  const { currentMetrics, conditions: _conditions, ...rest } = it.status ?? {};
  const isCpu = (metric: (typeof metrics)[number]) =>
    metric.type === 'Resource' &&
    metric.resource?.name === 'cpu' &&
    metric.resource.target?.averageUtilization !== undefined;
  const cpu = metrics.find(isCpu)?.resource?.target?.averageUtilization;
  const others = metrics.filter((metric) => !isCpu(metric));
  const usage = (currentMetrics ?? []).find((metric) => metric.resource?.name === 'cpu')?.resource?.current
    ?.averageUtilization;
  const annotations = {
    ...it.metadata.annotations,
    ...(others.length === 0 ? {} : { [METRICS]: encodeJson(others) }),
    ...(behavior === undefined ? {} : { [BEHAVIOR]: encodeJson(behavior) }),
  };
  return {
    ...it,
    apiVersion: 'autoscaling/v1',
    metadata: { ...it.metadata, ...(Object.keys(annotations).length === 0 ? {} : { annotations }) },
    spec: { ...spec, ...(cpu === undefined ? {} : { targetCPUUtilizationPercentage: cpu }) },
    status: {
      ...rest,
      currentReplicas: rest.currentReplicas ?? 0,
      ...(usage === undefined ? {} : { currentCPUUtilizationPercentage: usage }),
    },
  };
}
