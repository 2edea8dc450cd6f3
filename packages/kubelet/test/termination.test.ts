import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import type { Lifecycle } from '@keelson/api';
import { cri } from '@keelson/protocol';
import { NodeUnderTest, pod, sh, until } from './node-under-test.js';

const node = new NodeUnderTest();
before(() => node.start());
after(() => node.cleanUp());

const RUNNING = cri.ContainerState.CONTAINER_RUNNING;
const HANGS = { exec: { command: ['sleep', '1000'] } };

/** A pod whose hook runs: the container is up, and the round that started it has not ended. */
async function hanging(name: string, lifecycle: Lifecycle, spec: object = {}): Promise<string> {
  node.run(pod(name, { ...sh('exec sleep 1000'), lifecycle }, { terminationGracePeriodSeconds: 600, ...spec }));
  const container = await until('the container runs', async () => (await node.containers(name, RUNNING))[0]);
  await until('its hook runs', () => node.processesOf(container.id).length > 1);
  return container.id;
}

async function gone(name: string, containerId: string): Promise<void> {
  await until('the pod is gone from the API', () => node.api.find('pods', name) === undefined);
  await until('nothing of it runs', () => node.processesOf(containerId).length === 0);
  await until('nothing of it is left', async () => (await node.containers(name)).length === 0);
}

test('a pod whose postStart hook hangs is deleted as any other', async () => {
  const id = await hanging('stuck', { postStart: HANGS });
  node.api.deletePod('stuck', 1);
  await gone('stuck', id);
});

test('a pod whose postStart hook hangs leaves nothing when it is forced away', async () => {
  const id = await hanging('stuck-forced', { postStart: HANGS });
  node.api.drop('pods', 'stuck-forced');
  await gone('stuck-forced', id);
});

test('a deadline ends a pod whose postStart hook hangs', async () => {
  const id = await hanging(
    'stuck-late',
    { postStart: HANGS },
    { activeDeadlineSeconds: 2, terminationGracePeriodSeconds: 1 },
  );
  const failed = await node.phase('stuck-late', 'Failed');
  assert.equal(failed.status?.reason, 'DeadlineExceeded');
  await until('nothing of it runs', () => node.processesOf(id).length === 0);
});

test('a preStop hook that hangs is given up when the grace becomes shorter, and is run once', async () => {
  const trace = `${node.directory}/once`;
  const command = ['/bin/sh', '-c', `echo hook >>${trace}; exec sleep 1000`];
  node.run(pod('hook', { ...sh('exec sleep 1000'), lifecycle: { preStop: { exec: { command } } } }));
  await node.ready('hook');
  const [container] = await node.containers('hook', RUNNING);
  node.api.deletePod('hook', 600);
  await until('the hook runs', () => existsSync(trace));
  node.api.deletePod('hook', 1);
  await gone('hook', container?.id ?? '');
  assert.equal(readFileSync(trace, 'utf8'), 'hook\n');
});

test('a preStop hook that hangs is given up when the pod is forced away', async () => {
  const trace = `${node.directory}/forced`;
  const command = ['/bin/sh', '-c', `echo hook >>${trace}; exec sleep 1000`];
  node.run(pod('hook-forced', { ...sh('exec sleep 1000'), lifecycle: { preStop: { exec: { command } } } }));
  await node.ready('hook-forced');
  const [container] = await node.containers('hook-forced', RUNNING);
  node.api.deletePod('hook-forced', 600);
  await until('the hook runs', () => existsSync(trace));
  node.api.drop('pods', 'hook-forced');
  await gone('hook-forced', container?.id ?? '');
});

test('a pod is deleted while its init container works', async () => {
  const initContainers = [{ name: 'slow', image: 'test', ...sh('exec sleep 1000') }];
  node.run(pod('begins', sh('true'), { initContainers }));
  const container = await until('it begins', async () => (await node.containers('begins', RUNNING))[0]);
  node.api.deletePod('begins', 1);
  await gone('begins', container.id);
});

test('sidecars end after the main containers, the last first, with hook and signal though the grace is used up', async () => {
  const end = async (name: string, main: string, grace: number) => {
    const trace = `${node.directory}/${name}`;
    const says = (who: string) =>
      sh(`trap "echo ${who} >>${trace}; exit 0" TERM; echo up; while :; do sleep 0.05; done`);
    const preStop = { exec: { command: ['/bin/sh', '-c', `echo hook-b >>${trace}`] } };
    const sidecar = { image: 'test', restartPolicy: 'Always' };
    const initContainers = [
      { name: 'a', ...sidecar, ...says('a') },
      { name: 'b', ...sidecar, ...says('b'), lifecycle: { preStop } },
    ];
    const program = main === '' ? says('main') : sh(`trap "${main}" TERM; echo up; while :; do sleep 0.05; done`);
    node.run(pod(name, program, { initContainers }));
    const isUp = (container: string) => node.log(name, container) === 'up\n';
    await until('all are prepared', () => ['a', 'b', 'main'].every(isUp));
    node.api.deletePod(name, grace);
    await until('it is gone', () => node.api.find('pods', name) === undefined);
    return readFileSync(trace, 'utf8').trim().split('\n');
  };
  const inTime = await end('in-time', '', 30);
  assert.deepEqual(
    inTime.filter((it) => it !== 'hook-b'),
    ['main', 'b', 'a'],
  );
  assert.deepEqual((await end('used-up', ':', 1)).sort(), ['a', 'b', 'hook-b']);
});

test('a probe’s own grace holds when it ends the container', async () => {
  const exec = { command: ['/bin/sh', '-c', `! test -e ${node.directory}/sick`] };
  const livenessProbe = { exec, periodSeconds: 1, failureThreshold: 1, terminationGracePeriodSeconds: 1 };
  const program = sh(`trap "" TERM; touch ${node.directory}/sick; while :; do sleep 0.05; done`);
  node.run(pod('impatient', { ...program, livenessProbe }, { terminationGracePeriodSeconds: 600 }));
  await until('it is restarted', () => (node.pod('impatient').status?.containerStatuses?.[0]?.restartCount ?? 0) >= 1);
});

test('a container that its liveness probe ends again and again is backed off', async () => {
  const livenessProbe = { exec: { command: ['false'] }, periodSeconds: 1, failureThreshold: 1 };
  node.run(pod('sick', { ...sh('exec sleep 1000'), livenessProbe }, { terminationGracePeriodSeconds: 1 }));
  const waiting = await until('it is in CrashLoopBackOff', () => {
    const [status] = node.pod('sick').status?.containerStatuses ?? [];
    return status?.state?.waiting?.reason === 'CrashLoopBackOff' && status;
  });
  assert.equal(waiting.lastState?.terminated?.exitCode, 143);
});

test('a kubelet stops though a hook hangs, and the container runs on', async () => {
  const id = await hanging('patient', { postStart: HANGS }, { terminationGracePeriodSeconds: 1 });
  await node.kubelet?.stop();
  const [container] = await node.containers('patient', RUNNING);
  assert.equal(container?.id, id);
  await node.startKubelet();
  await until('the next one looks after it', () => node.pod('patient').status?.phase === 'Running');
});
