import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../kind.js';
import { allKinds } from './index.js';

const kindOf = (plural: string, group: string, version: string) =>
  allKinds.find((it) => it.plural === plural && it.group === group && it.version === version)!;

test('an event has in its newer face no fields that are empty there', () => {
  const stored = {
    kind: 'Event',
    apiVersion: 'v1',
    metadata: { name: 'e' },
    reportingComponent: '',
    reportingInstance: '',
  };
  const served = kindOf('events', 'events.k8s.io', 'v1').storage!.fromStorage(stored as KubeObject);
  assert.deepEqual(Object.keys(served).sort(), ['apiVersion', 'kind', 'metadata']);
});

test('an autoscaler that came in the older version is stored as the newer one writes it', () => {
  const made = {
    metadata: { name: 'h' },
    spec: { maxReplicas: 1 },
    status: { currentReplicas: 0, desiredReplicas: 0 },
  };
  const stored = kindOf('horizontalpodautoscalers', 'autoscaling', 'v1').storage!.toStorage(made as KubeObject);
  assert.deepEqual((stored as unknown as { status: object }).status, { desiredReplicas: 0, currentMetrics: null });
});

test('a binding says what is wrong with its subjects once, and shows another role as it is inside', () => {
  const kind = kindOf('rolebindings', 'rbac.authorization.k8s.io', 'v1');
  const group = 'rbac.authorization.k8s.io';
  const binding = (name: string, subject: string) =>
    ({
      metadata: { name: 'b', namespace: 'n', resourceVersion: '1' },
      roleRef: { apiGroup: group, kind: 'Role', name },
      subjects: [{ kind: 'User', apiGroup: group, name: subject }],
    }) as unknown as KubeObject;
  assert.deepEqual(
    kind.validate(binding('r', '')).map(({ field }) => field),
    ['subjects[0].name'],
  );
  const [changed] = kind.validateUpdate(binding('other', 'u'), binding('r', 'u'));
  assert.deepEqual(changed?.value, { APIGroup: group, Kind: 'Role', Name: 'other' });
});
