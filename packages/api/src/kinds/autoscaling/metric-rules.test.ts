import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorText, Path } from '../../field-errors.js';
import type { MetricSpec } from '../../gen/types.js';
import { horizontalPodAutoscaler } from './horizontal-pod-autoscaler.js';
import { validateMetric, validateReference } from './metric-rules.js';

const problems = (metric: MetricSpec) => validateMetric(metric, new Path('m')).map(errorText);
const cpu = { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } };

test('a metric has the one source that its type names', () => {
  assert.deepEqual(problems({ type: 'Resource', resource: cpu }), []);
  assert.deepEqual(problems({ type: 'Pods', resource: cpu }), [
    'm.pods: Required value: must populate information for the given metric source',
  ]);
  const external = { metric: { name: 'q' }, target: { type: 'Value', value: '1' } };
  assert.deepEqual(problems({ type: 'Resource', resource: cpu, external }), [
    'm.external: Forbidden: must populate the given metric source only',
  ]);
  const unknown =
    'm.type: Unsupported value: "x": supported values: "ContainerResource", "External", "Object", "Pods", "Resource"';
  assert.deepEqual(problems({ type: 'x' }), [unknown, unknown]);
});

test('a target is one thing, and positive', () => {
  const resource = (target: object) => problems({ type: 'Resource', resource: { name: 'cpu', target } as never });
  assert.match(resource({ type: 'Utilization' })[0] ?? '', /averageUtilization: Required value/);
  assert.match(
    resource({ type: 'Value', averageValue: '1', averageUtilization: 1 })[0] ?? '',
    /averageValue: Forbidden/,
  );
  assert.match(
    resource({ type: 'Value', averageValue: '-1' })[0] ?? '',
    /averageValue: Invalid value: "-1": must be positive/,
  );
  const both = resource({ type: 'Value', value: '0', averageUtilization: 0 }).slice(0, 2);
  assert.deepEqual(
    both.map((text) => text.split(':')[0]),
    ['m.resource.target.value', 'm.resource.target.averageUtilization'],
  );
  const pods = (target: object) => problems({ type: 'Pods', pods: { metric: { name: 'a/b' }, target } as never });
  assert.deepEqual(pods({ type: 'AverageValue' }), [
    'm.pods.metric.name: Invalid value: "a/b": may not contain \'/\'',
    'm.pods.target.averageValue: Required value: must specify a positive target averageValue',
  ]);
});

test('what is scaled is of a group; what is looked at may be of none', () => {
  const reference = (apiVersion: string, options = {}) =>
    validateReference({ apiVersion, kind: 'K', name: 'n' }, new Path('r'), options).map(errorText);
  assert.deepEqual(reference('apps/v1'), []);
  assert.match(reference('v1')[0] ?? '', /apiVersion must specify API group/);
  assert.deepEqual(reference('v1', { anyGroup: true }), []);
  assert.match(reference('a/b/c')[0] ?? '', /unexpected GroupVersion string: a\/b\/c/);
  const controller = { apiVersion: 'v1', kind: 'ReplicationController', name: '..' };
  assert.match(validateReference(controller, new Path('r')).map(errorText)[0] ?? '', /r.name: .*may not be '..'/);
});

test('metrics are told before how fast replicas come and go, and that none is a source for zero of them after those', () => {
  const spec = {
    scaleTargetRef: { kind: 'Deployment', name: 'd', apiVersion: 'apps/v1' },
    minReplicas: 0,
    maxReplicas: 1,
    metrics: [{ type: 'Pods' }],
    behavior: { scaleUp: { policies: [{ type: 'x', value: 1, periodSeconds: 1 }] } },
  };
  const errors = horizontalPodAutoscaler.validate({ metadata: { name: 'h', namespace: 'n' }, spec });
  const fields = errors.map(({ field }) => field).filter((field) => field !== 'spec.minReplicas');
  assert.deepEqual(fields, ['spec.metrics[0].pods', 'spec.metrics', 'spec.behavior.scaleUp.policies[0].type']);
});
