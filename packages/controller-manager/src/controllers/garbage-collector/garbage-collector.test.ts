import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { apiErrors, type ConfigMap, isApiError, type Kind, type KubeObject, type OwnerReference } from '@keelson/api';
import { resources } from '@keelson/client';
import { until } from '@keelson/client/testing';
import { resourceOf } from '../../framework/kinds.js';
import { customKindOf } from '../../testing/custom.js';
import { type TestWorld, testWorld } from '../../testing/world.js';
import { garbageCollector } from './index.js';

const maps = resources.configMaps;

async function owned(world: TestWorld, name: string, owners: ConfigMap[], block = false): Promise<ConfigMap> {
  const ownerReferences: OwnerReference[] = owners.map(({ metadata }) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    ...(block ? { blockOwnerDeletion: true } : {}),
  }));
  return world.client.create<ConfigMap>(maps, { metadata: { name, namespace: 'default', ownerReferences } });
}

const key = (name: string) => ({ namespace: 'default', name });
const exists = (world: TestWorld, name: string) => world.informers.for(maps).get('default', name) !== undefined;

async function gone(world: TestWorld, name: string): Promise<void> {
  let found = true;
  for (let turn = 0; found; turn++) {
    assert.ok(turn < 500, `${name} stays`);
    await world.clock.advanceAsync(100);
    found = await world.client.get(maps, key(name)).then(
      () => true,
      (error: unknown) => !isApiError(error, 'NotFound'),
    );
  }
}

async function run(
  test: (world: TestWorld) => Promise<void>,
  prepare: (world: TestWorld) => void = () => {},
): Promise<void> {
  const world = testWorld();
  // Whole ones, for the tests to look at.
  world.informers.for(maps);
  prepare(world);
  await world.start(garbageCollector);
  try {
    await test(world);
  } finally {
    await world.stop();
  }
}

