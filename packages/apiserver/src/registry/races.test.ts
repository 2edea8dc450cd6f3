import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { KubeObject } from '@keelson/api';
import { configMap, context, request, world } from '../../test/world.js';
import { Turns } from './turns.js';

type Data = KubeObject & { data?: Record<string, string> };

const CLIENTS = 16;
const CHANGES = 20;

/** Each of many clients changes the one object again and again; every change must be there at the end. */
async function race(change: (all: Awaited<ReturnType<typeof world>>, key: string, value: string) => Promise<unknown>) {
  const all = await world();
  const { registry, configMaps, store } = all;
  // A store is asked over a connection: whoever asks later may be answered earlier.
  const { txn } = store.kv;
  let asked = 0;
  store.kv.txn = async (...args) => {
    asked += 7;
    for (let wait = asked % 5; wait > 0; wait--) await turn();
    return txn(...args);
  };
  await registry.create(configMaps, request(configMaps, 'create', '', configMap('a')), context);
  const client = async (name: number) => {
    for (let at = 0; at < CHANGES; at++) await change(all, `k${name}`, String(at));
  };
  await Promise.all(Array.from({ length: CLIENTS }, (_, name) => client(name)));
  const { stored } = await configMaps.read('default', 'a');
  await all.close();
  return stored?.object as Data;
}

const everyone = Object.fromEntries(Array.from({ length: CLIENTS }, (_, name) => [`k${name}`, String(CHANGES - 1)]));

for (const [mediaType, body] of [
  ['application/merge-patch+json', (key: string, value: string) => ({ data: { [key]: value } })],
  ['application/strategic-merge-patch+json', (key: string, value: string) => ({ data: { [key]: value } })],
] as const) {
  test(`nobody loses a race with a patch without a version: ${mediaType}`, async () => {
    const { data } = await race(({ registry, configMaps }, key, value) =>
      registry.patch(configMaps, request(configMaps, 'patch', 'a', body(key, value), {}, mediaType), context),
    );
    assert.deepEqual(data, everyone);
  });
}

test('nobody loses a race with a JSON patch', async () => {
  const { metadata } = await race(({ registry, configMaps }, key, value) => {
    const patch = [
      { op: 'test', path: '/metadata/name', value: 'a' },
      { op: 'add', path: '/data', value: { [key]: value } },
    ];
    const asked = request(configMaps, 'patch', 'a', patch, {}, 'application/json-patch+json');
    return registry.patch(configMaps, asked, context);
  });
  assert.ok(metadata.uid);
});

test('appliers of different fields never conflict', async () => {
  const { data } = await race(({ registry, configMaps }, key, value) => {
    const options = { fieldManager: key };
    const body = configMap('a', { [key]: value });
    const asked = request(configMaps, 'patch', 'a', body, options, 'application/apply-patch+yaml');
    return registry.patch(configMaps, asked, context);
  });
  assert.deepEqual(data, everyone);
});

test('updates without a version all count', async () => {
  const { data = {} } = await race(({ registry, configMaps }, key, value) =>
    registry.update(configMaps, request(configMaps, 'update', 'a', configMap('a', { [key]: value })), context),
  );
  assert.equal(Object.keys(data).length, 1);
});

test('of updates that name a version one wins, and whoever patches beside them wins too', async () => {
  const { registry, configMaps, close } = await world();
  const made = await registry.create(configMaps, request(configMaps, 'create', '', configMap('a')), context);
  const { resourceVersion } = made.object.metadata;
  const attempts = Array.from({ length: CLIENTS }, (_, client) => {
    const named = { ...configMap('a', { [client]: '' }), metadata: { name: 'a', resourceVersion } };
    const body = client % 2 === 0 ? named : { metadata: { resourceVersion }, data: { [client]: '' } };
    return client % 2 === 0
      ? registry.update(configMaps, request(configMaps, 'update', 'a', body), context)
      : registry.patch(
          configMaps,
          request(configMaps, 'patch', 'a', body, {}, 'application/merge-patch+json'),
          context,
        );
  });
  const results = await Promise.allSettled(attempts);
  assert.equal(results.filter((it) => it.status === 'fulfilled').length, 1);
  for (const result of results) {
    if (result.status === 'rejected') assert.equal(result.reason.code, 409);
  }
  await close();
});

test('appliers who all find nothing make one object together', async () => {
  const { registry, configMaps, close } = await world();
  const codes = await Promise.all(
    Array.from({ length: CLIENTS }, async (_, client) => {
      const options = { fieldManager: `m${client}` };
      const body = configMap('new', { [`k${client}`]: '1' });
      const asked = request(configMaps, 'patch', 'new', body, options, 'application/apply-patch+yaml');
      return (await registry.patch(configMaps, asked, context)).code;
    }),
  );
  assert.equal(codes.filter((code) => code === 201).length, 1);
  const { stored } = await configMaps.read('default', 'new');
  assert.equal(Object.keys((stored!.object as Data).data ?? {}).length, CLIENTS);
  await close();
});

test('deletions and releases of finalizers beside patches are all carried out', async () => {
  const { registry, deleter, configMaps, store, close } = await world();
  const finalizers = Array.from({ length: CLIENTS }, (_, client) => `example.com/f${client}`);
  const held = { ...configMap('a'), metadata: { name: 'a', finalizers } };
  await registry.create(configMaps, request(configMaps, 'create', '', held), context);
  await Promise.all([
    deleter.delete(configMaps, request(configMaps, 'delete', 'a'), context),
    ...finalizers.map((finalizer) => {
      const patch = { metadata: { [`$deleteFromPrimitiveList/finalizers`]: [finalizer] } };
      const mediaType = 'application/strategic-merge-patch+json';
      return registry.patch(configMaps, request(configMaps, 'patch', 'a', patch, {}, mediaType), context);
    }),
  ]);
  await deleter.delete(configMaps, request(configMaps, 'delete', 'a'), context).catch(() => {});
  assert.deepEqual(store.keys(), []);
  await close();
});

test('turns are taken in order, and a broken line lets everybody go', async () => {
  const turns = new Turns<number>();
  assert.equal(turns.isTaken('k'), false);
  const first = await turns.take('k');
  const order: string[] = [];
  const second = turns.take('k').then((it) => {
    order.push(`second ${it.newest}`);
    return it;
  });
  const third = turns.take('k').then((it) => void order.push(`third ${it.newest}`));
  const fourth = turns.take('k').then((it) => void order.push(`fourth ${it.newest}`));
  assert.equal(turns.isTaken('k'), true);
  first.pass(5);
  first.pass(6);
  (await second).breakUp();
  await Promise.all([third, fourth]);
  assert.deepEqual(order, ['second 5', 'third 5', 'fourth 5']);
  assert.equal(turns.isTaken('k'), false);
});
