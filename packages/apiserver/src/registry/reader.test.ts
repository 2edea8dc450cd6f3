import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isApiError } from '@keelson/api';
import { configMap, context, request, world } from '../../test/world.js';

async function filled() {
  const made = await world();
  const { registry, reader, deleter, configMaps, cache } = made;
  for (const name of ['a', 'b', 'c', 'd', 'e'])
    await registry.create(configMaps, request(configMaps, 'create', '', configMap(name)), context);
  const list = async (options: { limit?: number; continueToken?: string; labelSelector?: string }) => {
    const { items, metadata } = await reader.list(configMaps, request(configMaps, 'list', '', undefined, options));
    const names = items.map(({ object }) => object.metadata.name);
    const { continue: token = '', remainingItemCount: rest, resourceVersion } = metadata;
    return { names, token, rest, resourceVersion };
  };
  const change = async () => {
    await registry.create(configMaps, request(configMaps, 'create', '', configMap('b2')), context);
    await deleter.delete(configMaps, request(configMaps, 'delete', 'd'), context);
    await cache.fresh();
  };
  return { ...made, list, change };
}

test('pages are of one state, whatever happens between them', async () => {
  const { list, change, store, cache, close } = await filled();
  const first = await list({ limit: 2 });
  assert.deepEqual([first.names, first.rest], [['a', 'b'], 3]);
  await change();
  const second = await list({ limit: 2, continueToken: first.token });
  assert.deepEqual([second.names, second.rest], [['c', 'd'], 1]);
  const third = await list({ limit: 2, continueToken: second.token });
  assert.deepEqual([third.names, third.token, third.rest], [['e'], '', undefined]);
  assert.equal(new Set([first, second, third].map((it) => it.resourceVersion)).size, 1);
  assert.deepEqual((await list({})).names, ['a', 'b', 'b2', 'c', 'e']);
  // What the store has forgotten is not told, even if it is known.
  cache.forget(store.revision + 1);
  const { names } = await list({ limit: 2, continueToken: first.token });
  assert.deepEqual(names, ['c', 'd'], 'from the store, which still has it');
  await close();
});

test('pages of what the cache has forgotten are read from the store', async () => {
  const { list, change, configMaps, cache, store, close } = await filled();
  const first = await list({ limit: 2 });
  await change();
  await cache.fresh();
  configMaps.cache.reset([...configMaps.cache.list()], store.revision);
  const second = await list({ limit: 2, continueToken: first.token });
  assert.deepEqual([second.names, second.rest], [['c', 'd'], 1]);
  const chosen = await list({ limit: 1, continueToken: first.token, labelSelector: 'none' });
  assert.deepEqual([chosen.names, chosen.token], [[], '']);
  await close();
});

test('a token that is none is refused', async () => {
  const { list, close } = await filled();
  await assert.rejects(list({ continueToken: 'nonsense' }), (error) => isApiError(error, 'BadRequest'));
  await close();
});
