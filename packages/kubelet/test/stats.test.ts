import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createLogger } from '@keelson/service';
import { MachineMeter } from '../src/stats/node-usage.js';
import { statsPages } from '../src/stats/stats-pages.js';
import { UsageCollector } from '../src/stats/usage-collector.js';
import { clock, NodeUnderTest, pod, sh, until } from './node-under-test.js';

const node = new NodeUnderTest();
before(() => node.start());
after(() => node.cleanUp());

async function show(path: string): Promise<string> {
  const { cri, directory } = node;
  const collector = new UsageCollector({
    ...{ cri, pods: () => node.kubelet?.runtimePods ?? [] },
    ...{ node: new MachineMeter({ clock }), clock },
  });
  const logger = createLogger('kubelet', { level: 'fatal' });
  const pages = statsPages({ nodeName: 'node-1', rootDir: directory }, { collector, cri, clock, logger });
  const url = new URL(path, 'http://node-1');
  return (await pages.get(url.pathname)!(url)).text;
}

/** The value of a sample, and its time. */
function sample(text: string, series: string): [number, number] {
  const line = text.split('\n').find((it) => it.startsWith(`${series} `));
  assert.ok(line, `${series} is in\n${text}`);
  const [value = 0, at = 0] = line
    .slice(series.length + 1)
    .split(' ')
    .map(Number);
  return [value, at];
}

const CPU = 'container_cpu_usage_seconds_total{container="main",namespace="default",pod="busy"}';

test('a busy container is seen in both forms, and a node with it', async () => {
  node.run(pod('busy', sh('while :; do :; done')));
  await node.ready('busy');
  const first = await until('it is listed', async () => {
    const text = await show('/metrics/resource');
    return text.includes(CPU) && text;
  });
  const [from, then] = sample(first, CPU);
  // How fast it gets processor time is a matter of who else wants some; that it is never more than one's is not.
  const second = await until('it has used half a second more', async () => {
    await clock.sleep(200);
    const text = await show('/metrics/resource');
    return sample(text, CPU)[0] > from + 0.5 && text;
  });
  const [to, now] = sample(second, CPU);
  const cores = (to - from) / ((now - then) / 1000);
  assert.ok(cores < 1.3, `${cores} cores`);
  assert.ok(sample(second, CPU.replace('cpu_usage_seconds_total', 'memory_working_set_bytes'))[0] > 100_000);
  assert.ok(sample(second, 'node_cpu_usage_seconds_total')[0] > sample(first, 'node_cpu_usage_seconds_total')[0]);
  assert.equal(sample(second, 'resource_scrape_error')[0], 0);
  const summary = JSON.parse(await show('/stats/summary'));
  assert.ok(summary.node.fs.capacityBytes > 0 && summary.node.memory.workingSetBytes > 0);
  assert.ok(summary.pods[0].cpu.usageCoreNanoSeconds >= to * 1e9);
  const [main] = summary.pods[0].containers;
  assert.deepEqual([main.name, typeof main.logs.usedBytes], ['main', 'number']);
  assert.equal(JSON.parse(await show('/stats/summary?only_cpu_and_memory=true')).node.fs, undefined);
});

test('a runtime that is gone is a scrape error', async () => {
  await node.killRuntime();
  assert.match(await show('/metrics/resource'), /^resource_scrape_error 1$/m);
  assert.match(await show('/stats/summary'), /^Internal Error: failed to get the stats of the runtime/);
  await node.startRuntime();
});
