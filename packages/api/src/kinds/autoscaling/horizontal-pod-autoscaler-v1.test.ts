import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeObject } from '../../decode.js';
import type { HorizontalPodAutoscaler, MetricSpec, MetricStatus } from '../../gen/types.js';
import { horizontalPodAutoscaler } from './horizontal-pod-autoscaler.js';
import { horizontalPodAutoscalerV1 as older } from './horizontal-pod-autoscaler-v1.js';

const PREFIX = 'autoscaling.alpha.kubernetes.io/';
const selector = { matchLabels: { a: 'b' } };
const metric = { name: 'm', selector };
const describedObject = { kind: 'Service', name: 's', apiVersion: 'v1' };
const cpu = (averageUtilization: number): MetricSpec => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
});
const metrics: MetricSpec[] = [
  { type: 'Object', object: { describedObject, metric, target: { type: 'Value', value: '3' } } },
  {
    type: 'Object',
    object: { describedObject, metric, target: { type: 'AverageValue', value: '3', averageValue: '1' } },
  },
  { type: 'Pods', pods: { metric, target: { type: 'AverageValue', averageValue: '2' } } },
  { type: 'Resource', resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '1Gi' } } },
  {
    type: 'ContainerResource',
    containerResource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 5 }, container: 'c' },
  },
  { type: 'External', external: { metric, target: { type: 'AverageValue', averageValue: '4' } } },
  cpu(70),
];
const currentMetrics: MetricStatus[] = [
  { type: 'Object', object: { describedObject, metric, current: { value: '1', averageValue: '2' } } },
  { type: 'Pods', pods: { metric, current: { averageValue: '2' } } },
  { type: 'Resource', resource: { name: 'cpu', current: { averageValue: '1', averageUtilization: 9 } } },
  { type: 'ContainerResource', containerResource: { name: 'cpu', current: { averageValue: '1' }, container: 'c' } },
  { type: 'External', external: { metric, current: { value: '1' } } },
];
const behavior = {
  scaleDown: {
    stabilizationWindowSeconds: 0,
    selectPolicy: 'Max',
    policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }],
  },
};
const conditions = [{ type: 'AbleToScale', status: 'True', reason: 'r', lastTransitionTime: '2024-01-01T00:00:00Z' }];
const stored = {
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'h', annotations: { own: 'x' } },
  spec: { scaleTargetRef: describedObject, minReplicas: 1, maxReplicas: 3, metrics, behavior },
  status: { currentReplicas: 2, desiredReplicas: 3, currentMetrics, conditions },
} as unknown as HorizontalPodAutoscaler;

test('the older version keeps what it has no field for in annotations, and gives it back', () => {
  const form = older.storage!;
  const served = form.fromStorage(structuredClone(stored));
  assert.equal(served.spec?.targetCPUUtilizationPercentage, 70);
  assert.equal(served.status?.currentCPUUtilizationPercentage, 9);
  const { annotations = {} } = served.metadata;
  assert.deepEqual(Object.keys(annotations).sort(), [
    ...['behavior', 'conditions', 'current-metrics', 'metrics'].map((name) => PREFIX + name),
    'own',
  ]);
  const policies = '[{"Type":"Pods","Value":1,"PeriodSeconds":60}]';
  const down = `{"StabilizationWindowSeconds":0,"SelectPolicy":"Max","Policies":${policies},"Tolerance":null}`;
  assert.equal(annotations[`${PREFIX}behavior`], `{"ScaleUp":null,"ScaleDown":${down}}`);
  assert.deepEqual(form.toStorage(served), stored);
});

const made = (spec: object, more: object = {}) => {
  const body = { metadata: { name: 'h' }, spec: { scaleTargetRef: describedObject, maxReplicas: 3, ...spec }, ...more };
  const { object } = decodeObject(older, body, { fieldValidation: 'Strict' });
  older.defaults(object);
  return object;
};

test('without a metric it minds the processors, as the newer one does', () => {
  assert.equal(made({}).spec?.targetCPUUtilizationPercentage, 80);
  assert.equal(made({ targetCPUUtilizationPercentage: 5 }).spec?.targetCPUUtilizationPercentage, 5);
  const other = JSON.stringify([{ type: 'Pods', pods: { metricName: 'm' } }]);
  const annotations = { [`${PREFIX}metrics`]: other, [`${PREFIX}behavior`]: 'not JSON' };
  const it = made({}, { metadata: { name: 'h', annotations } });
  assert.equal(it.spec?.targetCPUUtilizationPercentage, undefined);
  assert.deepEqual(it.metadata.annotations, {
    [`${PREFIX}metrics`]: '[{"type":"Pods","pods":{"metricName":"m","targetAverageValue":"0"}}]',
  });
});

test('a status of the older version says in an annotation what the value is', () => {
  const status = { currentReplicas: 1, desiredReplicas: 1, currentCPUUtilizationPercentage: 2 };
  assert.deepEqual(made({}, { status }).metadata.annotations, {
    [`${PREFIX}current-metrics`]:
      '[{"type":"Resource","resource":{"name":"cpu","currentAverageUtilization":2,"currentAverageValue":"0"}}]',
  });
});

test('the newer version is what the older is stored as', () => {
  assert.equal(older.storage?.version, horizontalPodAutoscaler.version);
});
