import assert from 'node:assert/strict';
import { it } from 'node:test';
import { resources } from '@keelson/client';
import { until } from '@keelson/client/testing';
import { testWorld } from '../../testing/world.js';
import { secondsOf, stepOf, TTL_ANNOTATION, ttlController } from './index.js';

it('steps up with the size, and down only when it is clearly smaller', () => {
  const seconds = (nodes: number, from: number) => secondsOf(stepOf(nodes, from));
  assert.deepEqual([seconds(100, 0), seconds(101, 0), seconds(501, 1), seconds(20_000, 0)], [0, 15, 30, 600]);
  assert.deepEqual([seconds(95, 1), seconds(89, 1), seconds(3, 5)], [15, 0, 0]);
});

it('every node is told when the step changes', async () => {
  const world = testWorld();
  const { client, informers, clock } = world;
  await world.start(ttlController);
  const nodes = informers.for(resources.nodes);
  const told = (seconds: number) =>
    nodes.list().length > 0 &&
    nodes.list().every((it) => it.metadata.annotations?.[TTL_ANNOTATION] === String(seconds));
  for (let n = 0; n < 100; n += 1) await client.create(resources.nodes, { metadata: { name: `n${n}` }, spec: {} });
  await until(() => nodes.list().length === 100 && told(0), { clock });
  await client.create(resources.nodes, { metadata: { name: 'one-more' }, spec: {} });
  await until(() => nodes.list().length === 101 && told(15), { clock });
  await world.stop();
});
