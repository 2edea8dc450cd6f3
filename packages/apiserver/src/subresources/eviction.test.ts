import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApiError, Pod, PodDisruptionBudget } from '@keelson/api';
import { MemoryStore } from '../../test/memory-store.js';
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
    reader: it.reader,
    clock: it.clock,
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
    [room(0, { currentHealthy: 1 }), 429, /needs 1 healthy pods and has 1 currently/],
    [room(0), 429, /budget b does not allow evicting pods currently$/],
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

/** A running pod that a budget of `a: b` covers. */
const podNamed = (name: string, status: object = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default', uid: `uid-${name}`, labels: { a: 'b' } },
  spec: { nodeName: 'n', terminationGracePeriodSeconds: 30, containers: [{ name: 'c', image: 'i' }] },
  status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }], ...status },
});

type World = Awaited<ReturnType<typeof world>>;

/** Evictions through one server. */
function evictionsOf(it: World) {
  const budgets = it.collection('poddisruptionbudgets', 'policy');
  const evictions = evictionSubresource({ ...it, admission: new Admission([]), budgets });
  const evict = (name: string, more: object = {}, options: object = {}) => {
    const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name }, ...more };
    return evictions.create!(it.pods, request(it.pods, 'create', name, body, options), context);
  };
  const put = async (pod: Pod) => {
    const { name = '' } = pod.metadata;
    await it.pods.change('default', name, () => ({ do: 'write', object: pod }));
  };
  const pod = async (name: string) => (await it.pods.read('default', name)).stored?.object as Pod | undefined;
  const budget = async () => (await budgets.read('default', 'b')).stored?.object as PodDisruptionBudget;
  const setBudget = async (change: (status: NonNullable<PodDisruptionBudget['status']>) => object) => {
    await budgets.change('default', 'b', (current) => {
      const found = (current ?? BUDGET) as PodDisruptionBudget;
      return {
        do: 'write',
        object: { ...found, status: { ...found.status, ...change(found.status ?? {}) } } as PodDisruptionBudget,
      };
    });
  };
  return { evict, put, pod, budget, setBudget };
}

test('however many evict at once, through two servers, beside a controller that is slow: the budget holds', async () => {
  const store = new MemoryStore();
  const servers = [await world([], undefined, store), await world([], undefined, store)];
  const [one, two] = servers.map(evictionsOf) as [ReturnType<typeof evictionsOf>, ReturnType<typeof evictionsOf>];
  const names = Array.from({ length: 30 }, (_, index) => `p${index}`);
  for (const name of names) await one.put(podNamed(name));
  await one.setBudget(() => room(7)!);
  // The controller, as often as it comes to it, counts again what it has seen: pods without those that are to go.
  let counting = true;
  const controller = (async () => {
    while (counting) {
      await new Promise((resolve) => setImmediate(resolve));
      await two.setBudget(({ disruptionsAllowed = 0 }) => ({ disruptionsAllowed, expectedPods: 30 }));
    }
  })();
  const outcomes = await Promise.allSettled(names.map((name, index) => (index % 2 === 0 ? one : two).evict(name)));
  counting = false;
  await controller;
  const refused = outcomes.filter((it): it is PromiseRejectedResult => it.status === 'rejected');
  assert.equal(outcomes.length - refused.length, 7);
  assert.ok(refused.every(({ reason }) => (reason as ApiError).code === 429));
  const going = await Promise.all(names.map(async (name) => (await one.pod(name))?.metadata.deletionTimestamp));
  assert.equal(going.filter((it) => it !== undefined).length, 7);
  const { status } = await one.budget();
  assert.equal(status?.disruptionsAllowed, 0);
  assert.equal(Object.keys(status?.disruptedPods ?? {}).length, 7);
  for (const it of servers) await it.close();
});

