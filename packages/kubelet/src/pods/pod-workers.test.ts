import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod, PodStatus } from '@keelson/api';
import { silentLogger } from '@keelson/service';
import { ManualClock } from '@keelson/service/testing';
import type { RuntimePod } from '../cri/runtime-pod.js';
import type { RunOutcome } from './pod-runner.js';
import { PodWorkers, type PodWorkersDependencies } from './pod-workers.js';
import { podOf } from './testing.js';

/** Workers with a runtime that has nothing, and rounds that end when the test lets them. */
function given(more: { refresh?: () => Promise<RuntimePod | undefined>; listed?: boolean } = {}) {
  const clock = new ManualClock();
  const seen: string[] = [];
  const rounds: (() => void)[] = [];
  let status: PodStatus | undefined;
  const node = { metadata: { name: 'n' }, status: { allocatable: { pods: '10' } } };
  const parts = {
    client: { delete: async () => void seen.push('deleted from the API') },
    cache: { get: () => undefined, has: () => more.listed ?? false, refresh: more.refresh ?? (async () => undefined) },
    clock,
    logger: silentLogger,
    events: { pod: () => {}, container: () => {} },
    runner: {
      perform: (_pod: Pod, _runtime: unknown, _actions: unknown, signal: AbortSignal) =>
        new Promise<RunOutcome>((resolve, reject) => {
          seen.push('round');
          rounds.push(() => resolve({ waiting: new Map(), retryMs: undefined }));
          signal.addEventListener('abort', () => reject(signal.reason));
        }),
      collectGarbage: async () => {},
    },
    killer: {},
    cleaner: { cleanUp: async () => void seen.push('cleaned up') },
    statuses: {
      latest: (pod: Pod) => status ?? pod.status,
      set: (_: Pod, next: PodStatus) => {
        status = next;
      },
      flushed: async () => {},
      forget: () => {},
    },
    probes: {
      sync: () => {},
      forget: () => {},
      isReady: () => true,
      hasStarted: () => true,
      mustRestart: () => undefined,
    },
    messages: { read: () => undefined },
    node: () => node,
    latestNode: async () => node,
  } as unknown as PodWorkersDependencies;
  const workers = new PodWorkers({ hostIP: '10.0.0.1', runtimeName: 'r', resyncMs: 60_000 }, parts);
  return { clock, seen, rounds, workers };
}

const deleted = (pod: Pod, deletionGracePeriodSeconds: number): Pod => ({
  ...pod,
  metadata: { ...pod.metadata, deletionTimestamp: '2030-01-01T00:00:00Z', deletionGracePeriodSeconds },
});

test('a deletion interrupts the round that runs', async () => {
  const { clock, seen, workers } = given();
  workers.update(podOf());
  await clock.advanceAsync(0);
  assert.deepEqual(seen.splice(0), ['round']);
  workers.update(deleted(podOf(), 30));
  await clock.advanceAsync(0);
  assert.deepEqual(seen, ['deleted from the API', 'cleaned up']);
});

test('a pod that vanishes interrupts the round that runs, and is forgotten', async () => {
  const { clock, seen, workers } = given();
  workers.update(podOf());
  await clock.advanceAsync(0);
  workers.remove(podOf());
  await clock.advanceAsync(0);
  assert.deepEqual(seen, ['round', 'cleaned up']);
  assert.equal(workers.knows('u1'), false);
});

test('any other change waits for the round that runs, and is not lost', async () => {
  const { clock, seen, rounds, workers } = given();
  workers.update(podOf());
  await clock.advanceAsync(0);
  workers.update(podOf({}, { metadata: { name: 'web', namespace: 'default', uid: 'u1', labels: { a: 'b' } } }));
  await clock.advanceAsync(0);
  assert.deepEqual(seen, ['round']);
  rounds.pop()?.();
  await clock.advanceAsync(0);
  assert.deepEqual(seen, ['round', 'round']);
});

test('a deadline interrupts the round that runs', async () => {
  const { clock, seen, workers } = given();
  workers.update(podOf({ activeDeadlineSeconds: 5 }));
  await clock.advanceAsync(4_999);
  assert.deepEqual(seen.splice(0), ['round']);
  await clock.advanceAsync(2);
  assert.deepEqual(workers.pods().length, 1);
  await clock.advanceAsync(60_000);
  assert.deepEqual(seen, [], 'no further round starts anything');
});

test('a stop interrupts every round, and ends', async () => {
  const { clock, seen, workers } = given();
  workers.update(podOf());
  await clock.advanceAsync(0);
  await workers.stop();
  await clock.advanceAsync(120_000);
  assert.deepEqual(seen, ['round']);
});

test('what the runtime has of a pod and cannot be read is not taken for nothing', async () => {
  const { clock, seen, workers } = given({ listed: true, refresh: async () => Promise.reject(new Error('damaged')) });
  workers.update(podOf());
  await clock.advanceAsync(10_000);
  assert.deepEqual(seen, []);
});
