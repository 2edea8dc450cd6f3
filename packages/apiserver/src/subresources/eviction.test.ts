import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApiError, Pod, PodDisruptionBudget } from '@keelson/api';
import { ManualClock } from '@keelson/service/testing';
import { context, request, world } from '../../test/world.js';
import { Admission } from '../admission/admission.js';
import { evictionSubresource } from './eviction.js';

const OWNER = {
  ...{ manager: 'ann', operation: 'Update', apiVersion: 'policy/v1', fieldsType: 'FieldsV1' },
  fieldsV1: { 'f:spec': { 'f:minAvailable': {} } },
};
const BUDGET: PodDisruptionBudget = {
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name: 'b', namespace: 'default', generation: 1, managedFields: [OWNER] },
  spec: { minAvailable: 1, selector: { matchLabels: { a: 'b' } } },
};

/** A running pod of a budget with this status; `evict` asks for its eviction. */
async function covered(status: PodDisruptionBudget['status']) {
  const it = await world();
  const budgets = it.collection('poddisruptionbudgets', 'policy');
  const evictions = evictionSubresource({
    admission: new Admission([]),
    deleter: it.deleter,
    clock: new ManualClock(),
    budgets,
  });
  await budgets.change('default', 'b', () => ({ do: 'write', object: { ...BUDGET, status } as PodDisruptionBudget }));
  const ready = [{ type: 'Ready', status: 'True' }];
  const pod: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'default', labels: { a: 'b' } },
    spec: { nodeName: 'n', containers: [{ name: 'c', image: 'i' }] },
    status: { phase: 'Running', conditions: ready },
  };
  await it.pods.change('default', 'p', () => ({ do: 'write', object: pod }));
  await it.cache.fresh();
  const evict = (options: object = {}) => {
    const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'p' }, ...options };
    return evictions.create!(it.pods, request(it.pods, 'create', 'p', body), context);
  };
  const budget = async () => (await budgets.read('default', 'b')).stored?.object as PodDisruptionBudget;
  return { ...it, evict, budget };
}

const room = (disruptionsAllowed: number, more: object = {}): PodDisruptionBudget['status'] => ({
  ...{ disruptionsAllowed, observedGeneration: 1, currentHealthy: 2, desiredHealthy: 1, expectedPods: 2 },
  ...more,
});

test('the last disruption that a budget allows is told in its condition, by the server as its manager', async () => {
  const { evict, budget, close } = await covered(room(1));
  await evict({ deleteOptions: { dryRun: ['All'] } });
  assert.equal((await budget()).status?.disruptionsAllowed, 1);
  await evict();
  const { status, metadata } = await budget();
  assert.equal(status?.disruptionsAllowed, 0);
  assert.deepEqual(Object.keys(status?.disruptedPods ?? {}), ['p']);
  const [condition] = status?.conditions ?? [];
  assert.deepEqual(
    [condition?.type, condition?.status, condition?.reason],
    ['DisruptionAllowed', 'False', 'InsufficientPods'],
  );
  const managers = metadata.managedFields?.map(({ manager, subresource }) => [manager, subresource]);
  assert.deepEqual(managers, [
    ['ann', undefined],
    ['kube-apiserver', 'status'],
  ]);
  await close();
});

test('a budget with more room keeps its conditions', async () => {
  const { evict, budget, close } = await covered(room(2));
  await evict();
  const { status } = await budget();
  assert.deepEqual([status?.disruptionsAllowed, status?.conditions], [1, undefined]);
  await close();
});

test('an eviction is refused for what is wrong with its budget', async () => {
  const failed = { type: 'DisruptionAllowed', status: 'False', reason: 'SyncFailed', message: 'no scale' };
  const many = Object.fromEntries(Array.from({ length: 2001 }, (_, at) => [`p${at}`, '2024-01-01T00:00:00Z']));
  for (const [status, code, text] of [
    [room(-1), 403, 'poddisruptionbudget.policy "b" is forbidden: pdb disruptions allowed is negative'],
    [room(1, { disruptedPods: many }), 403, /DisruptedPods map too big/],
    [room(0), 429, /needs 1 healthy pods and has 2 currently/],
    [room(0, { conditions: [failed] }), 429, /because it failed sync: no scale/],
    [room(1, { observedGeneration: 0 }), 429, /still being processed/],
  ] as const) {
    const { evict, close } = await covered(status);
    await assert.rejects(evict(), (error: ApiError) => {
      assert.equal(error.code, code);
      const said = `${error.message} ${error.details?.causes?.[0]?.message ?? ''}`.trim();
      if (typeof text === 'string') assert.equal(said, text);
      else assert.match(said, text);
      return true;
    });
    await close();
  }
});
