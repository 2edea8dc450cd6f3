import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { cri } from '@keelson/protocol';
import { isAlive, sh, TestRuntime, until } from './runtime-process.js';

const runtime = new TestRuntime();
before(() => runtime.start());
after(() => runtime.cleanUp());

const RUNNING = cri.ContainerState.CONTAINER_RUNNING;

test('containers outlive the runtime: the next one finds them, their logs and their exit codes', async () => {
  const sandbox = await runtime.sandbox('survivor');
  const stop = join(runtime.directory, 'stop');
  const stays = await runtime.run(
    sandbox,
    sh(`i=0; while [ ! -e ${stop} ]; do i=$((i+1)); echo $i; sleep 0.02; done; exit 9`),
  );
  const ends = await runtime.run(sandbox, {
    metadata: { name: 'ends' },
    logPath: 'e.log',
    ...sh('sleep 0.3; echo end; exit 5'),
  });
  const before = await runtime.runtime.podSandboxStatus({ podSandboxId: sandbox });
  const pid = await runtime.pid_of(stays);
  await runtime.kill('SIGKILL');
  const lines = runtime.log('survivor').length;
  await until('it goes on logging without a runtime', () => runtime.log('survivor').length > lines + 5);
  await until('the other one ends without a runtime', () => runtime.log('survivor', 'e.log').includes('end'));

  await runtime.start();
  assert.equal((await runtime.status(stays)).state, RUNNING);
  assert.equal(await runtime.pid_of(stays), pid);
  assert.equal(runtime.processesOf(stays).includes(pid), true);
  assert.equal((await runtime.exited(ends)).exitCode, 5);
  const now = await runtime.runtime.podSandboxStatus({ podSandboxId: sandbox });
  assert.equal(now.status?.network?.ip, before.status?.network?.ip);
  assert.notEqual(
    (await runtime.runtime.podSandboxStatus({ podSandboxId: await runtime.sandbox('later') })).status?.network?.ip,
    now.status?.network?.ip,
  );
  await assert.rejects(runtime.runtime.startContainer({ containerId: stays }), { code: 9 });
  writeFileSync(stop, '');
  assert.equal((await runtime.exited(stays)).exitCode, 9);
});

test('a container whose shim was killed is ended and reported', async () => {
  const sandbox = await runtime.sandbox('no-shim');
  const id = await runtime.run(sandbox, sh('sleep 1000 & sleep 1000'));
  await until('it runs', () => runtime.processesOf(id).length >= 2);
  process.kill(runtime.shimPid(id), 'SIGKILL');
  const status = await runtime.exited(id);
  assert.equal(status.exitCode, 137);
  assert.match(status.message, /shim had died/);
  await until('no process of it is left', () => runtime.processesOf(id).length === 0);
});

test('shim and runtime killed together: the next runtime ends what is left', async () => {
  const sandbox = await runtime.sandbox('both');
  const id = await runtime.run(sandbox, sh('exec sleep 1000'));
  const pid = await runtime.pid_of(id);
  process.kill(runtime.shimPid(id), 'SIGKILL');
  await runtime.kill('SIGKILL');
  await runtime.start();
  assert.equal((await runtime.exited(id)).exitCode, 137);
  assert.equal(isAlive(pid), false);
});

test('a killed program is reported with its signal', async () => {
  const sandbox = await runtime.sandbox('killed');
  const id = await runtime.run(sandbox, sh('exec sleep 1000'));
  process.kill(await runtime.pid_of(id), 'SIGKILL');
  assert.equal((await runtime.exited(id)).exitCode, 137);
});

test('without a runtime, removing its data or asking for it ends its containers', async () => {
  const { rmSync } = await import('node:fs');
  const { spawnSync } = await import('node:child_process');
  const lone = new TestRuntime();
  await lone.start();
  const first = await lone.run(await lone.sandbox('first'), sh('exec sleep 1000'));
  const shim = lone.shimPid(first);
  await lone.kill('SIGTERM');
  const main = new URL('../src/main.js', import.meta.url).pathname;
  const flags = ['--root-dir', join(lone.directory, 'root'), '--remove-all'];
  assert.equal(spawnSync(process.execPath, [main, ...flags]).status, 0);
  assert.deepEqual(lone.processesOf(first), []);
  assert.equal(isAlive(shim), false);

  await lone.start();
  const second = await lone.run(await lone.sandbox('second'), sh('exec sleep 1000'));
  const other = lone.shimPid(second);
  await lone.kill('SIGKILL');
  rmSync(lone.directory, { recursive: true });
  await until('its program and its shim have ended', () => lone.processesOf(second).length === 0 && !isAlive(other));
});

test('a second runtime on the same directory is refused', async () => {
  const { spawnSync } = await import('node:child_process');
  const main = new URL('../src/main.js', import.meta.url).pathname;
  const second = spawnSync(process.execPath, [
    main,
    '--listen',
    `unix://${runtime.directory}/second.sock`,
    '--root-dir',
    join(runtime.directory, 'root'),
  ]);
  assert.equal(second.status, 1);
  assert.match(String(second.stderr), /another runtime \(pid \d+\) uses/);
});

test('SIGTERM ends the runtime and not its containers', async () => {
  const sandbox = await runtime.sandbox('drained');
  const id = await runtime.run(sandbox, sh('exec sleep 1000'));
  await runtime.kill('SIGTERM');
  assert.equal(runtime.processesOf(id).length, 1);
  await runtime.start();
  assert.equal((await runtime.status(id)).state, RUNNING);
});
