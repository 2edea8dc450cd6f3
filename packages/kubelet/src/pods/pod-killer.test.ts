import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '@keelson/api';
import { silentLogger } from '@keelson/service';
import { ManualClock } from '@keelson/service/testing';
import type { CriClient } from '../cri/cri-client.js';
import { PodEvents } from './pod-events.js';
import { graceOf, PodKiller } from './pod-killer.js';
import { container, podOf, running, runtimePod } from './testing.js';

/** A runtime whose containers take as long to end as is given by name, or until they are killed. */
function given(pod: Pod, needsMs: Record<string, number>) {
  const clock = new ManualClock();
  const seen: string[] = [];
  const at = (what: string) => seen.push(`${clock.monotonic() / 1000} ${what}`);
  const runtime = {
    stopContainer: async ({ containerId, timeout }: { containerId: string; timeout: number }) => {
      at(`stop ${containerId} ${timeout}`);
      const name = containerId.replace(/-0$/, '');
      await clock.sleep(Math.min(needsMs[name] ?? 0, timeout * 1000));
      at(`end ${name}`);
    },
    stopPodSandbox: async () => void at('sandbox'),
    execSync: async ({ containerId }: { containerId: string }, { signal }: { signal: AbortSignal }) => {
      at(`hook ${containerId}`);
      await clock.sleep(needsMs[`${containerId} hook`] ?? 0, signal);
      return { exitCode: 0, stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
    },
  };
  const killer = new PodKiller({
    cri: { runtime } as unknown as CriClient,
    clock,
    logger: silentLogger,
    events: new PodEvents({ record: () => {} }),
  });
  const names = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])].map(({ name = '' }) => name);
  const pods = runtimePod(names.map((name) => running(name)));
  return { clock, seen, killer, pods };
}

const preStop = { exec: { command: ['hook'] } };
const sidecar = (name: string, more = {}) => container(name, { restartPolicy: 'Always', ...more });

test('all share one grace, and sidecars use what the others left, in reverse order', async () => {
  const pod = podOf({ terminationGracePeriodSeconds: 30, initContainers: [sidecar('a'), sidecar('b')] });
  const { clock, seen, killer, pods } = given(pod, { main: 10_000, b: 5_000, a: 1_000 });
  const done = killer.killPod(pod, pods);
  await clock.advanceAsync(60_000);
  await done;
  const steps = ['0 stop main-0 30', '10 end main', '10 stop b-0 20', '15 end b', '15 stop a-0 15', '16 end a'];
  assert.deepEqual(seen, [...steps, '16 sandbox']);
});

test('hooks run at once, and two seconds remain for every container when the grace is used up', async () => {
  const pod = podOf({
    terminationGracePeriodSeconds: 5,
    initContainers: [sidecar('a', { lifecycle: { preStop } }), sidecar('b')],
    containers: [container('main', { lifecycle: { preStop } })],
  });
  const { clock, seen, killer, pods } = given(pod, { 'main-0 hook': 60_000, main: 60_000, b: 60_000, a: 1_000 });
  const done = killer.killPod(pod, pods);
  await clock.advanceAsync(60_000);
  await done;
  // Who would have to wait longer than the grace waits no longer.
  const ends = seen.filter((it) => !it.includes('hook'));
  assert.deepEqual(
    seen.filter((it) => it.includes('hook')),
    ['0 hook a-0', '0 hook main-0'],
  );
  assert.deepEqual(ends.slice(0, 3).sort(), ['5 stop a-0 2', '5 stop b-0 2', '5 stop main-0 2']);
  assert.deepEqual(ends.at(-1), '7 sandbox');
});

test('a hook that was interrupted is not run again, and the shorter grace holds', async () => {
  const pod = podOf({
    terminationGracePeriodSeconds: 600,
    containers: [container('main', { lifecycle: { preStop } })],
  });
  const { clock, seen, killer, pods } = given(pod, { 'main-0 hook': 1e9, main: 1_000 });
  const impatience = new AbortController();
  const first = killer.killPod(pod, pods, { signal: impatience.signal });
  const refused = assert.rejects(first, /enough/);
  await clock.advanceAsync(1_000);
  impatience.abort(new Error('enough'));
  await refused;
  const second = killer.killPod(pod, pods, { graceMs: 0 });
  await clock.advanceAsync(5_000);
  await second;
  assert.deepEqual(seen, ['0 hook main-0', '1 stop main-0 2', '2 end main', '2 sandbox']);
});

test('a main container that cannot be ended leaves the sidecars their work', async () => {
  const pod = podOf({ initContainers: [sidecar('a')] });
  const { seen, killer, pods } = given(pod, {});
  const broken = {
    ...pods,
    containers: pods.containers.map((it) => (it.name === 'main' ? { ...it, id: 'lost' } : it)),
  };
  const stop = Reflect.get(killer, 'killContainer') as PodKiller['killContainer'];
  killer.killContainer = async (owner, target, ...rest) => {
    if (target.id === 'lost') throw new Error('the runtime is away');
    await stop.call(killer, owner, target, ...rest);
  };
  await assert.rejects(killer.killPod(pod, broken), /the runtime is away/);
  assert.deepEqual(seen, []);
});

test('the grace is the deletion’s, else the probe’s, else the pod’s', () => {
  const main = container('main', { livenessProbe: { terminationGracePeriodSeconds: 3 }, startupProbe: {} });
  const pod = podOf({ terminationGracePeriodSeconds: 60, containers: [main] });
  const of = (...more: Parameters<typeof graceOf> extends [unknown, ...infer R] ? R : never) =>
    graceOf(pod, ...more) / 1000;
  assert.deepEqual([of(), of(main, 'liveness'), of(main, 'startup'), of(main)], [60, 3, 60, 60]);
  const deleted = { ...pod, metadata: { ...pod.metadata, deletionGracePeriodSeconds: 7 } };
  assert.equal(graceOf(deleted, main, 'liveness'), 7000);
  assert.equal(graceOf(undefined), 30_000);
});
