import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { allKinds, apiErrors } from '@keelson/api';
import { until } from '@keelson/client/testing';
import { customKindOf, definitionOf } from '../testing/custom.js';
import { type TestWorld, testWorld } from '../testing/world.js';
import { resourceOf } from './kinds.js';

const definitions = resourceOf(allKinds.find((it) => it.kind === 'CustomResourceDefinition')!);
const cup = customKindOf('Cup');
const cups = resourceOf(cup);

/** A world in which somebody follows all kinds of the custom group, and what it heard. */
async function followed(run: (world: TestWorld, heard: string[]) => Promise<void>): Promise<void> {
  const world = testWorld();
  const heard: string[] = [];
  world.kinds.follow({
    wants: ({ group }) => group === 'example.com',
    came({ plural, version, namespaced }, informer) {
      heard.push(`came ${plural} ${version} ${namespaced ? 'namespaced' : 'cluster'}`);
      informer.addHandler({
        onAdd: (object) => void heard.push(`add ${JSON.stringify(Object.keys(object).sort())} ${object.metadata.name}`),
        onDelete: ({ metadata }) => void heard.push(`delete ${metadata.name}`),
      });
    },
    went: ({ plural, version }, informer) => void heard.push(`went ${plural} ${version} ${informer.list().length}`),
  });
  await world.start();
  try {
    await run(world, heard);
  } finally {
    await world.stop();
  }
}

const settle = async ({ clock }: TestWorld, milliseconds: number) => {
  for (let left = milliseconds; left > 0; left -= 500) await clock.advanceAsync(500);
};

async function define(world: TestWorld): Promise<void> {
  world.served.add(cup);
  await world.client.create(definitions, definitionOf(cup));
}

describe('the kinds that are served', () => {
  it('come and go with their definitions, and of each object only its metadata is kept', () =>
    followed(async (world, heard) => {
      await define(world);
      await until(() => heard.includes('came cups v1 namespaced'), { clock: world.clock });
      const metadata = { name: 'a', namespace: 'default', annotations: { long: 'text' } };
      await world.client.create(cups, Object.assign({ metadata }, { spec: { size: 1 } }));
      await until(() => heard.length === 2, { clock: world.clock });
      assert.equal(heard[1], 'add ["apiVersion","kind","metadata"] a');
      const kept = world.informers.metadataFor(cups).get('default', 'a');
      assert.deepEqual(Object.keys(kept?.metadata ?? {}).includes('annotations'), false);
      world.served.remove(cup.group, cup.version, cup.plural);
      await world.client.delete(definitions, { name: 'cups.example.com' });
      await until(() => heard.includes('went cups v1 1'), { clock: world.clock });
      const before = world.server.requests.length;
      await settle(world, 20_000);
      const late = world.server.requests.slice(before).filter(({ path }) => path.resource === 'cups');
      assert.deepEqual(late, []);
    }));

  it('are asked for every 30 seconds though no definition changes', () =>
    followed(async (world, heard) => {
      world.served.add(cup);
      await settle(world, 29_000);
      assert.deepEqual(heard, []);
      await settle(world, 3_000);
      assert.deepEqual(heard, ['came cups v1 namespaced']);
    }));

  it('that come back in another form are others', () =>
    followed(async (world, heard) => {
      await define(world);
      await until(() => heard.length === 1, { clock: world.clock });
      world.served.add(customKindOf('Cup', 'Cluster'));
      await settle(world, 31_000);
      assert.deepEqual(heard, ['came cups v1 namespaced', 'went cups v1 0', 'came cups v1 cluster']);
    }));

  it('are asked for seldom, however many definitions change', () =>
    followed(async (world) => {
      let asked = 0;
      const { discover } = world;
      world.discover = () => {
        asked += 1;
        return discover();
      };
      for (let index = 0; index < 40; index++) {
        await world.client.create(definitions, { metadata: { name: `n${index}.example.com` } });
        await world.clock.advanceAsync(100);
      }
      await settle(world, 1_000);
      assert.ok(asked >= 1 && asked <= 3, `asked ${asked} times`);
    }));

  it('stay when the server cannot be asked, or does not know of a part', () =>
    followed(async (world, heard) => {
      await define(world);
      await until(() => heard.length === 1, { clock: world.clock });
      const { discover } = world;
      world.discover = async () => {
        throw apiErrors.serviceUnavailable('not now');
      };
      await settle(world, 31_000);
      await assert.rejects(world.kinds.since(world.kinds.now()), /not now/);
      assert.ok(world.kinds.current?.find('example.com/v1', 'Cup'));
      world.discover = async () => {
        const all = await discover();
        const resources = all.resources.filter(({ group }) => group !== 'example.com');
        return { ...all, resources, stale: [{ group: 'example.com', version: 'v1' }] };
      };
      await settle(world, 31_000);
      const { current } = world.kinds;
      assert.ok(current?.find('example.com/v1', 'Cup'));
      assert.deepEqual(
        [...(current?.failures ?? [])],
        [['example.com/v1', 'stale GroupVersion discovery: example.com/v1']],
      );
      assert.deepEqual(heard, ['came cups v1 namespaced']);
    }));

  it('are known as of the moment that is asked for, at one price for all who ask together', () =>
    followed(async (world) => {
      let asked = 0;
      const { discover } = world;
      world.discover = () => {
        asked += 1;
        return discover();
      };
      const begun = world.kinds.now();
      world.served.add(cup);
      const told = await Promise.all([1, 2, 3].map(() => world.kinds.since(begun)));
      assert.ok(told.every((it) => it.find('example.com/v1', 'Cup') !== undefined));
      await world.kinds.since(begun);
      assert.equal(asked, 1);
    }));
});
