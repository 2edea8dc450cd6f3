import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { RuntimePod } from '../cri/runtime-pod.js';
import { computePodActions, type PodActions, type ProbeFindings } from './pod-actions.js';
import { container, exited, podOf, running, runtimePod, sandbox } from './testing.js';

const healthy: ProbeFindings = { mustRestart: () => undefined, hasStarted: () => true };

function summary(actions: PodActions) {
  return {
    kill: actions.killPod,
    sandbox: actions.createSandbox ? actions.attempt : undefined,
    kills: actions.kills.map(({ name }) => name),
    starts: actions.starts.map(({ container: it, attempt }) => `${it.name}#${attempt}`),
  };
}

const nothing = { kill: false, sandbox: undefined, kills: [], starts: [] };

test('a new pod gets a sandbox and all its containers', () => {
  const pod = podOf({ containers: [container('a'), container('b')] });
  assert.deepEqual(summary(computePodActions(pod, undefined, healthy)), {
    ...nothing,
    sandbox: 0,
    starts: ['a#0', 'b#0'],
  });
});

test('a pod that is as it should be is left alone', () => {
  assert.deepEqual(summary(computePodActions(podOf(), runtimePod([running('main')]), healthy)), nothing);
});

test('a container that ended is restarted by the pod’s policy', () => {
  const after = (restartPolicy: string, exitCode: number) =>
    summary(
      computePodActions(podOf({ restartPolicy }), runtimePod([exited('main', exitCode, { attempt: 2 })]), healthy),
    );
  const restart = { ...nothing, starts: ['main#3'] };
  const done = { ...nothing, kill: true };
  assert.deepEqual(after('Always', 0), restart);
  assert.deepEqual(after('OnFailure', 1), restart);
  assert.deepEqual(after('OnFailure', 0), done);
  assert.deepEqual(after('Never', 1), done);
});

test('a container that was made and never started is made again under its number', () => {
  const actions = computePodActions(podOf(), runtimePod([running('main', { state: 'created', attempt: 1 })]), healthy);
  assert.deepEqual(summary(actions), { ...nothing, starts: ['main#1'] });
});

test('a lost sandbox is made anew with its containers, but not for what has ended', () => {
  const lost = [sandbox({ ready: false, attempt: 1 })];
  const again = computePodActions(podOf(), runtimePod([exited('main', 0)], lost), healthy);
  assert.deepEqual(summary(again), { kill: true, sandbox: 2, kills: [], starts: ['main#1'] });
  const done = computePodActions(podOf({ restartPolicy: 'Never' }), runtimePod([exited('main', 1)], lost), healthy);
  assert.deepEqual([done.createSandbox, done.starts], [false, []]);
});

test('what the API server knows to have run counts, though the runtime has forgotten it', () => {
  const status = { phase: 'Running', containerStatuses: [{ name: 'main', containerID: 'x://1', restartCount: 4 }] };
  assert.deepEqual(summary(computePodActions(podOf({}, { status }), undefined, healthy)).starts, ['main#5']);
  const never = computePodActions(podOf({ restartPolicy: 'Never' }, { status }), undefined, healthy);
  assert.deepEqual(never.starts, [], 'a Never pod must not run twice');
});

test('a changed image or a failed probe ends a container and starts the next', () => {
  const pod = podOf({ containers: [container('main', { image: 'new' })] });
  const changed = computePodActions(pod, runtimePod([running('main')]), healthy);
  assert.deepEqual(summary(changed), { ...nothing, kills: ['main'], starts: ['main#1'] });
  const sick: ProbeFindings = { ...healthy, mustRestart: () => 'liveness' };
  const probed = computePodActions(podOf(), runtimePod([running('main')]), sick);
  assert.match(probed.kills[0]?.message ?? '', /failed liveness probe, will be restarted/);
  const never = computePodActions(podOf({ restartPolicy: 'Never' }), runtimePod([running('main')]), sick);
  assert.deepEqual(never.starts, []);
});

test('init containers go one by one, and the others wait', () => {
  const pod = podOf({ initContainers: [container('i1'), container('i2')] });
  const step = (containers: RuntimePod['containers']) =>
    summary(computePodActions(pod, runtimePod(containers), healthy));
  assert.deepEqual(summary(computePodActions(pod, undefined, healthy)), { ...nothing, sandbox: 0, starts: ['i1#0'] });
  assert.deepEqual(step([running('i1')]), nothing);
  assert.deepEqual(step([exited('i1', 1)]), { ...nothing, starts: ['i1#1'] });
  assert.deepEqual(step([exited('i1', 0)]), { ...nothing, starts: ['i2#0'] });
  assert.deepEqual(step([exited('i2', 0), exited('i1', 0)]), { ...nothing, starts: ['main#0'] });
  assert.deepEqual(step([running('main')]), nothing, 'init containers are not run again beside running ones');
  const never = podOf({ restartPolicy: 'Never', initContainers: [container('i1')] });
  assert.equal(computePodActions(never, runtimePod([exited('i1', 1)]), healthy).killPod, true);
});