test('a budget that another server has just stored covers pods at once', async () => {
  const store = new MemoryStore();
  const [late, other] = [await world([], undefined, store), await world([], undefined, store)];
  const { evict } = evictionsOf(late);
  const { put, setBudget } = evictionsOf(other);
  await put(podNamed('p'));
  await setBudget(() => room(0)!);
  await assert.rejects(evict('p'), { code: 429 });
  await late.close();
  await other.close();
});

test('pods that do not run yet, have ended or are going need no budget, and say why they go', async () => {
  for (const phase of ['Pending', 'Succeeded', 'Failed']) {
    const it = await world();
    const { evict, put, pod, setBudget } = evictionsOf(it);
    await setBudget(() => room(0)!);
    await put(podNamed('p', { phase }));
    await evict('p', {}, { dryRun: ['All'] });
    assert.equal((await pod('p'))?.metadata.deletionTimestamp, undefined);
    await evict('p');
    const conditions = (await pod('p'))?.status?.conditions ?? [];
    if (phase === 'Pending') assert.equal(conditions.at(-1)?.reason, 'EvictionByEvictionAPI');
    await it.close();
  }
});

test('a pod that becomes ready while it is evicted as one that is not costs the budget after all', async () => {
  const it = await world();
  const { evict, put, pod, budget, setBudget } = evictionsOf(it);
  await setBudget(() => room(0)!);
  const unready = podNamed('p', { conditions: [{ type: 'Ready', status: 'False' }] });
  await put(unready);
  const { kv } = it.store;
  const { txn } = kv;
  kv.txn = async (asked) => {
    kv.txn = txn;
    await put(podNamed('p'));
    return txn(asked);
  };
  await assert.rejects(evict('p'), (error: ApiError) => {
    assert.equal(error.code, 429);
    assert.equal(error.details?.retryAfterSeconds, 10);
    return /still being processed/.test(error.details?.causes?.[0]?.message ?? '');
  });
  assert.equal((await pod('p'))?.metadata.deletionTimestamp, undefined);
  await put(unready);
  await evict('p');
  assert.notEqual((await pod('p'))?.metadata.deletionTimestamp, undefined);
  assert.deepEqual((await budget()).status?.disruptedPods, undefined);
  await it.close();
});

test('two budgets over one pod are one too many, and what contradicts itself is refused', async () => {
  const it = await world();
  const { evict, put, setBudget } = evictionsOf(it);
  await put(podNamed('p'));
  await setBudget(() => room(5)!);
  const budgets = it.collection('poddisruptionbudgets', 'policy');
  const second = { ...BUDGET, metadata: { name: 'c', namespace: 'default' } };
  await budgets.change('default', 'c', () => ({ do: 'write', object: second as PodDisruptionBudget }));
  await assert.rejects(evict('p'), {
    code: 500,
    reason: '',
    message: /^This pod has more than one PodDisruptionBudget/,
  });
  const option = { deleteOptions: { ignoreStoreReadErrorWithClusterBreakingPotential: true } };
  for (const [more, code, text] of [
    [{ metadata: { name: 'q' } }, 400, 'name in URL does not match name in Eviction object'],
    [{ metadata: {} }, 400, 'name in URL does not match name in Eviction object'],
    [{ metadata: { name: 'p', namespace: 'x' } }, 400, /namespace of the provided object does not match/],
    [option, 422, /^Eviction.policy "p" is invalid: deleteOptions.ignoreStoreRead.* can not be set for pod eviction/],
    [{ deleteOptions: { preconditions: { uid: 'other' } } }, 500, /more than one/],
    [{ kind: 'Pod' }, 400, /Pod/],
  ] as const)
    await assert.rejects(evict('p', more), { code, message: text });
  await budgets.change('default', 'c', () => ({ do: 'delete' }));
  await assert.rejects(evict('p', { deleteOptions: { preconditions: { uid: 'other' } } }), {
    code: 409,
    message: /^Operation cannot be fulfilled on Pod "p": the UID in the precondition \(other\) does not match/,
  });
  await evict('p', { apiVersion: 'policy/v1beta1' });
  await it.close();
});
