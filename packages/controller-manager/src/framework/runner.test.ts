import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ApiError, apiErrors, type ConfigMap, controllerReference, objectKey, type Pod } from '@keelson/api';
import { type Resource, resources } from '@keelson/client';
import { until } from '@keelson/client/testing';
import { type TestWorld, testWorld } from '../testing/world.js';
import { create, type Decision, patch, remove, tell, update, writeStatus } from './actions.js';
import { KeyedLoop } from './controller.js';
import { reconciler } from './reconciler.js';

const OWNERS: Resource<ConfigMap> = resources.configMaps;
const owner: ConfigMap = { metadata: { name: 'owner', namespace: 'default' } };
const broken = () => new ApiError({ code: 503, reason: 'ServiceUnavailable', message: 'the connection broke' });

function podOf(of: ConfigMap, name?: string): Pod {
  const ownerReferences = [controllerReference(of, OWNERS)];
  const named = name === undefined ? { generateName: 'pod-' } : { name };
  return { metadata: { ...named, namespace: 'default', ownerReferences }, spec: { containers: [] } };
}

/** A world in which `decide` rules over the one ConfigMap, seeing the pods that the cache shows. */
async function worldOf(decide: (object: ConfigMap, pods: Pod[]) => Decision): Promise<TestWorld> {
  const world = testWorld();
  const controller = reconciler<ConfigMap>({
    name: 'test',
    resource: OWNERS,
    concurrency: { workers: 3 },
    setUp({ informers, loop }) {
      const pods = informers.for(resources.pods);
      loop.feed(pods, () => ['default/owner']);
      return (object) => decide(object, pods.list());
    },
  });
  await world.start(controller);
  await world.client.create(OWNERS, owner);
  return world;
}

const requests = (world: TestWorld, verb: string, resource: string) =>
  world.server.requests.filter((it) => it.verb === verb && it.path.resource === resource);

