import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiErrors, type KubeObject } from '@keelson/api';
import { ManualClock } from '@keelson/service/testing';
import { ReferencedObjects } from './referenced-objects.js';

/** An API server that takes a second for each answer. */
function given(names: string[]) {
  const clock = new ManualClock();
  const state = { objects: new Set(names), down: false, calls: 0, running: 0, most: 0 };
  const client = {
    get: async (_: unknown, { name = '' }: { name?: string }): Promise<KubeObject> => {
      state.calls += 1;
      state.running += 1;
      state.most = Math.max(state.most, state.running);
      await clock.sleep(1_000);
      state.running -= 1;
      if (state.down) throw apiErrors.serviceUnavailable('down');
      if (!state.objects.has(name)) throw apiErrors.notFound({ group: '', plural: 'configmaps' }, name);
      return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } };
    },
  };
  const objects = new ReferencedObjects({ ttlMs: 30_000, entriesMax: 100 }, { client: client as never, clock });
  return { clock, state, objects };
}

test('many objects of many pods are fetched side by side, each once, so many at a time', async () => {
  const names = Array.from({ length: 50 }, (_, index) => `c${index}`);
  const { clock, state, objects } = given(names);
  const pods = Array.from({ length: 5 }, () => Promise.all(names.map((name) => objects.configMap('default', name))));
  await clock.advanceAsync(4_000);
  for (const found of await Promise.all(pods))
    assert.deepEqual(
      found.map((it) => it?.metadata.name),
      names,
    );
  assert.deepEqual([state.calls, state.most], [50, 16]);
  await objects.configMap('default', 'c0');
  assert.equal(state.calls, 50, 'what is fresh is not asked for');
});

test('what is absent is asked for each time, and what is gone is forgotten', async () => {
  const { clock, state, objects } = given([]);
  const ask = async () => {
    const asked = objects.configMap('default', 'late');
    await clock.advanceAsync(1_000);
    return (await asked)?.metadata.name;
  };
  assert.equal(await ask(), undefined);
  state.objects.add('late');
  assert.equal(await ask(), 'late');
  state.objects.delete('late');
  assert.equal(await ask(), 'late', 'for a while');
  clock.advance(30_000);
  assert.equal(await ask(), undefined);
});

test('what was known is good while the API server is away, and what was not is an error for everybody who asks', async () => {
  const { clock, state, objects } = given(['a']);
  const first = objects.configMap('default', 'a');
  await clock.advanceAsync(1_000);
  await first;
  state.down = true;
  clock.advance(60_000);
  const asked = Promise.allSettled([
    objects.configMap('default', 'a'),
    objects.configMap('default', 'b'),
    objects.configMap('default', 'b'),
  ]);
  await clock.advanceAsync(1_000);
  assert.deepEqual(
    (await asked).map(({ status }) => status),
    ['fulfilled', 'rejected', 'rejected'],
  );
});
