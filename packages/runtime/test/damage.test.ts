import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { cri } from '@keelson/protocol';
import { processesWith } from './host.js';
import { isAlive, sh, TestRuntime, until } from './runtime-process.js';

const runtime = new TestRuntime();
const root = join(runtime.directory, 'root');
before(() => runtime.start());
after(() => runtime.cleanUp());

const NOT_JSON = '{"id": "';
const OTHER_SHAPES = [
  'null',
  '[]',
  '"text"',
  '{}',
  '{"id":"ID"}',
  '{"id":"ID","createdAt":1,"sandboxId":"x","argv":[],"config":7}',
];

/** A container that runs, and a healthy one beside it in another pod. */
async function pair(name: string) {
  const podSandboxId = await runtime.sandbox(name);
  const id = await runtime.run(podSandboxId, sh('exec sleep 1000'));
  const healthy = await runtime.run(await runtime.sandbox(`${name}-healthy`), sh('exec sleep 1000'));
  return { podSandboxId, id, pid: await runtime.pid_of(id), healthy };
}

async function listed(): Promise<string[]> {
  return (await runtime.runtime.listContainers({})).containers.map(({ id }) => id);
}

for (const [index, text] of [NOT_JSON, ...OTHER_SHAPES].entries()) {
  test(`a container's record that holds ${text} is set aside, what it held is ended, the others go on`, async () => {
    const { id, pid, healthy } = await pair(`c${index}`);
    await runtime.kill();
    writeFileSync(join(root, 'containers', id, 'container.json'), text.replace('ID', id));
    await runtime.start();
    assert.equal(isAlive(pid), false);
    assert.ok(!(await listed()).includes(id));
    assert.ok(readdirSync(join(root, 'damaged')).includes(id));
    assert.match(runtime.errors, /damaged record was set aside/);
    assert.equal((await runtime.status(healthy)).state, cri.ContainerState.CONTAINER_RUNNING);
  });
}

test('a sandbox whose record is damaged is set aside and its containers are ended', async () => {
  const { podSandboxId, id, pid, healthy } = await pair('sandbox');
  const shim = runtime.shimPid(id);
  await runtime.kill();
  writeFileSync(join(root, 'sandboxes', podSandboxId, 'sandbox.json'), NOT_JSON);
  await runtime.start();
  assert.equal(isAlive(pid), false);
  assert.ok(readdirSync(join(root, 'damaged')).includes(podSandboxId));
  assert.ok(!readdirSync(join(root, 'containers')).includes(id));
  await until('its shim has gone', () => !isAlive(shim));
  assert.equal((await runtime.status(healthy)).state, cri.ContainerState.CONTAINER_RUNNING);
});

for (const [file, text] of ['claim.json', 'started.json', 'exit.json'].flatMap((it) =>
  [NOT_JSON, 'null', '{}'].map((text) => [it, text] as const),
)) {
  test(`a ${file} that holds ${text}: the container has ended, nobody knows how, and says so`, async () => {
    const { id, pid, healthy } = await pair(`${file}-${text.length}`);
    await runtime.kill();
    writeFileSync(join(root, 'containers', id, file), text);
    await runtime.start();
    const { exitCode, reason, message } = await runtime.exited(id);
    assert.deepEqual([exitCode, reason], [255, 'Unknown']);
    assert.match(message, new RegExp(`${file} is damaged`));
    assert.equal(isAlive(pid), false);
    assert.equal((await runtime.status(healthy)).state, cri.ContainerState.CONTAINER_RUNNING);
    await runtime.runtime.removeContainer({ containerId: id });
    assert.ok(!(await listed()).includes(id));
  });
}

test('a file that gets damaged while the runtime runs costs that container alone', async () => {
  const { id, healthy } = await pair('meanwhile');
  const shim = runtime.shimPid(id);
  writeFileSync(join(root, 'containers', id, 'claim.json'), NOT_JSON);
  process.kill(shim, 'SIGKILL');
  assert.equal((await runtime.exited(id)).exitCode, 255);
  assert.equal((await runtime.status(healthy)).state, cri.ContainerState.CONTAINER_RUNNING);
});

test('a damaged spec does not keep a container from being ended whole', async () => {
  const id = await runtime.run(await runtime.sandbox('spec'), sh('env -i setsid sleep 1000.25 & exec sleep 1000.5'));
  const pid = await runtime.pid_of(id);
  await runtime.kill();
  writeFileSync(join(root, 'containers', id, 'spec.json'), NOT_JSON);
  process.kill(runtime.shimPid(id), 'SIGKILL');
  await runtime.start();
  await runtime.exited(id);
  assert.equal(isAlive(pid), false);
  assert.deepEqual(processesWith('1000.25'), []);
});

test('damaged images and a damaged lock do not keep the runtime from starting', async () => {
  const image = { image: 'busybox' };
  await runtime.images.pullImage({ image });
  await runtime.kill();
  for (const name of readdirSync(join(root, 'images'))) writeFileSync(join(root, 'images', name), NOT_JSON);
  writeFileSync(join(root, 'runtime.lock'), NOT_JSON);
  await runtime.start();
  assert.equal((await runtime.images.imageStatus({ image })).image, undefined);
  await runtime.images.pullImage({ image });
});

test('what a killed runtime began to make or to remove is swept at the next start', async () => {
  const { id, healthy } = await pair('half');
  const pid = await runtime.pid_of(id);
  await runtime.kill();
  const { rmSync } = await import('node:fs');
  rmSync(join(root, 'containers', id, 'container.json'));
  for (const path of ['containers/begun/rootfs', 'sandboxes/begun', 'trash/old/rootfs'])
    mkdirSync(join(root, path), { recursive: true });
  await runtime.start();
  assert.equal(isAlive(pid), false);
  const left = ['containers', 'sandboxes', 'trash'].flatMap((folder) => readdirSync(join(root, folder)));
  assert.ok(!left.some((name) => ['begun', 'old', id].includes(name)));
  assert.equal((await runtime.status(healthy)).state, cri.ContainerState.CONTAINER_RUNNING);
});

test('after pods were removed in a crowd while the runtime was killed, nothing of them is left', async () => {
  const sandboxes = await Promise.all(
    Array.from({ length: 12 }, async (_, index) => {
      const id = await runtime.sandbox(`crowd-${index}`);
      await runtime.run(id, sh('exec sleep 1000.75'));
      return id;
    }),
  );
  const removing = sandboxes.map((podSandboxId) => runtime.runtime.removePodSandbox({ podSandboxId }).catch(() => {}));
  await until('some are gone', () => readdirSync(join(root, 'containers')).length < 60);
  await runtime.kill();
  await Promise.all(removing);
  await runtime.start();
  for (const podSandboxId of sandboxes) await runtime.runtime.removePodSandbox({ podSandboxId });
  const left = ['containers', 'sandboxes', 'trash'].flatMap((folder) => readdirSync(join(root, folder)));
  assert.ok(!left.some((name) => sandboxes.includes(name)));
  assert.deepEqual(readdirSync(join(root, 'trash')), []);
  assert.deepEqual(processesWith('1000.75'), []);
});
