import assert from 'node:assert/strict';
import { it } from 'node:test';
import { resources } from '@keelson/client';
import { until } from '@keelson/client/testing';
import { testWorld } from '../testing/world.js';
import { type Controller, KeyedLoop } from './controller.js';
import { controllersPage, type LoopState } from './debug-page.js';

it('what controllers work on, wait for and fail at is shown', async () => {
  const world = testWorld();
  let go = () => {};
  const controller: Controller = {
    name: 'test',
    setUp(context) {
      const loop = new KeyedLoop('test', context);
      loop.feed(context.informers.for(resources.configMaps), ({ metadata }) => [metadata.name ?? '']);
      return () =>
        loop.run(2, async (key) => {
          if (key === 'slow') await new Promise<void>((resolve) => (go = resolve));
          if (key === 'bad') throw new Error('it is bad');
          return key === 'later' ? 60_000 : undefined;
        });
    },
  };
  await world.start(controller);
  const page = controllersPage(world.loops);
  const ask = (query: string) => page(new URL(`http://localhost/debug/controllers${query}`));
  for (const name of ['bad', 'later', 'slow'])
    await world.client.create(resources.configMaps, { metadata: { name, namespace: 'default' } });
  const state = async () =>
    (JSON.parse((await ask('?output=json')).text) as { controllers: LoopState[] }).controllers[0]!;
  let last = await state();
  await until(() => {
    void state().then((it) => (last = it));
    return last.working.length === 1 && last.failingCount === 1 && last.delayed.some(({ key }) => key === 'later');
  }, world);
  assert.equal(last.working[0]?.key, 'slow');
  assert.deepEqual([last.failing[0]?.key, last.failing[0]?.reason], ['bad', 'it is bad']);
  assert.ok(last.failing[0]!.failures >= 1);
  const { text } = await ask('');
  assert.match(
    text,
    /^CONTROLLER +WAITING +WORKING +DELAYED +FAILING\ntest +0 +1 +\d +1\n\ntest: works on slow for \d+ ms\n/,
  );
  assert.match(text, /test: bad failed \d+ times: it is bad\n$/);
  assert.equal((await ask('?controller=other')).status, 404);
  assert.match((await ask('?output=xml')).text, /"xml" is neither text nor json/);
  go();
  await world.stop();
  assert.match((await controllersPage(new Map())(new URL('http://x/'))).text, /another process leads/);
});