describe('what was decided is carried out', () => {
  const wants = (count: number) => (object: ConfigMap, pods: Pod[]) => ({
    steps: [Array.from({ length: Math.max(0, count - pods.length) }, () => create(resources.pods, podOf(object)))],
  });

  it('and not decided again before its effects are seen', async () => {
    const world = await worldOf(wants(3));
    const pods = world.informers.for(resources.pods);
    await until(() => pods.list().length === 3, world);
    // Whatever else happens to the owner meanwhile.
    for (let n = 0; n < 20; n += 1) {
      const current = await world.client.get(OWNERS, { namespace: 'default', name: 'owner' });
      await world.client.update(OWNERS, { ...current, data: { n: String(n) } });
      await world.clock.advanceAsync(7);
    }
    await world.clock.advanceAsync(600_000);
    assert.equal(requests(world, 'create', 'pods').length, 3);
    await world.stop();
  });

  it('once, though the answer was lost', async () => {
    const world = testWorld();
    let losses = 0;
    world.server.lose = ({ verb, path }) =>
      verb === 'create' && path.resource === 'pods' && losses++ % 2 === 0 ? broken() : undefined;
    await world.start(
      reconciler<ConfigMap>({
        name: 'test',
        resource: OWNERS,
        concurrency: { workers: 1 },
        setUp: ({ informers, loop }) => {
          const pods = informers.for(resources.pods);
          loop.feed(pods, () => ['default/owner']);
          return (object) => wants(5)(object, pods.list());
        },
      }),
    );
    await world.client.create(OWNERS, owner);
    await world.clock.advanceAsync(600_000);
    const made = await world.client.list(resources.pods);
    assert.equal(made.items.length, 5);
    assert.ok(losses >= 5);
    await world.stop();
  });

  it('once, though every answer is lost and the watch is behind', async () => {
    const world = await worldOf(wants(1));
    world.server.lose = ({ verb, path }) => (verb === 'create' && path.resource === 'pods' ? broken() : undefined);
    await world.clock.advanceAsync(600_000);
    assert.equal((await world.client.list(resources.pods)).items.length, 1);
    await world.stop();
  });

  it('once, though after a lost answer it is refused', async () => {
    const world = await worldOf(wants(1));
    let attempts = 0;
    world.server.lose = ({ verb, path }) =>
      verb === 'create' && path.resource === 'pods' && attempts === 1 ? broken() : undefined;
    world.server.intercept = ({ verb, path }) => {
      if (verb !== 'create' || path.resource !== 'pods') return undefined;
      attempts += 1;
      return attempts > 1 && attempts < 9 ? apiErrors.tooManyRequests('busy') : undefined;
    };
    await world.clock.advanceAsync(600_000);
    assert.ok(attempts > 1);
    assert.equal((await world.client.list(resources.pods)).items.length, 1);
    await world.stop();
  });

  it('step by step, the last words whatever came of the steps', async () => {
    const seen: unknown[] = [];
    const world = await worldOf((object, pods) => {
      const names = pods.map((it) => it.metadata.name);
      if (names.includes('c')) return {};
      return {
        steps: [
          [create(resources.pods, podOf(object, 'a'), { ignore: ['AlreadyExists'] })],
          [create(resources.pods, podOf(object, 'b'))],
          [create(resources.pods, podOf(object, 'c'))],
        ],
        afterwards: (failure) => {
          seen.push(failure instanceof ApiError ? failure.reason : failure);
          return [];
        },
      };
    });
    let refusals = 0;
    world.server.intercept = ({ verb, path }) =>
      verb === 'create' && path.name === 'b' && refusals++ < 2
        ? apiErrors.forbidden({ group: '', plural: 'pods' }, 'b', 'not yet')
        : undefined;
    const pods = world.informers.for(resources.pods);
    await until(() => pods.list().length === 3, world);
    assert.deepEqual(seen, ['Forbidden', 'Forbidden', undefined]);
    assert.deepEqual(pods.list().map(objectKey).sort(), ['default/a', 'default/b', 'default/c']);
    await world.stop();
  });

  it('not for an owner that is gone, and otherwise if a name is taken', async () => {
    const taken: string[] = [];
    const world = await worldOf((object, pods) => {
      const stranger = pods.find((it) => it.metadata.name === 'taken');
      if (stranger === undefined || taken.length > 0) return {};
      const requires = { resource: OWNERS, object: { metadata: { ...object.metadata, uid: 'another' } } };
      return {
        steps: [
          [patch(resources.pods, stranger, 'merge', { metadata: { labels: { adopted: 'yes' } } }, { requires })],
          [
            create(resources.pods, podOf(object, 'taken'), {
              taken: (existing) => {
                taken.push(existing.metadata.name ?? '');
                return [tell('Warning', 'Taken', 'the name is taken')];
              },
            }),
          ],
        ],
      };
    });
    await world.client.create(resources.pods, {
      metadata: { name: 'taken', namespace: 'default' },
      spec: { containers: [] },
    });
    await until(() => taken.length === 1, world);
    const { metadata } = await world.client.get(resources.pods, { namespace: 'default', name: 'taken' });
    assert.equal(metadata.labels, undefined);
    await world.stop();
  });

  it('to the very object that was meant, and a status only if it says something new', async () => {
    const world = await worldOf((object, pods) => {
      const [pod] = pods;
      if (pod === undefined) return {};
      const { labels = {} } = pod.metadata;
      if (labels.step === undefined)
        return { steps: [[update(resources.pods, { ...pod, metadata: { ...pod.metadata, labels: { step: '1' } } })]] };
      if (pod.status?.phase !== 'Failed')
        return { afterwards: () => writeStatus(resources.pods, pod, { phase: 'Failed' }) };
      assert.deepEqual(writeStatus(resources.pods, pod, { phase: 'Failed' }, { phase: 'Pending' }), []);
      const other = { metadata: { ...pod.metadata, uid: 'another' } };
      return {
        steps: [
          [remove(resources.pods, other, { ignore: ['Conflict'] })],
          [update(OWNERS, { ...object, data: { done: 'yes' } })],
        ],
      };
    });
    await world.client.create(resources.pods, {
      metadata: { name: 'one', namespace: 'default' },
      spec: { containers: [] },
    });
    const owners = world.informers.for(OWNERS);
    await until(() => owners.get('default', 'owner')?.data?.done === 'yes', world);
    assert.equal((await world.client.list(resources.pods)).items.length, 1);
    await world.stop();
  });

  it('elsewhere too, and what stands after it waits for that', async () => {
    const done: string[] = [];
    let broken = true;
    const first = {
      async run() {
        done.push('run');
        if (broken) throw new Error('no space');
      },
      failed: ({ message }: Error) => ({ type: 'Warning' as const, reason: 'Full', message }),
    };
    const world = await worldOf((object, pods) =>
      pods.length > 0 ? {} : { first, steps: [[create(resources.pods, podOf(object, 'made'))]] },
    );
    const pods = world.informers.for(resources.pods);
    await until(() => done.length >= 3, world);
    assert.equal(pods.list().length, 0);
    await world.recorder.flush();
    const [event] = (await world.client.list(resources.events)).items;
    assert.equal(event?.message, 'no space');
    broken = false;
    await until(() => pods.list().length === 1, world);
    await world.stop();
  });

  it('but not as long as something is there that must not be', async () => {
    const obstacle = { metadata: { name: 'obstacle', namespace: 'default' } };
    const unless = { resource: resources.secrets, object: obstacle };
    let begun = false;
    const world = await worldOf((object, pods) => ({
      steps: pods.length > 0 || !begun ? [] : [[create(resources.pods, podOf(object, 'made'), { unless })]],
      again: 1_000,
    }));
    const pods = world.informers.for(resources.pods);
    await world.client.create(resources.secrets, obstacle);
    begun = true;
    await world.clock.advanceAsync(10_000);
    assert.equal(requests(world, 'create', 'pods').length, 0);
    await world.client.delete(resources.secrets, { namespace: 'default', name: 'obstacle' });
    await until(() => pods.list().length === 1, world);
    await world.stop();
  });
});

it('a key that cannot be worked on yet keeps its failures, and comes again', async () => {
  const world = testWorld();
  const loop = new KeyedLoop('gate', world);
  let isOpen = true;
  let looks = 0;
  const running = loop.run(
    1,
    async () => {
      looks += 1;
      throw new Error('not yet');
    },
    async () => isOpen,
  );
  loop.queue.add('k');
  await world.clock.advanceAsync(100);
  const [failures, before] = [loop.queue.failures('k'), looks];
  assert.ok(failures > 1 && failures === before);
  isOpen = false;
  await world.clock.advanceAsync(60_000);
  assert.deepEqual([loop.queue.failures('k'), looks, loop.failures.get('k')], [failures, before, 'not yet']);
  isOpen = true;
  await world.clock.advanceAsync(2_000);
  assert.ok(looks > before);
  await world.stop();
  await running;
});
