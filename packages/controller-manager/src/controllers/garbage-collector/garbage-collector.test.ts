import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ConfigMap, isApiError, type OwnerReference } from '@keelson/api';
import { resources } from '@keelson/client';
import { until } from '@keelson/client/testing';
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

async function run(test: (world: TestWorld) => Promise<void>): Promise<void> {
  const world = testWorld();
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
});
