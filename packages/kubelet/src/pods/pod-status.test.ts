import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod, PodStatus } from '@keelson/api';
import type { RuntimePod } from '../cri/runtime-pod.js';
import { podStatus, type StatusFacts } from './pod-status.js';
import { statusPatch } from './status-manager.js';
import { container, exited, podOf, running, runtimePod } from './testing.js';

const NOW = Date.parse('2030-01-01T00:00:00Z');

function status(pod: Pod, runtime: RuntimePod | undefined, more: Partial<StatusFacts> = {}): PodStatus {
  return podStatus(pod, runtime, {
    now: NOW,
    hostIP: '10.0.0.1',
    runtimeName: 'keelson',
    waiting: new Map(),
    isReady: () => true,
    hasStarted: () => true,
    terminationMessage: () => undefined,
    ...more,
  });
}

function condition(it: PodStatus, type: string): string {
  const found = it.conditions?.find((one) => one.type === type);
  return [found?.status, found?.reason].filter(Boolean).join(' ');
}

test('a pod that is being made is Pending with ContainerCreating', () => {
  const made = status(podOf(), undefined);
  assert.equal(made.phase, 'Pending');
  assert.equal(made.containerStatuses?.[0]?.state?.waiting?.reason, 'ContainerCreating');
  assert.equal(condition(made, 'PodReadyToStartContainers'), 'False');
  assert.equal(condition(made, 'ContainersReady'), 'False ContainersNotReady');
  assert.equal(
    made.conditions?.find(({ type }) => type === 'Ready')?.message,
    'containers with unready status: [main]',
  );
  assert.equal(made.startTime, '2030-01-01T00:00:00Z');
});

test('a running pod is Running, Ready, with its addresses and identities', () => {
  const it = status(podOf(), runtimePod([running('main')]));
  assert.deepEqual([it.phase, it.podIP, it.hostIP], ['Running', '127.0.0.9', '10.0.0.1']);
  for (const type of ['PodReadyToStartContainers', 'Initialized', 'ContainersReady', 'Ready']) {
    assert.equal(condition(it, type), 'True', type);
  }
  const [main] = it.containerStatuses ?? [];
  assert.deepEqual(main?.state, { running: { startedAt: '1970-01-01T00:00:02Z' } });
  assert.deepEqual([main?.containerID, main?.ready, main?.started], ['keelson://main-0', true, true]);
  assert.equal(it.observedGeneration, 2);
});

test('a container in back-off waits with its last end beside it, and the pod stays Running', () => {
  const waiting = new Map([['main', { reason: 'CrashLoopBackOff', message: 'back-off' }]]);
  const it = status(podOf(), runtimePod([exited('main', 3, { attempt: 4 })]), { waiting });
  const [main] = it.containerStatuses ?? [];
  assert.equal(it.phase, 'Running');
  assert.equal(main?.state?.waiting?.reason, 'CrashLoopBackOff');
  assert.deepEqual([main?.lastState?.terminated?.exitCode, main?.lastState?.terminated?.reason], [3, 'Error']);
  assert.equal(main?.restartCount, 4);
});

test('phases of pods that end follow their policy', () => {
  const phase = (restartPolicy: string, exitCode: number, more: Partial<StatusFacts> = {}) =>
    status(podOf({ restartPolicy }), runtimePod([exited('main', exitCode)]), more).phase;
  assert.deepEqual(
    [phase('Never', 0), phase('Never', 1), phase('OnFailure', 0), phase('OnFailure', 1), phase('Always', 0)],
    ['Succeeded', 'Failed', 'Succeeded', 'Running', 'Running'],
  );
  assert.deepEqual(
    [phase('Always', 0, { ending: true }), phase('Always', 143, { ending: true })],
    ['Succeeded', 'Failed'],
  );
});

test('a pod that has ended stays ended', () => {
  const pod = podOf({ restartPolicy: 'Never' }, { status: { phase: 'Succeeded' } });
  assert.equal(status(pod, undefined).phase, 'Succeeded');
});

test('a failure that the kubelet decides overrules the containers', () => {
  const failure = { reason: 'Evicted', message: 'no room' };
  const it = status(podOf(), runtimePod([running('main')]), { failure });
  assert.deepEqual([it.phase, it.reason, it.message], ['Failed', 'Evicted', 'no room']);
});

