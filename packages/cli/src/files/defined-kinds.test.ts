import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '@keelson/api';
import { ManualClock } from '@keelson/service/testing';
import { ResourceMapper } from '../cluster/mapper.js';
import { DefinedKinds } from './defined-kinds.js';

const definition = {
  kind: 'CustomResourceDefinition',
  metadata: { name: 'cups.example.com' },
  spec: { group: 'example.com', names: { kind: 'Cup' }, versions: [{ name: 'v1' }] },
} as KubeObject;
const cup = {
  source: 'a.yaml',
  object: { apiVersion: 'example.com/v1', kind: 'Cup', metadata: { name: 'a' } },
};
const served = {
  group: 'example.com',
  version: 'v1',
  resource: 'cups',
  responseKind: { group: '', version: '', kind: 'Cup' },
  scope: 'Namespaced',
  singularResource: 'cup',
  verbs: [],
} as const;

/** A server that serves cups after it was asked so often. */
function world(after: number) {
  const clock = new ManualClock();
  let asked = 0;
  const cluster = {
    mapper: new ResourceMapper({ resources: [] }),
    async rediscover() {
      asked += 1;
      if (asked >= after) cluster.mapper = new ResourceMapper({ resources: [served] });
    },
  };
  const kinds = new DefinedKinds(cluster, { clock, signal: new AbortController().signal });
  const wait = async () => {
    let isOver = false;
    const waiting = kinds.awaited(cup).then(() => {
      isOver = true;
    });
    for (let step = 0; step < 200 && !isOver; step++) await clock.advanceAsync(100);
    await waiting;
  };
  return { clock, kinds, wait, asked: () => asked };
}

test('a kind that was just defined is waited for', async () => {
  const { kinds, wait, asked } = world(3);
  kinds.stored(definition);
  await wait();
  assert.equal(asked(), 3);
});

test('a kind that nobody has defined is not waited for, and none for ever', async () => {
  const unknown = world(3);
  await unknown.wait();
  assert.equal(unknown.asked(), 0);
  const late = world(1_000);
  late.kinds.stored(definition);
  await late.wait();
  assert.ok(late.asked() > 10 && late.asked() <= 52, `asked ${late.asked()} times`);
  const before = late.asked();
  await late.wait();
  assert.equal(late.asked(), before, 'once is enough');
});
