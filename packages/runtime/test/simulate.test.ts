import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { cri } from '@keelson/protocol';
import { TestRuntime, until } from './runtime-process.js';

const runtime = new TestRuntime('--simulate');
before(() => runtime.start());
after(() => runtime.cleanUp());

test('a simulated container needs no command, runs, and is still running after a restart', async () => {
  const id = await runtime.run(await runtime.sandbox('idle'), { image: { image: 'anything' } });
  assert.equal((await runtime.status(id)).state, cri.ContainerState.CONTAINER_RUNNING);
  assert.equal((await runtime.runtime.execSync({ containerId: id, cmd: ['check'] })).exitCode, 0);
  assert.deepEqual(runtime.processesOf(id), []);
  await runtime.kill();
  await runtime.start();
  assert.equal((await runtime.status(id)).state, cri.ContainerState.CONTAINER_RUNNING);
  await runtime.runtime.stopContainer({ containerId: id, timeout: 30 });
  assert.equal((await runtime.status(id)).exitCode, 0);
});

test('an annotation ends it after a time with a code', async () => {
  const annotations = { 'keelson.dev/simulated-run-seconds': '0.05', 'keelson.dev/simulated-exit-code': '4' };
  const id = await runtime.run(await runtime.sandbox('job', { annotations }), {});
  assert.equal((await runtime.exited(id)).exitCode, 4);
});

test('annotations say what it uses, and a bad one is refused by name', async () => {
  const annotations = { 'keelson.dev/simulated-cpu': '500m', 'keelson.dev/simulated-memory': '64Mi' };
  const id = await runtime.run(await runtime.sandbox('busy', { annotations }), {});
  const used = await until('it has used CPU', async () => {
    const { stats } = await runtime.runtime.listContainerStats({ filter: { id } });
    return (stats[0]?.cpu?.usageCoreNanoSeconds?.value ?? 0) > 5e8 && stats[0];
  });
  assert.equal(used.memory?.workingSetBytes?.value, 64 * 2 ** 20);
  const sandbox = await runtime.sandbox('wrong', { annotations: { 'keelson.dev/simulated-cpu': 'lots' } });
  await assert.rejects(runtime.run(sandbox, {}), /annotation keelson\.dev\/simulated-cpu: "lots" is no quantity/);
});
