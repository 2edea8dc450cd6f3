import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allKinds, type KubeObject, runSteps, type Steps } from '../../index.js';
import { applyServerSideSteps, trackUpdate, trackUpdateSteps } from './index.js';

const kind = allKinds.find((it) => it.kind === 'ConfigMap')!;
const writer = { manager: 'm', apiVersion: 'v1', subresource: '', time: '2024-01-01T00:00:00Z', resetFields: [] };

function configMap(count: number, value: string): KubeObject {
  const data = Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, value]));
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data } as unknown as KubeObject;
}

function countSteps(steps: Steps<unknown>): number {
  let count = 1;
  while (steps.next().done !== true) count++;
  return count;
}

test('the record of managers is kept in more steps the larger the object is', () => {
  const stepsOf = (count: number) => countSteps(trackUpdateSteps(undefined, configMap(count, 'x'), kind, writer));
  assert.ok(stepsOf(100_000) >= stepsOf(10) + 15);
  const apply = (count: number) =>
    countSteps(applyServerSideSteps(undefined, configMap(count, 'x'), kind, { ...writer, force: false }));
  assert.ok(apply(100_000) >= apply(10) + 15);
});

test('what is read of a record and not touched is written as it was read, and is not copied', () => {
  const live = configMap(1_000, 'x');
  trackUpdate(undefined, live, kind, writer);
  const next = structuredClone({ ...live, metadata: { ...live.metadata, labels: { a: 'b' } } });
  next.metadata.managedFields = live.metadata.managedFields!;
  runSteps(trackUpdateSteps(live, next, kind, { ...writer, manager: 'n' }));
  const [first, second] = next.metadata.managedFields ?? [];
  assert.deepEqual(first, live.metadata.managedFields?.[0]);
  assert.deepEqual(second?.fieldsV1, { 'f:metadata': { 'f:labels': { '.': {}, 'f:a': {} } } });
  const [mine] = (live.metadata.managedFields ?? []).map((it) => it.fieldsV1 as Record<string, unknown>);
  const same = configMap(1_000, 'x');
  runSteps(trackUpdateSteps(live, same, kind, { ...writer, manager: 'n' }));
  assert.equal(same.metadata.managedFields?.[0]?.fieldsV1 as object, mine);
});