test('init containers hold the pod Pending', () => {
  const pod = podOf({ initContainers: [container('i')] });
  const it = status(pod, runtimePod([running('i')]));
  assert.equal(it.phase, 'Pending');
  assert.equal(it.containerStatuses?.[0]?.state?.waiting?.reason, 'PodInitializing');
  assert.equal(condition(it, 'Initialized'), 'False ContainersNotInitialized');
  const done = status(pod, runtimePod([running('main'), exited('i', 0)]));
  assert.deepEqual([done.phase, done.initContainerStatuses?.[0]?.ready], ['Running', true]);
});

test('times change with the status only, and others’ conditions stay', () => {
  const scheduled = { type: 'PodScheduled', status: 'True', lastTransitionTime: '2029-01-01T00:00:00Z' };
  const first = status(
    podOf({}, { status: { conditions: [scheduled], qosClass: 'Burstable' } }),
    runtimePod([running('main')]),
  );
  const pod = podOf({}, { status: first });
  const later = status(pod, runtimePod([running('main')]), { now: NOW + 60_000 });
  assert.deepEqual(later, first);
  assert.equal(later.qosClass, 'Burstable');
  assert.ok(
    later.conditions?.some((it) => it.type === 'PodScheduled' && it.lastTransitionTime === '2029-01-01T00:00:00Z'),
  );
  const unready = status(pod, runtimePod([running('main')]), { now: NOW + 60_000, isReady: () => false });
  const times = (type: string) => unready.conditions?.find((it) => it.type === type)?.lastTransitionTime;
  assert.deepEqual([times('Ready'), times('Initialized')], ['2030-01-01T00:01:00Z', '2030-01-01T00:00:00Z']);
});

test('readiness gates hold readiness back', () => {
  const gated = podOf({ readinessGates: [{ conditionType: 'x.io/up' }] });
  assert.equal(condition(status(gated, runtimePod([running('main')])), 'Ready'), 'False ReadinessGatesNotReady');
  const up = podOf(gated.spec, { status: { conditions: [{ type: 'x.io/up', status: 'True' }] } });
  assert.equal(condition(status(up, runtimePod([running('main')])), 'Ready'), 'True');
});

test('a container that the runtime lost is reported as ended', () => {
  const before = status(podOf(), runtimePod([running('main')]));
  const lost = status(podOf({ restartPolicy: 'Never' }, { status: before }), undefined);
  assert.equal(lost.containerStatuses?.[0]?.state?.terminated?.reason, 'ContainerStatusUnknown');
  assert.equal(lost.phase, 'Failed');
});

test('a condition that changed says so without what it said before, and others are left alone', () => {
  const ready = { type: 'Ready', status: 'False', reason: 'ContainersNotReady', message: 'no' };
  const scheduled = { type: 'PodScheduled', status: 'True' };
  const next = { conditions: [{ type: 'Ready', status: 'True' }, scheduled] };
  assert.deepEqual(statusPatch({ conditions: [scheduled, ready] }, next), {
    conditions: [{ type: 'Ready', status: 'True', reason: null, message: null }],
  });
});

test('a patch says what changed, and nothing else', () => {
  const old: PodStatus = { phase: 'Running', reason: 'x', podIP: 'a', podIPs: [{ ip: 'a' }], hostIPs: [{ ip: 'h' }] };
  assert.deepEqual(statusPatch(old, { ...old, reason: undefined, podIP: 'b', podIPs: [{ ip: 'b' }] }), {
    reason: null,
    podIP: 'b',
    podIPs: [{ ip: 'a', $patch: 'delete' }, { ip: 'b' }],
  });
});

test('an ephemeral container is reported by itself and counts for no phase or readiness', () => {
  const pod = podOf({ ephemeralContainers: [{ name: 'look', image: 'image' }] });
  const waiting = status(pod, runtimePod([running('main')]));
  assert.equal(waiting.ephemeralContainerStatuses?.[0]?.state?.waiting?.reason, 'ContainerCreating');
  assert.deepEqual([waiting.phase, condition(waiting, 'Ready')], ['Running', 'True']);
  const [up] = status(pod, runtimePod([running('main'), running('look')])).ephemeralContainerStatuses ?? [];
  assert.ok(up?.state?.running);
  assert.deepEqual([up.ready, up.started, up.restartCount], [false, undefined, 0]);
  const over = status(pod, runtimePod([running('main'), exited('look', 3)]));
  assert.equal(over.ephemeralContainerStatuses?.[0]?.state?.terminated?.exitCode, 3);
  assert.deepEqual([over.phase, condition(over, 'Ready')], ['Running', 'True']);
});
