import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { clock, sh, TestRuntime, until } from './runtime-process.js';

/**
 * What one busy loop uses: more than one processor it can never use, but how soon it has used so much is a matter of
 * who else wants processor time.
 */
const SOME_NANOSECONDS = 0.3e9;
const MOST_NANO_CORES = 1.3e9;

for (const flags of [[], ['--cgroup-root', 'none']]) {
  const where = flags.length === 0 ? 'with control groups where it may' : 'without control groups';
  const runtime = new TestRuntime(...flags);
  before(() => runtime.start());
  after(() => runtime.cleanUp());

  const cpuOf = async (id: string) => {
    const { stats } = await runtime.runtime.containerStats({ containerId: id });
    return stats?.cpu?.usageCoreNanoSeconds?.value ?? 0;
  };

  test(`a busy loop uses about one processor ${where}`, async () => {
    const id = await runtime.run(await runtime.sandbox('busy'), sh('while :; do :; done'));
    const from = clock.monotonic();
    const before = await cpuOf(id);
    await clock.sleep(1_000);
    const then = await until('it has used some', async () => {
      const used = await cpuOf(id);
      return used > before + SOME_NANOSECONDS && used;
    });
    const nanoCores = (then - before) / ((clock.monotonic() - from) / 1000);
    assert.ok(nanoCores < MOST_NANO_CORES, `${nanoCores}`);
    const { stats } = await runtime.runtime.listPodSandboxStats({});
    const [sandbox] = stats;
    assert.ok((sandbox?.linux?.cpu?.usageCoreNanoSeconds?.value ?? 0) >= then);
    assert.ok((sandbox?.linux?.memory?.workingSetBytes?.value ?? 0) > 100_000);
    await runtime.runtime.stopContainer({ containerId: id, timeout: 0 });
    const after = (await runtime.runtime.listPodSandboxStats({})).stats[0];
    assert.ok((after?.linux?.cpu?.usageCoreNanoSeconds?.value ?? 0) >= then, 'a container that ended was counted');
    assert.equal((await runtime.runtime.listContainerStats({ filter: { id } })).stats.length, 0);
  });

  test(`children that end, orphans among them, do not put the counter back ${where}`, async () => {
    const spin = 'i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done';
    const script = `while :; do (${spin}) & (setsid sh -c '${spin}' &); wait; done`;
    const id = await runtime.run(await runtime.sandbox('forks'), sh(script));
    let last = 0;
    const end = clock.monotonic() + 3_000;
    await until('they have used some', async () => {
      const used = await cpuOf(id);
      assert.ok(used >= last, `${used} after ${last}`);
      last = used;
      await clock.sleep(40);
      return clock.monotonic() > end && last > SOME_NANOSECONDS;
    });
    await runtime.runtime.stopContainer({ containerId: id, timeout: 0 });
  });

  test(`memory that a program takes is seen ${where}`, async () => {
    const program = 'const held = Buffer.alloc(64 << 20, 1); setInterval(() => held[0], 1000)';
    const id = await runtime.run(await runtime.sandbox('memory'), { command: [process.execPath, '-e', program] });
    await until('its memory is seen', async () => {
      const { stats } = await runtime.runtime.containerStats({ containerId: id });
      return (stats?.memory?.workingSetBytes?.value ?? 0) > 64 * 2 ** 20;
    });
    await runtime.runtime.stopContainer({ containerId: id, timeout: 0 });
  });
}
