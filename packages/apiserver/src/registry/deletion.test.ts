import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allKinds, type DeleteOptions, type KubeObject } from '@keelson/api';
import { deletionOf, isReleased } from './deletion.js';

const kindOf = (name: string) => allKinds.find((it) => it.kind === name)!;
const NOW = Date.parse('2026-01-01T00:00:00Z');
const pod = (nodeName: string | undefined, metadata = {}): KubeObject =>
  ({
    metadata: { name: 'p', generation: 1, ...metadata },
    spec: { nodeName, terminationGracePeriodSeconds: 30 },
  }) as KubeObject;
const of = (kind: string, object: KubeObject, options: DeleteOptions = {}) =>
  deletionOf(kindOf(kind), {}, object, options, NOW);

test('a running pod is left to its kubelet for its grace', () => {
  const object = pod('n');
  assert.equal(of('Pod', object).do, 'write');
  assert.equal(object.metadata.deletionGracePeriodSeconds, 30);
  assert.equal(object.metadata.deletionTimestamp, '2026-01-01T00:00:30Z');
  assert.equal(object.metadata.generation, 2);
});

test('one that no node has is marked with no grace, and goes with the next step', () => {
  const object = pod(undefined);
  assert.equal(of('Pod', object).do, 'write');
  assert.deepEqual([object.metadata.deletionGracePeriodSeconds, object.metadata.generation], [0, 2]);
  assert.ok(isReleased({}, object));
  assert.equal(of('Pod', object).do, 'delete');
});

test('a second deletion may shorten the grace, never lengthen it', () => {
  const object = pod('n');
  of('Pod', object);
  assert.equal(of('Pod', object, { gracePeriodSeconds: 60 }).do, 'nothing');
  assert.equal(of('Pod', object, { gracePeriodSeconds: 5 }).do, 'write');
  assert.equal(object.metadata.deletionTimestamp, '2026-01-01T00:00:05Z');
  assert.equal(of('Pod', object, { gracePeriodSeconds: 0 }).do, 'write');
  assert.equal(object.metadata.deletionTimestamp, '2026-01-01T00:00:00Z');
  assert.equal(of('Pod', object, { gracePeriodSeconds: 0 }).do, 'delete');
});

test('finalizers hold an object, and the policy adds its own', () => {
  const object = { metadata: { name: 'c' } } as KubeObject;
  assert.equal(of('ConfigMap', object).do, 'delete');
  assert.equal(of('ConfigMap', object, { propagationPolicy: 'Foreground' }).do, 'write');
  assert.deepEqual(object.metadata.finalizers, ['foregroundDeletion']);
  assert.ok(!isReleased({}, object));
  of('ConfigMap', object, { propagationPolicy: 'Orphan' });
  assert.deepEqual(object.metadata.finalizers, ['orphan']);
  delete object.metadata.finalizers;
  assert.ok(isReleased({}, object));
});
