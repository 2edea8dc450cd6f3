import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Pod, PodDisruptionBudget, ReplicaSet } from '@keelson/api';
import { resources } from '@keelson/client';
import { until } from '@keelson/client/testing';
import { rfc3339 } from '@keelson/service';
import { customKindOf } from '../../testing/custom.js';
import { type TestWorld, testWorld } from '../../testing/world.js';
import { disruptionController } from './index.js';

const labels = { app: 'web' };

async function inWorld(run: (world: TestWorld) => Promise<void>): Promise<void> {
  const world = testWorld();
  await world.start(disruptionController);
  try {
    await run(world);
  } finally {
    await world.stop();
  }
}

const owner = (kind: string, apiVersion: string, name: string) => [
  { apiVersion, kind, name, uid: `uid-${name}`, controller: true },
];

async function addPods(world: TestWorld, names: readonly string[], more: object = {}): Promise<void> {
  for (const name of names)
    await world.client.create<Pod>(resources.pods, {
      metadata: { name, namespace: 'default', labels, ...more },
      spec: { containers: [] },
      status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
    });
}

function addBudget(world: TestWorld, spec: object): Promise<PodDisruptionBudget> {
  return world.client.create<PodDisruptionBudget>(resources.podDisruptionBudgets, {
    metadata: { name: 'b', namespace: 'default' },
    spec: { selector: { matchLabels: labels }, ...spec },
  });
}

const statusOf = ({ informers }: TestWorld) =>
  informers.for(resources.podDisruptionBudgets).get('default', 'b')?.status;
const writes = ({ server }: TestWorld) =>
  server.requests.filter(({ verb, path }) => !['get', 'list', 'watch'].includes(verb) && path.resource !== 'events')
    .length;

