import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject, Steps } from '@keelson/api';
import { configMap, context, request, world } from '../../test/world.js';
import { Pace } from './pause.js';

const MERGE = 'application/merge-patch+json';
const opts = { fieldManager: 'tests' };
/** With their managers more values than a body may have. */
const MANY = 30_000;

function* threeSteps(): Steps<string> {
  yield;
  yield;
  return 'done';
}

test('what is small is done in one turn, what covers something large lets others between', async () => {
  let turns = 0;
  const pace = new Pace(async () => void turns++);
  await pace.covers(1_000).pause();
  assert.equal(await pace.run(threeSteps()), 'done');
  assert.equal(turns, 0);
  await pace.covers(4 * 1024).pause();
  await pace.covers(10).pause();
  assert.equal(turns, 2);
  assert.equal(await pace.run(threeSteps()), 'done');
  assert.equal(turns, 4);
});

/** How often others had the event loop meanwhile. */
async function turnsOf<T>(work: Promise<T>): Promise<{ turns: number; result: T }> {
  let turns = 0;
  let isOver = false;
  const tick = () => {
    turns++;
    if (!isOver) setImmediate(tick);
  };
  setImmediate(tick);
  const result = await work.finally(() => {
    isOver = true;
  });
  return { turns, result };
}

test('a small patch of a large object lets others between, and keeps every field of it', async () => {
  const { registry, configMaps, close } = await world();
  const data = Object.fromEntries(Array.from({ length: MANY }, (_, index) => [`k${index}`, '']));
  await registry.create(configMaps, request(configMaps, 'create', '', configMap('large', data), opts), context);
  await registry.create(configMaps, request(configMaps, 'create', '', configMap('small', { k: '' }), opts), context);
  const patch = (name: string, label: string) =>
    registry.patch(
      configMaps,
      request(configMaps, 'patch', name, { metadata: { labels: { [label]: 'x' } } }, opts, MERGE),
      context,
    );
  const small = await turnsOf(patch('small', 'a'));
  const large = await turnsOf(patch('large', 'a'));
  assert.ok(small.turns <= 3, `${small.turns} turns of a small one`);
  assert.ok(large.turns >= 10, `${large.turns} turns of a large one`);
  // Writers that meet between the steps lose nothing of each other.
  await Promise.all(['b', 'c', 'd'].map((label) => patch('large', label)));
  const { stored } = await configMaps.read('default', 'large');
  const object = stored!.object as KubeObject & { data: object };
  assert.deepEqual(object.metadata.labels, { a: 'x', b: 'x', c: 'x', d: 'x' });
  assert.equal(Object.keys(object.data).length, MANY);
  const again = request(configMaps, 'update', 'large', object, opts);
  const { object: same } = await registry.update(configMaps, again, context);
  assert.equal(same.metadata.resourceVersion, object.metadata.resourceVersion);
  await close();
});