describe('garbage collector', () => {
  it('deletes what lost its only owner', () =>
    run(async (world) => {
      const owner = await owned(world, 'owner', []);
      await owned(world, 'child', [owner]);
      await until(() => exists(world, 'child'), { clock: world.clock });
      await world.client.delete(maps, key('owner'));
      await gone(world, 'child');
    }));

  it('deletes what names an owner that never was', () =>
    run(async (world) => {
      await owned(world, 'child', [{ metadata: { name: 'nobody', uid: 'none' } }]);
      await gone(world, 'child');
    }));

  it('keeps what has another owner, and strikes out the lost one', () =>
    run(async (world) => {
      const [first, second] = [await owned(world, 'first', []), await owned(world, 'second', [])];
      await owned(world, 'child', [first, second]);
      await until(() => exists(world, 'child'), { clock: world.clock });
      await world.client.delete(maps, key('first'));
      const owners = () => world.informers.for(maps).get('default', 'child')?.metadata.ownerReferences ?? [];
      await until(() => owners().length === 1, { clock: world.clock });
      assert.equal(owners()[0]?.uid, second.metadata.uid);
    }));

  it('holds an owner that is deleted in the foreground until those that block it are gone', () =>
    run(async (world) => {
      const owner = await owned(world, 'owner', []);
      const child = await owned(world, 'child', [owner], true);
      await world.client.update(maps, { ...child, metadata: { ...child.metadata, finalizers: ['x/hold'] } });
      await until(() => exists(world, 'child'), { clock: world.clock });
      await world.client.delete(maps, key('owner'), { propagationPolicy: 'Foreground' });
      const deleting = () => world.informers.for(maps).get('default', 'child')?.metadata.deletionTimestamp;
      await until(() => deleting() !== undefined, { clock: world.clock });
      await world.clock.advanceAsync(10_000);
      assert.ok(exists(world, 'owner'));
      await world.client.patch(maps, key('child'), 'merge', { metadata: { finalizers: null } });
      await gone(world, 'child');
      await gone(world, 'owner');
    }));

  it('lets an owner go whose blocking dependent was given to another', () =>
    run(async (world) => {
      const [owner, other] = [await owned(world, 'owner', []), await owned(world, 'other', [])];
      await owned(world, 'child', [owner, other], true);
      await until(() => exists(world, 'child'), { clock: world.clock });
      await world.client.delete(maps, key('owner'), { propagationPolicy: 'Foreground' });
      await gone(world, 'owner');
      assert.ok(exists(world, 'child'));
    }));

  it('leaves orphans behind without their owner', () =>
    run(async (world) => {
      const owner = await owned(world, 'owner', []);
      await owned(world, 'child', [owner]);
      await until(() => exists(world, 'child'), { clock: world.clock });
      await world.client.delete(maps, key('owner'), { propagationPolicy: 'Orphan' });
      await gone(world, 'owner');
      const child = await world.client.get<ConfigMap>(maps, key('child'));
      assert.deepEqual(child.metadata.ownerReferences ?? [], []);
    }));

  const cup = customKindOf('Cup');
  const dish = customKindOf('Dish', 'Cluster');

  /** With custom kinds, and events as they were recorded. */
  const runCustom = (test: (world: TestWorld, events: () => Promise<string[]>) => Promise<void>) =>
    run(
      async (world) => {
        await test(world, async () => {
          await world.recorder.flush();
          const { items } = await world.client.list(resources.events);
          return items.map(({ reason, message }) => `${reason}: ${message}`);
        });
      },
      (world) => {
        for (const kind of [cup, dish]) world.served.add(kind);
      },
    );

  const referenceTo = ({ apiVersion = '', kind = '', metadata }: KubeObject, more: object = {}): OwnerReference => ({
    apiVersion,
    kind,
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    ...more,
  });
  const make = (world: TestWorld, kind: Kind, name: string, ownerReferences: OwnerReference[] = [], more = {}) => {
    const namespace = kind.scope === 'Namespaced' ? { namespace: 'default' } : {};
    return world.client.create(resourceOf(kind), { metadata: { name, ...namespace, ownerReferences, ...more } });
  };
  const isThere = async (world: TestWorld, kind: Kind, name: string) => {
    const namespace = kind.scope === 'Namespaced' ? 'default' : '';
    return world.client.get(resourceOf(kind), { namespace, name }).then(
      () => true,
      () => false,
    );
  };
  const settle = async (world: TestWorld, seconds = 40) => {
    for (let step = 0; step < seconds; step++) await world.clock.advanceAsync(1000);
  };

  it('follows custom resources, as owners and as dependents', () =>
    runCustom(async (world) => {
      const owner = await make(world, cup, 'owner');
      const child = await make(world, cup, 'child', [referenceTo(owner)]);
      const map = await world.client.create<ConfigMap>(maps, {
        metadata: { name: 'map', namespace: 'default', ownerReferences: [referenceTo(child)] },
      });
      await settle(world, 2);
      await world.client.delete(resourceOf(cup), key('owner'));
      await gone(world, map.metadata.name ?? '');
      assert.equal(await isThere(world, cup, 'child'), false);
    }));

  it('strikes owners out of custom resources, which take no strategic patch', () =>
    runCustom(async (world) => {
      const [first, second] = [await make(world, cup, 'first'), await make(world, cup, 'second')];
      await make(world, cup, 'child', [referenceTo(first), referenceTo(second)]);
      await make(world, cup, 'orphan', [referenceTo(second)]);
      await settle(world, 2);
      await world.client.delete(resourceOf(cup), key('first'));
      await settle(world, 2);
      const owners = async (name: string) =>
        ((await world.client.get(resourceOf(cup), key(name))).metadata.ownerReferences ?? []).map((it) => it.name);
      assert.deepEqual(await owners('child'), ['second']);
      await world.client.delete(resourceOf(cup), key('second'), { propagationPolicy: 'Orphan' });
      await settle(world, 2);
      assert.deepEqual([await owners('child'), await owners('orphan')], [[], []]);
      assert.equal(await isThere(world, cup, 'second'), false);
    }));

  it('waits for an owner of a kind that nobody serves', () =>
    run(async (world) => {
      const reference = { apiVersion: 'example.com/v1', kind: 'Cup', name: 'owner', uid: 'unknown' };
      await world.client.create<ConfigMap>(maps, {
        metadata: { name: 'child', namespace: 'default', ownerReferences: [reference] },
      });
      // Long enough for its back-off to be long.
      await settle(world, 700);
      assert.ok(await world.client.get(maps, key('child')));
      world.served.add(cup);
      await gone(world, 'child');
    }));

  it('takes an owner for gone only where the kind was found', () =>
    runCustom(async (world) => {
      const owner = await make(world, cup, 'owner');
      world.server.intercept = ({ verb, path }) =>
        verb === 'get' && path.resource === 'cups' ? apiErrors.resourceNotServed() : undefined;
      const reference = referenceTo(owner, { uid: 'other' });
      await world.client.create<ConfigMap>(maps, {
        metadata: { name: 'child', namespace: 'default', ownerReferences: [reference] },
      });
      await settle(world);
      assert.ok(await world.client.get(maps, key('child')));
    }));

  it('goes on with the dependents of a kind that goes and comes back', () =>
    runCustom(async (world) => {
      const owner = await make(world, cup, 'owner');
      await world.client.create<ConfigMap>(maps, {
        metadata: { name: 'child', namespace: 'default', ownerReferences: [referenceTo(owner)] },
      });
      await settle(world, 2);
      world.served.remove(cup.group, cup.version, cup.plural);
      await settle(world);
      assert.ok(await world.client.get(maps, key('child')));
      world.served.add(cup);
      await world.client.delete(resourceOf(cup), key('owner'));
      await gone(world, 'child');
    }));

  it('tells of an owner in another namespace, and takes it for none', () =>
    runCustom(async (world, events) => {
      const metadata = { name: 'owner', namespace: 'other' };
      const owner = await world.client.create(resourceOf(cup), { metadata });
      await settle(world, 2);
      const child = await make(world, cup, 'child', [referenceTo(owner)]);
      await settle(world);
      assert.equal(await isThere(world, cup, 'child'), false);
      const text = `[example.com/v1/Cup, namespace: default, name: owner, uid: ${owner.metadata.uid}]`;
      assert.deepEqual(await events(), [
        `OwnerRefInvalidNamespace: ownerRef ${text} does not exist in namespace "default"`,
      ]);
      assert.ok(child.metadata.uid);
      assert.ok(await world.client.get(resourceOf(cup), { namespace: 'other', name: 'owner' }));
    }));

  it('leaves what belongs to no namespace and names an owner in one', () =>
    runCustom(async (world) => {
      const owner = await make(world, cup, 'owner');
      await make(world, dish, 'here', [referenceTo(owner)]);
      await make(world, dish, 'nowhere', [referenceTo(owner, { uid: 'none' })]);
      await settle(world);
      assert.deepEqual([await isThere(world, dish, 'here'), await isThere(world, dish, 'nowhere')], [true, true]);
    }));

  it('knows an owner by all that a reference says, not by its uid alone', () =>
    runCustom(async (world) => {
      const owner = await make(world, dish, 'owner');
      await make(world, cup, 'right', [referenceTo(owner)]);
      await make(world, cup, 'misnamed', [referenceTo(owner, { name: 'another' })]);
      await settle(world);
      assert.deepEqual([await isThere(world, cup, 'right'), await isThere(world, cup, 'misnamed')], [true, false]);
    }));

  it('resolves circles that are deleted in the foreground', () =>
    runCustom(async (world) => {
      const first = await make(world, cup, 'first');
      const block = { blockOwnerDeletion: true };
      const second = await make(world, cup, 'second', [referenceTo(first, block)]);
      const patch = { metadata: { ownerReferences: [referenceTo(second, block)] } };
      await world.client.patch(resourceOf(cup), key('first'), 'merge', patch);
      await settle(world, 2);
      await world.client.delete(resourceOf(cup), key('first'), { propagationPolicy: 'Foreground' });
      await settle(world);
      assert.deepEqual([await isThere(world, cup, 'first'), await isThere(world, cup, 'second')], [false, false]);
    }));

  it('asks for nothing again of objects whose owners are all in sight', () =>
    runCustom(async (world) => {
      const owner = await make(world, cup, 'owner');
      await settle(world, 2);
      await make(world, cup, 'child', [referenceTo(owner)]);
      await settle(world, 2);
      const before = world.server.requests.length;
      const patch = { metadata: { labels: { a: 'b' } } };
      await world.client.patch(resourceOf(cup), key('child'), 'merge', patch);
      await settle(world, 2);
      const asked = world.server.requests.slice(before).filter(({ verb }) => verb === 'get');
      assert.deepEqual(asked, []);
    }));
});