describe('the disruption controller', () => {
  it('counts again as pods come, go and change, and as their owner is scaled', () =>
    inWorld(async (world) => {
      await world.client.create<ReplicaSet>(resources.replicaSets, {
        metadata: { name: 'set', namespace: 'default', uid: 'uid-set' },
        spec: { replicas: 3, selector: { matchLabels: labels } },
      });
      await addPods(world, ['a', 'b', 'c'], { ownerReferences: owner('ReplicaSet', 'apps/v1', 'set') });
      await addBudget(world, { maxUnavailable: 1 });
      await until(() => statusOf(world)?.disruptionsAllowed === 1, world);
      await world.client.delete(resources.pods, { namespace: 'default', name: 'a' });
      await until(() => statusOf(world)?.disruptionsAllowed === 0, world);
      await world.client.patch(resources.replicaSets, { namespace: 'default', name: 'set' }, 'merge', {
        spec: { replicas: 2 },
      });
      await until(() => statusOf(world)?.disruptionsAllowed === 1, world);
      await world.client.patch(resources.pods, { namespace: 'default', name: 'b' }, 'merge', {
        metadata: { labels: { app: 'x' } },
      });
      await until(() => statusOf(world)?.currentHealthy === 1, world);
    }));

  it('asks kinds that nobody here knows for their scale, and allows nothing of those without', () =>
    inWorld(async (world) => {
      world.served.add(customKindOf('Cup', 'Namespaced', 'v1', { scales: true }));
      await addPods(world, ['a', 'b', 'c', 'd'], { ownerReferences: owner('Cup', 'example.com/v1', 'cup') });
      const { get } = world.client;
      let replicas = 4;
      world.client.get = async (resource, key, settings) =>
        settings?.subresource === 'scale'
          ? ({ metadata: { name: key.name, uid: 'uid-cup' }, spec: { replicas } } as never)
          : (get.call(world.client, resource, key, settings) as never);
      await world.clock.advanceAsync(31_000);
      await addBudget(world, { minAvailable: '50%' });
      await until(() => statusOf(world)?.disruptionsAllowed === 2, world);
      assert.equal(statusOf(world)?.expectedPods, 4);
      replicas = 8;
      await addPods(world, ['e'], { ownerReferences: owner('Job', 'batch/v1', 'job') });
      await until(() => statusOf(world)?.disruptionsAllowed === 0, world);
      const [condition] = statusOf(world)?.conditions ?? [];
      assert.deepEqual(
        [condition?.reason, condition?.message],
        ['SyncFailed', 'jobs.batch does not implement the scale subresource'],
      );
      await world.client.delete(resources.pods, { namespace: 'default', name: 'e' });
      await until(() => statusOf(world)?.disruptionsAllowed === 0 && statusOf(world)?.expectedPods === 8, world);
      assert.equal(statusOf(world)?.conditions?.[0]?.reason, 'InsufficientPods');
    }));

  it('forgets an eviction that was granted and never came, after two minutes', () =>
    inWorld(async (world) => {
      await addPods(world, ['a', 'b']);
      await addBudget(world, { minAvailable: 1 });
      await until(() => statusOf(world)?.disruptionsAllowed === 1, world);
      const current = world.informers.for(resources.podDisruptionBudgets).get('default', 'b')!;
      const disruptedPods = { a: rfc3339(world.clock.now()) };
      const status = { ...current.status, disruptionsAllowed: 0, disruptedPods };
      await world.client.update(resources.podDisruptionBudgets, { ...current, status }, { subresource: 'status' });
      await until(() => statusOf(world)?.currentHealthy === 1, world);
      assert.deepEqual(statusOf(world)?.disruptedPods, disruptedPods);
      await until(() => statusOf(world)?.disruptedPods === undefined, { ...world, stepMs: 1_000 });
      assert.equal(statusOf(world)?.disruptionsAllowed, 1);
    }));

  it('takes back what was said of a pod that was to go and did not', () =>
    inWorld(async (world) => {
      const lastTransitionTime = rfc3339(world.clock.now());
      const condition = {
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'PreemptionByScheduler',
        lastTransitionTime,
      };
      await world.client.create<Pod>(resources.pods, {
        metadata: { name: 'a', namespace: 'default' },
        spec: { containers: [] },
        status: { phase: 'Running', conditions: [condition] },
      });
      const target = () => world.informers.for(resources.pods).get('default', 'a')?.status?.conditions?.[0];
      for (let second = 0; second < 115; second += 5) await world.clock.advanceAsync(5_000);
      assert.equal(target()?.status, 'True');
      await until(() => target()?.status === 'False', world);
      assert.equal(target()?.reason, undefined);
    }));

  it('writes what it counted once, whatever cannot be counted, and says when budgets overlap', () =>
    inWorld(async (world) => {
      await addBudget(world, { maxUnavailable: 1 });
      const second = {
        metadata: { name: 'c', namespace: 'default' },
        spec: { minAvailable: 1, selector: { matchLabels: labels } },
      };
      await world.client.create<PodDisruptionBudget>(resources.podDisruptionBudgets, second);
      const gone = { ownerReferences: owner('ReplicaSet', 'apps/v1', 'gone') };
      await addPods(
        world,
        Array.from({ length: 20 }, (_, index) => `p${index}`),
        gone,
      );
      await until(() => statusOf(world)?.conditions?.[0]?.reason === 'SyncFailed', world);
      await world.clock.advanceAsync(5_000);
      const before = writes(world);
      for (let minute = 0; minute < 10; minute++) await world.clock.advanceAsync(60_000);
      assert.ok(writes(world) - before <= 1, `${writes(world) - before} writes`);
      const events = await world.client.list(resources.events);
      const told = events.items.find(({ reason }) => reason === 'MultiplePodDisruptionBudgets');
      assert.match(
        told?.message ?? '',
        /^Pod "default"\/"p\d+" matches multiple PodDisruptionBudgets\. {2}Chose "b" arbitrarily\.$/,
      );
    }));
});
