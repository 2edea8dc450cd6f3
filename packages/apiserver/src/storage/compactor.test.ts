import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '@keelson/service';
import { ManualClock } from '@keelson/service/testing';
import { MemoryStore } from '../../test/memory-store.js';
import { Compactor } from './compactor.js';

const newCompactor = (store: MemoryStore, clock = new ManualClock()) =>
  new Compactor({ intervalMs: 1_000 }, { store, clock, logger: silentLogger });

test('each round compacts at the revision of the round before', async () => {
  const store = new MemoryStore();
  const compactor = newCompactor(store);
  store.put('a', {});
  await compactor.round();
  assert.equal(store.compacted, 0);
  const first = store.revision;
  for (let at = 0; at < 10; at++) store.put('a', { at });
  await compactor.round();
  assert.equal(store.compacted, first);
  const second = store.revision;
  store.put('a', {});
  await compactor.round();
  assert.equal(store.compacted, second);
});

test('of several servers one compacts a round, and nothing younger than a round is lost', async () => {
  const store = new MemoryStore();
  const compactors = [newCompactor(store), newCompactor(store), newCompactor(store)];
  for (let round = 0; round < 20; round++) {
    const roundBegan = store.revision;
    store.put('a', { round });
    // Not always the same comes first.
    const [first, ...others] = [...compactors.slice(round % 3), ...compactors.slice(0, round % 3)];
    await first!.round();
    const after = store.compacted;
    for (const it of others) await it.round();
    assert.equal(store.compacted, after);
    assert.ok(store.compacted <= roundBegan, `${store.compacted} at ${roundBegan}`);
  }
  assert.ok(store.compacted > store.revision - 20);
});

test('a server that comes back takes over from the others, and goes on alone', async () => {
  const store = new MemoryStore();
  const before = newCompactor(store);
  for (let round = 0; round < 3; round++) await before.round();
  const after = newCompactor(store);
  store.put('a', {});
  await after.round();
  const revision = store.revision;
  store.put('a', {});
  await after.round();
  assert.equal(store.compacted, revision);
});

test('runs by the clock, and a failure ends it not', async () => {
  const store = new MemoryStore();
  const clock = new ManualClock();
  const stop = new AbortController();
  let failures = 0;
  const flaky = {
    kv: {
      ...store.kv,
      txn: async (request: Parameters<MemoryStore['kv']['txn']>[0]) => {
        failures += 1;
        if (failures === 2) throw new Error('no leader');
        return await store.kv.txn(request);
      },
    },
  };
  const dependencies = { store: Object.assign(Object.create(store), flaky), clock, logger: silentLogger };
  const running = new Compactor({ intervalMs: 1_000 }, dependencies).run(stop.signal);
  for (let second = 0; second < 4; second++) {
    store.put('a', { second });
    clock.advance(1_000);
    await new Promise(setImmediate);
  }
  assert.equal(failures, 4);
  assert.ok(store.compacted > 0);
  stop.abort();
  await running;
});
