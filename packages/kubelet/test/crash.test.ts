import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Node } from '@keelson/api';
import { cri } from '@keelson/protocol';
import { NodeUnderTest, pod, sh, until } from './node-under-test.js';

const node = new NodeUnderTest();
before(() => node.start());
after(() => node.cleanUp());

const RUNNING = cri.ContainerState.CONTAINER_RUNNING;
const restarts = (name: string) => node.pod(name).status?.containerStatuses?.[0]?.restartCount ?? 0;

test('pods run on without kubelet and runtime and are adopted again, none twice', async () => {
  node.run(pod('steady', sh('exec sleep 1000')));
  await node.ready('steady');
  const [before] = await node.containers('steady', RUNNING);
  assert.ok(before);
  await node.kubelet?.stop();
  await node.killRuntime();
  assert.equal(node.processesOf(before.id).length, 1);
  await node.startRuntime();
  await node.startKubelet();
  // A new pod that becomes ready shows that the kubelet has been through its first rounds.
  node.run(pod('after', sh('exec sleep 1000')));
  await node.ready('after');
  assert.deepEqual(
    (await node.containers('steady', RUNNING)).map(({ id }) => id),
    [before.id],
  );
  assert.equal(node.processesOf(before.id).length, 1);
  assert.equal(restarts('steady'), 0);
  assert.equal(node.condition('steady', 'Ready'), 'True');
});

test('a killed runtime changes nothing for running pods, and deletes work when it is back', async () => {
  node.run(pod('outage', sh('exec sleep 1000')));
  await node.ready('outage');
  const [container] = await node.containers('outage', RUNNING);
  await node.killRuntime();
  node.api.deletePod('outage');
  await node.startRuntime();
  await until('the pod is gone', () => node.api.find('pods', 'outage') === undefined);
  assert.deepEqual(node.processesOf(container?.id ?? ''), []);
});

test('probes that cannot be made while the runtime is away count for nothing', async () => {
  const exec = { command: ['true'] };
  const probe = { exec, periodSeconds: 1, failureThreshold: 1 };
  node.run(pod('probed', { ...sh('exec sleep 1000'), livenessProbe: probe, readinessProbe: probe }));
  await node.ready('probed');
  const [before] = await node.containers('probed', RUNNING);
  const errored = () => node.messages('probed').filter((it) => it.includes('probe errored and resulted in unknown'));
  await node.killRuntime();
  await until('both probes could not be made', () => {
    const said = errored().join();
    return said.includes('Liveness') && said.includes('Readiness');
  });
  assert.equal(node.condition('probed', 'Ready'), 'True');
  const looks = node.api.calls.get('get nodes') ?? 0;
  await until('the node was looked at meanwhile', () => (node.api.calls.get('get nodes') ?? 0) > looks + 3);
  const conditions = node.api.find<Node>('nodes', 'node-1', '')?.status?.conditions;
  assert.equal(conditions?.find(({ type }) => type === 'Ready')?.status, 'True');
  await node.startRuntime();
  node.run(pod('probed-after', { ...sh('exec sleep 1000'), readinessProbe: probe }));
  await node.ready('probed-after');
  assert.deepEqual(
    (await node.containers('probed', RUNNING)).map(({ id }) => id),
    [before?.id],
  );
  assert.equal(restarts('probed'), 0);
});

test('a killed program is restarted and counted once', async () => {
  node.run(pod('victim', sh('exec sleep 1000')));
  await node.ready('victim');
  const [container] = await node.containers('victim', RUNNING);
  for (const pid of node.processesOf(container?.id ?? '')) process.kill(pid, 'SIGKILL');
  await until('it was restarted', () => restarts('victim') === 1 && node.condition('victim', 'Ready') === 'True');
  assert.equal(node.pod('victim').status?.containerStatuses?.[0]?.lastState?.terminated?.exitCode, 137);
});

test('pods survive an outage of the API server', async () => {
  node.run(pod('alone', sh('exec sleep 1000')));
  await node.ready('alone');
  const [container] = await node.containers('alone', RUNNING);
  node.api.isDown = true;
  for (const pid of node.processesOf(container?.id ?? '')) process.kill(pid, 'SIGKILL');
  const again = await until('it was restarted without the API server', async () => {
    const [now] = await node.containers('alone', RUNNING);
    return now?.id !== container?.id && now;
  });
  node.api.isDown = false;
  await until(
    'the API server hears of it',
    () => restarts('alone') === 1 && node.condition('alone', 'Ready') === 'True',
  );
  assert.deepEqual(
    (await node.containers('alone', RUNNING)).map(({ id }) => id),
    [again?.id],
  );
});

test('what others say of a pod and is not so is put right', async () => {
  const wrong = node.pod('steady');
  const conditions = (wrong.status?.conditions ?? []).map((it) =>
    it.type === 'Ready' ? { ...it, status: 'False' } : it,
  );
  node.api.update('pods', { ...wrong, status: { ...wrong.status, conditions } });
  assert.equal(node.condition('steady', 'Ready'), 'False');
  await node.ready('steady');
});

test('what the API server does not have is ended after a restart', async () => {
  node.run(pod('stale', sh('exec sleep 1000')));
  await node.ready('stale');
  await node.kubelet?.stop();
  node.api.drop('pods', 'stale');
  const kept = ['pods', 'logs'].map((folder) => join(node.directory, 'kubelet', folder));
  // A kubelet that was killed between the last word about a pod and the removal of its directories.
  const left = [`${kept[0]}/uid-ghost/volumes`, `${kept[1]}/default_ghost_uid-ghost/main`];
  for (const directory of left) mkdirSync(directory, { recursive: true });
  mkdirSync(`${kept[1]}/not-of-a-pod`);
  await node.startKubelet();
  await until('it is ended', async () => (await node.containers('stale')).length === 0);
  await until('directories of pods that are gone are removed', () => left.every((it) => !existsSync(dirname(it))));
  assert.ok(existsSync(`${kept[1]}/not-of-a-pod`));
  assert.ok(existsSync(join(kept[0] ?? '', node.pod('steady').metadata.uid ?? '')));
  assert.ok(readdirSync(kept[1] ?? '').some((name) => name.startsWith('default_steady_')));
  assert.equal((await node.containers('steady', RUNNING)).length, 1);
});