test('sidecars start before what follows them, are kept running, and end with the others', () => {
  const side = container('side', { restartPolicy: 'Always' });
  const pod = podOf({ restartPolicy: 'Never', initContainers: [side, container('i')] });
  const slow: ProbeFindings = { ...healthy, hasStarted: () => false };
  assert.deepEqual(summary(computePodActions(pod, runtimePod([running('side')]), slow)), nothing);
  assert.deepEqual(summary(computePodActions(pod, runtimePod([running('side')]), healthy)).starts, ['i#0']);
  const beside = computePodActions(pod, runtimePod([running('main'), exited('side', 1), exited('i', 0)]), healthy);
  assert.deepEqual(summary(beside).starts, ['side#1']);
  const over = computePodActions(pod, runtimePod([exited('main', 0), running('side'), exited('i', 0)]), healthy);
  assert.deepEqual(summary(over), { ...nothing, kill: true });
});

test('whatever the runtime has, nothing that runs well is killed or started beside itself', () => {
  const state = fc.constantFrom('created', 'running', 'exited', 'unknown') as fc.Arbitrary<'running'>;
  const one = (name: string) =>
    fc.option(
      fc.record({ state, exitCode: fc.nat(2), attempt: fc.nat(3) }).map((more) => running(name, more)),
      { nil: undefined },
    );
  const policy = fc.constantFrom('Always', 'OnFailure', 'Never');
  fc.assert(
    fc.property(policy, fc.boolean(), one('i'), one('a'), one('b'), (restartPolicy, ready, ...maybe) => {
      const pod = podOf({
        restartPolicy,
        initContainers: [container('i')],
        containers: [container('a'), container('b')],
      });
      const containers = maybe.filter((it) => it !== undefined);
      const actions = computePodActions(pod, runtimePod(containers, [sandbox({ ready })]), healthy);
      const alive = containers.filter((it) => it.state === 'running').map(({ name }) => name);
      assert.deepEqual(actions.kills, []);
      if (ready && !actions.killPod)
        assert.ok(actions.starts.every(({ container: it }) => !alive.includes(it.name ?? '')));
      for (const { container: it, attempt } of actions.starts) {
        const used = containers.find(({ name, state: now }) => name === it.name && now !== 'created');
        assert.ok(used === undefined || attempt > used.attempt, 'a number is used once');
      }
    }),
  );
});

test('an ephemeral container is started once, before the pod is initialised too, and nothing waits for it', () => {
  const looker = { name: 'look', image: 'image', targetContainerName: 'main' };
  const starts = (spec: Parameters<typeof podOf>[0], containers: RuntimePod['containers'], more = {}) =>
    computePodActions(podOf({ ephemeralContainers: [looker], ...spec }, more), runtimePod(containers), healthy);
  const first = starts({}, [running('main')]);
  assert.deepEqual(summary(first), { ...nothing, starts: ['look#0'] });
  assert.equal(first.starts[0]?.target, 'main');
  const early = starts({ initContainers: [container('init')] }, [running('init')]);
  assert.deepEqual(summary(early).starts, ['look#0']);
  for (const there of [running('look'), exited('look', 0), exited('look', 1), running('look', { state: 'unknown' })]) {
    assert.deepEqual(summary(starts({}, [running('main'), there])), nothing);
  }
  const made = starts({}, [running('main'), running('look', { state: 'created' })]);
  assert.deepEqual(summary(made).starts, ['look#0']);
  const status = { phase: 'Running', ephemeralContainerStatuses: [{ name: 'look', containerID: 'x://1' }] };
  assert.deepEqual(summary(starts({}, [running('main')], { status })), nothing, 'the runtime has forgotten it');
  const done = starts({ restartPolicy: 'Never' }, [exited('main', 0), running('look')]);
  assert.deepEqual(summary(done), { ...nothing, kill: true }, 'it keeps no pod from ending');
  const over = starts({ restartPolicy: 'Never' }, [exited('main', 0)]);
  assert.deepEqual(summary(over), { ...nothing, kill: true }, 'nor does one that was to come');
});
