import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '@keelson/service';
import { ManualClock } from '@keelson/service/testing';
import { MemoryStore } from '../../test/memory-store.js';
import { Cache, StaleCacheError } from './cache.js';

const PODS = { group: '', plural: 'pods' };
const object = (name: string, labels = {}) => ({ metadata: { name, namespace: 'n', labels } });

function given(pageSize = 2) {
  const store = new MemoryStore();
  const clock = new ManualClock();
  const cache = new Cache({ pageSize }, { store, clock, logger: silentLogger });
  const pods = cache.collection(PODS);
  const roles = cache.collection({ group: 'rbac.authorization.k8s.io', plural: 'roles' });
  const stop = new AbortController();
  return { store, clock, cache, pods, roles, stop };
}

test('the cache is filled page by page and then follows', async () => {
  const { store, cache, pods, roles, stop } = given();
  for (const name of ['a', 'b', 'c']) store.put(`/registry/pods/n/${name}`, object(name));
  store.put('/registry/rbac.authorization.k8s.io/roles/n/r', object('r'));
  store.put('/registry/unknown/thing', object('thing'));
  const running = cache.run(stop.signal);
  await cache.fresh();
  assert.deepEqual(
    [...pods.list()].map(({ path }) => path),
    ['n/a', 'n/b', 'n/c'],
  );
  assert.equal(roles.size, 1);
  const revision = store.put('/registry/pods/n/d', object('d'));
  await cache.reached(revision);
  assert.equal(pods.get('n/d')?.revision, revision);
  stop.abort();
  await running;
});

test('a consistent read waits until the watch has come as far as the store', async () => {
  const { store, cache, pods, stop } = given();
  const running = cache.run(stop.signal);
  await cache.fresh();
  store.put('/registry/pods/n/a', object('a'));
  await cache.fresh();
  assert.equal(pods.size, 1);
  stop.abort();
  await running;
});

test('a revision that does not come is told after a while', async () => {
  const { clock, cache, stop } = given();
  const running = cache.run(stop.signal);
  await cache.fresh();
  const late = cache.reached(1_000);
  const told = assert.rejects(late, StaleCacheError);
  await clock.advance(3_000);
  await told;
  stop.abort();
  await running;
});

test('a broken watch fills the cache anew and ends those who follow it', async () => {
  const { store, clock, cache, pods, stop } = given();
  const running = cache.run(stop.signal);
  await cache.fresh();
  const reset = new Promise<void>((resolve) => cache.onReset(resolve));
  store.breakWatches(new Error('compacted'));
  store.put('/registry/pods/n/a', object('a'));
  // The next attempt comes after a pause; let the loop reach it.
  while (cache.ready) await new Promise((resolve) => setImmediate(resolve));
  await clock.advance(500);
  await reset;
  assert.equal(pods.size, 1);
  stop.abort();
  await running;
});
