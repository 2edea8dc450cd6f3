import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '@keelson/service';
import { ManualClock } from '@keelson/service/testing';
import type { CriClient } from './cri-client.js';
import { PodCache } from './pod-cache.js';
import { Label } from './runtime-pod.js';

/** A runtime with one container a pod; pods of which a status cannot be read are `unreadable`. */
function given() {
  const containers = new Map<string, number>();
  const unreadable = new Set<string>();
  const told: string[] = [];
  const labels = (uid: string) => ({ [Label.podUid]: uid, [Label.podName]: uid, [Label.containerName]: 'main' });
  const runtime = {
    listPodSandbox: async () => ({ items: [] }),
    listContainers: async () => ({
      containers: [...containers].map(([uid, state]) => ({ id: uid, podSandboxId: 's', state, labels: labels(uid) })),
    }),
    containerStatus: async ({ containerId: id }: { containerId: string }) => {
      if (unreadable.has(id)) throw Object.assign(new Error('damaged'), { code: 13 });
      const times = { createdAt: 1n, startedAt: 1n, finishedAt: 0n };
      return { status: { id, state: containers.get(id), labels: labels(id), annotations: {}, ...times } };
    },
  };
  const cache = new PodCache(
    { relistMs: 1_000 },
    {
      cri: { runtime } as unknown as CriClient,
      clock: new ManualClock(),
      logger: silentLogger,
      onChange: (uid) => told.push(uid),
    },
  );
  return { cache, containers, unreadable, told };
}

const RUNNING = 1;
const EXITED = 2;

test('a pod that cannot be read hides no other, keeps what was known, and is looked at again', async () => {
  const { cache, containers, unreadable, told } = given();
  for (const uid of ['a', 'bad', 'c']) containers.set(uid, RUNNING);
  unreadable.add('bad');
  await cache.relist();
  assert.deepEqual(told.splice(0), ['a', 'c']);
  assert.deepEqual([cache.get('bad'), cache.has('bad')], [undefined, true]);
  assert.notEqual(cache.lastRelistAt, undefined);

  unreadable.delete('bad');
  await cache.relist();
  assert.deepEqual(told.splice(0), ['bad']);
  unreadable.add('bad');
  for (const uid of ['bad', 'c']) containers.set(uid, EXITED);
  await cache.relist();
  assert.deepEqual(told.splice(0), ['c']);
  assert.equal(cache.get('bad')?.containers[0]?.state, 'running');
  unreadable.delete('bad');
  await cache.relist();
  assert.equal(cache.get('bad')?.containers[0]?.state, 'exited');
});

test('a pod that could not be read and goes away is forgotten', async () => {
  const { cache, containers, unreadable } = given();
  containers.set('bad', RUNNING);
  await cache.relist();
  unreadable.add('bad');
  containers.set('bad', EXITED);
  await cache.relist();
  containers.clear();
  await cache.relist();
  assert.deepEqual([cache.get('bad'), cache.has('bad')], [undefined, false]);
});
