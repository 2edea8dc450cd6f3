import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { cri } from '@keelson/protocol';
import { seededRandom } from '@keelson/service';
import { sh, TestRuntime, until } from './runtime-process.js';

const runtime = new TestRuntime();
before(() => runtime.start());
after(() => runtime.cleanUp());

const ROUNDS = 6;
const CONTAINERS = 6;

/** How often the program of a container has begun. */
function runs(name: string): number {
  try {
    return readFileSync(join(runtime.directory, name), 'utf8').split('\n').length - 1;
  } catch {
    return 0;
  }
}

test('whenever the runtime and shims are killed, a program begins at most once and its end is known', async () => {
  const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  const random = seededRandom(seed);
  const because = `(SEED=${seed})`;
  const names: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    // Starts are in flight while the kill comes, at a moment that differs from round to round.
    const starting = Array.from({ length: CONTAINERS }, async (_, index) => {
      const name = `r${round}-c${index}`;
      names.push(name);
      const sandbox = await runtime.sandbox(name);
      await runtime.run(sandbox, sh(`echo run >>${runtime.directory}/${name}; exec sleep 1000`));
    }).map((call) => call.catch(() => {}));
    await new Promise((resolve) => setTimeout(resolve, random.integer(400)));
    const { containers } = await runtime.runtime.listContainers({});
    for (const { id, state } of containers) {
      if (state === cri.ContainerState.CONTAINER_RUNNING && random.float() < 0.2)
        process.kill(runtime.shimPid(id), 'SIGKILL');
    }
    await runtime.kill('SIGKILL');
    await Promise.all(starting);
    await runtime.start();
    // As a kubelet would: what was created and not started is started again, what was started is refused.
    for (const { id } of (await runtime.runtime.listContainers({})).containers) {
      await runtime.runtime.startContainer({ containerId: id }).catch(() => {});
    }
  }
  for (const name of names) assert.ok(runs(name) <= 1, `${name} began ${runs(name)} times ${because}`);
  const { containers } = await runtime.runtime.listContainers({});
  assert.ok(containers.length > 0);
  for (const { id, state } of containers) {
    const alive = () => runtime.processesOf(id).length;
    if (state === cri.ContainerState.CONTAINER_RUNNING) assert.equal(alive(), 1, `${id} runs ${because}`);
    else await until(`${id} has ended ${because}`, () => alive() === 0);
    if (state === cri.ContainerState.CONTAINER_EXITED) {
      const { exitCode } = await runtime.status(id);
      assert.ok([137, 128].includes(exitCode), `exit code ${exitCode} ${because}`);
    }
  }
});
