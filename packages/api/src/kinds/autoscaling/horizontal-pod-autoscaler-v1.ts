import { encodeJson } from '../../exact-json.js';
import type {
  AutoscalingV1HorizontalPodAutoscaler,
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerCondition,
  MetricSpec,
} from '../../gen/types.js';
import { internalForm } from '../../internal-form.js';
import { JsonSizeError, JsonSyntaxError, parseJson } from '../../json.js';
import { type Column, defineKind, type KubeObject, status } from '../../kind.js';
import { isRecord } from '../../object.js';
import { hpaColumns, validateAutoscaler, validateAutoscalerStatus } from './horizontal-pod-autoscaler.js';
import { newerMetric, newerStatus, olderMetric, olderStatus } from './older-metrics.js';

type V1 = AutoscalingV1HorizontalPodAutoscaler;

/** Where the older version keeps what it has no field for. */
const PREFIX = 'autoscaling.alpha.kubernetes.io/';
const METRICS = `${PREFIX}metrics`;
const CURRENT_METRICS = `${PREFIX}current-metrics`;
const CONDITIONS = `${PREFIX}conditions`;
const BEHAVIOR = `${PREFIX}behavior`;
const BEHAVIOR_TYPE = 'io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerBehavior';
const USUAL_UTILIZATION = 80;

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
    // What it is stored as says how it is written.
    const { metadata, spec, status: state } = fromV2(toV2(it));
    Object.assign(it, { metadata, spec }, it.status === undefined ? {} : { status: state });
  },
  validate: (it) => validateAutoscaler(toV2(it)),
  validateStatusUpdate: (next) => validateAutoscalerStatus(toV2(next)),
});

function toV2(it: V1): HorizontalPodAutoscaler {
  const { targetCPUUtilizationPercentage: target, ...spec } = it.spec ?? {};
  const { currentCPUUtilizationPercentage: current, currentReplicas, ...rest } = it.status ?? {};
  const {
    [METRICS]: metrics,
    [CURRENT_METRICS]: currentMetrics,
    [CONDITIONS]: conditions,
    [BEHAVIOR]: behavior,
    ...annotations
  } = it.metadata.annotations ?? {};
  const all = [...listIn(metrics).map(newerMetric), ...(target === undefined ? [] : [cpuTarget(target)])];
  const usage = { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: current } } };
  const values = listIn(currentMetrics).map(newerStatus);
  const found = values.length > 0 ? values : current === undefined ? null : [usage];
  const rules = recordIn(behavior);
  const made = {
    ...it,
    apiVersion: 'autoscaling/v2',
    metadata: { ...it.metadata, annotations },
    spec: {
      ...spec,
      metrics: all.length === 0 ? [cpuTarget(USUAL_UTILIZATION)] : all,
      ...(rules === undefined ? {} : { behavior: rules }),
    },
    status: {
      ...rest,
      ...(currentReplicas ? { currentReplicas } : {}),
      currentMetrics: found,
      ...(conditions === undefined ? {} : { conditions: listIn(conditions) }),
    },
  } as HorizontalPodAutoscaler;
  if (Object.keys(annotations).length === 0) delete made.metadata.annotations;
  return made;
}

function cpuTarget(averageUtilization: number): MetricSpec {
  return { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } } };
}

/** What an annotation says; one that cannot be read says nothing. */
function valueIn(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return parseJson(text).value;
  } catch (error) {
    if (error instanceof JsonSyntaxError || error instanceof JsonSizeError) return undefined;
    throw error;
  }
}

function listIn(text: string | undefined): Record<string, unknown>[] {
  const value = valueIn(text);
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

/** Fields that are written as Go's own have other names. */
function recordIn(text: string | undefined): Record<string, unknown> | undefined {
  const value = valueIn(text);
  return isRecord(value) ? (fieldNames(value) as Record<string, unknown>) : undefined;
}

function fieldNames(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fieldNames);
  if (!isRecord(value)) return value;
  const given = Object.entries(value).filter(([, item]) => item !== null);
  return Object.fromEntries(given.map(([key, item]) => [`${key[0]?.toLowerCase()}${key.slice(1)}`, fieldNames(item)]));
}

function fromV2(it: HorizontalPodAutoscaler): V1 {
  const { metrics = [], behavior, ...spec } = it.spec ?? {};
  const { currentMetrics, conditions = [], ...rest } = it.status ?? {};
  const isCpu = ({ type, resource }: MetricSpec) =>
    type === 'Resource' && resource?.name === 'cpu' && resource.target?.averageUtilization !== undefined;
  const cpu = metrics.find(isCpu)?.resource?.target?.averageUtilization;
  const others = metrics.filter((metric) => !isCpu(metric));
  const values = currentMetrics ?? [];
  const usage = values.find(({ resource }) => resource?.name === 'cpu')?.resource?.current?.averageUtilization;
  const {
    [METRICS]: _m,
    [CURRENT_METRICS]: _c,
    [CONDITIONS]: _d,
    [BEHAVIOR]: _b,
    ...own
  } = it.metadata.annotations ?? {};
  const annotations: Record<string, string> = {
    ...own,
    ...(others.length === 0 ? {} : { [METRICS]: encodeJson(others.map(olderMetric)) }),
    ...(values.length === 0 ? {} : { [CURRENT_METRICS]: encodeJson(values.map(olderStatus)) }),
    ...(behavior === undefined ? {} : { [BEHAVIOR]: encodeJson(internalForm(BEHAVIOR_TYPE, behavior)) }),
    ...(conditions.length === 0 ? {} : { [CONDITIONS]: encodeJson(conditions.map(olderCondition)) }),
  };
  const { annotations: _all, ...metadata } = it.metadata;
  return {
    ...it,
    apiVersion: 'autoscaling/v1',
    metadata: { ...metadata, ...(Object.keys(annotations).length === 0 ? {} : { annotations }) },
    spec: { ...spec, ...(cpu === undefined ? {} : { targetCPUUtilizationPercentage: cpu }) },
    status: {
      ...rest,
      currentReplicas: rest.currentReplicas ?? 0,
      ...(usage === undefined ? {} : { currentCPUUtilizationPercentage: usage }),
    },
  };
}

function olderCondition(it: HorizontalPodAutoscalerCondition): object {
  const { type = '', status: state = '', lastTransitionTime = null, reason, message } = it;
  const told = { ...(reason ? { reason } : {}), ...(message ? { message } : {}) };
  return { type, status: state, lastTransitionTime, ...told };
}
