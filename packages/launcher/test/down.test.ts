import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Pod } from '@keelson/api';
import { ApiClient, RestTransport, resources } from '@keelson/client';
import { loadIdentity, systemClock } from '@keelson/service';
import { isRunning } from '../src/supervisor/process-table.js';
import { ClusterUnderTest, eventually } from './cluster-under-test.js';

const MAIN = fileURLToPath(new URL('../src/main.js', import.meta.url));
const clock = systemClock();
const SMALL = ['--stores', '1', '--nodes', '1'];

/** A database in small: it says that it runs, takes a second to end cleanly, and its hook is called before. */
function patient(directory: string, graceSeconds = 60): Pod {
  const program = `echo $$$$ >${directory}/pid
echo begin >>${directory}/story
trap 'sleep 1; echo clean >>${directory}/story; exit 0' TERM
while :; do sleep 0.1; done`;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'database', namespace: 'default' },
    spec: {
      terminationGracePeriodSeconds: graceSeconds,
      containers: [
        {
          name: 'main',
          image: 'busybox',
          command: ['/bin/sh', '-c', program],
          lifecycle: { preStop: { exec: { command: ['/bin/sh', '-c', `echo hook >>${directory}/story`] } } },
        },
      ],
    },
  };
}

describe('keelson down', { timeout: 600_000 }, () => {
  const cluster = new ClusterUnderTest();
  const story = () => {
    const file = join(cluster.dataDir, 'story');
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  };
  const programPid = () => Number(readFileSync(join(cluster.dataDir, 'pid'), 'utf8'));
  const pidOf = (role: string) => cluster.components().find((it) => it.role === role)?.pid ?? 0;
  const waitFor = (lines: number) => eventually(async () => assert.ok(story().length >= lines, story().join()));
  after(() => cluster.remove());

  async function withClient<T>(work: (client: ApiClient) => Promise<T>): Promise<T> {
    const file = (name: string) => join(cluster.dataDir, 'pki', name);
    const tls = loadIdentity({ ca: file('ca.crt'), cert: file('admin.crt'), key: file('admin.key') }, clock.now());
    const server = `https://127.0.0.1:${cluster.portBase}`;
    const client = new ApiClient(new RestTransport({ server, tls, timeoutMs: 10_000 }, { clock }));
    try {
      return await work(client);
    } finally {
      client.close();
    }
  }

  test('pods outlive their kubelet and runtime; down ends them with hook and grace, and up runs them again', async () => {
    await cluster.up(...SMALL);
    await withClient((client) => eventually(() => client.create(resources.pods, patient(cluster.dataDir))));
    await waitFor(1);
    const before = programPid();
    for (const role of ['kubelet', 'runtime'] as const) {
      const pid = pidOf(role);
      process.kill(pid, role === 'kubelet' ? 'SIGTERM' : 'SIGKILL');
      await eventually(async () => assert.ok(pidOf(role) !== pid && isRunning(pidOf(role))));
    }
    assert.equal(programPid(), before);
    assert.ok(isRunning(before));

    const { stderr } = await cluster.keelson('down');
    assert.match(stderr, /Stopping: waiting for 1 pod to end/);
    assert.deepEqual(story(), ['begin', 'hook', 'clean']);
    assert.equal(isRunning(before), false);

    await cluster.up(...SMALL);
    await waitFor(4);
    assert.ok(isRunning(programPid()));
  });

  test('without a supervisor down still ends pods with hook and grace', async () => {
    const { pid } = JSON.parse(readFileSync(join(cluster.dataDir, 'cluster.json'), 'utf8')).supervisor;
    process.kill(pid, 'SIGKILL');
    await cluster.keelson('down');
    assert.deepEqual(story().slice(3), ['begin', 'hook', 'clean']);
    assert.equal(isRunning(programPid()), false);
  });

  test('without kubelet and supervisor the grace is kept all the same', async () => {
    await cluster.up(...SMALL);
    await waitFor(7);
    const { pid } = JSON.parse(readFileSync(join(cluster.dataDir, 'cluster.json'), 'utf8')).supervisor;
    process.kill(pid, 'SIGKILL');
    process.kill(pidOf('kubelet'), 'SIGKILL');
    await cluster.keelson('down');
    assert.deepEqual(story().slice(6), ['begin', 'clean']);
  });

  test('with --force pods are killed at once, and by a runtime that is gone too', async () => {
    await cluster.up(...SMALL);
    await waitFor(9);
    const { pid } = JSON.parse(readFileSync(join(cluster.dataDir, 'cluster.json'), 'utf8')).supervisor;
    process.kill(pid, 'SIGKILL');
    process.kill(pidOf('runtime'), 'SIGKILL');
    const program = programPid();
    await cluster.keelson('down', '--force');
    assert.equal(isRunning(program), false);
    assert.deepEqual(story().slice(8), ['begin']);
  });

  test('in the foreground Ctrl-C ends pods within their grace, and a second one at once', async () => {
    rmSync(join(cluster.dataDir, 'story'));
    const args = ['up', ...SMALL, '--port-base', String(cluster.portBase), '--data-dir', cluster.dataDir];
    const start = () => spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
    const first = start();
    let said = '';
    first.stderr.on('data', (chunk) => {
      said += chunk;
    });
    const end = (child: typeof first) => new Promise((resolve) => child.once('close', resolve));
    await waitFor(1);
    const ended = end(first);
    first.kill('SIGINT');
    await ended;
    assert.match(said, /waiting for 1 pod to end \(Ctrl-C again ends them at once\)/);
    assert.deepEqual(story(), ['begin', 'hook', 'clean']);

    const second = start();
    await waitFor(4);
    const program = programPid();
    const endedAtOnce = end(second);
    let heard = '';
    second.stderr.on('data', (chunk) => {
      heard += chunk;
    });
    second.kill('SIGINT');
    await eventually(async () => assert.match(heard, /waiting for 1 pod/));
    second.kill('SIGINT');
    await endedAtOnce;
    assert.equal(isRunning(program), false);
    assert.ok(!story().slice(3).includes('clean'));
    assert.ok(cluster.components().every(({ pid }) => !isRunning(pid)));
  });

  test('a wrong time is refused by the flag’s name', async () => {
    await assert.rejects(cluster.keelson('down', '--timeout', '-1'), /--timeout must be a number of seconds from 0/);
  });
});
