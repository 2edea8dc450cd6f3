import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '@keelson/service/testing';
import type { CriClient } from '../cri/cri-client.js';
import type { RuntimePod } from '../cri/runtime-pod.js';
import { defaultNetwork } from './machine-parts.js';
import { machineMemory, SimulatedMeter } from './node-usage.js';
import { resourceMetrics } from './resource-metrics.js';
import { summaryOf } from './summary.js';
import type { PodUsage, UsageOfAll } from './usage.js';
import { UsageCollector } from './usage-collector.js';

const AT = Date.parse('2026-01-02T03:04:05Z');

const web: PodUsage = {
  ...{ uid: 'u1', name: 'web-0', namespace: 'shop', startedAt: AT - 60_000 },
  cpu: { at: AT, coreNanoSeconds: 5_500_000_000, nanoCores: 250_000_000 },
  memory: { at: AT, workingSetBytes: 70_000 },
  containers: [
    {
      ...{ name: 'main', startedAt: AT - 59_500, logPath: '' },
      cpu: { at: AT, coreNanoSeconds: 5_000_000_000 },
      memory: { at: AT, workingSetBytes: 65_536 },
    },
  ],
};
const all: UsageOfAll = {
  node: {
    startedAt: AT - 3_600_000,
    cpu: { at: AT, coreNanoSeconds: 90_250_000_000 },
    memory: { at: AT, workingSetBytes: 2_000_000, availableBytes: 6_000_000 },
  },
  pods: [web],
};

test('resource metrics are upstream’s text', () => {
  const lines = resourceMetrics(all).split('\n');
  assert.deepEqual(
    lines.filter((it) => it !== '' && !it.startsWith('#')),
    [
      `container_cpu_usage_seconds_total{container="main",namespace="shop",pod="web-0"} 5 ${AT}`,
      `container_memory_working_set_bytes{container="main",namespace="shop",pod="web-0"} 65536 ${AT}`,
      `container_start_time_seconds{container="main",namespace="shop",pod="web-0"} ${(AT - 59_500) / 1000}`,
      `node_cpu_usage_seconds_total 90.25 ${AT}`,
      `node_memory_working_set_bytes 2000000 ${AT}`,
      `pod_cpu_usage_seconds_total{namespace="shop",pod="web-0"} 5.5 ${AT}`,
      `pod_memory_working_set_bytes{namespace="shop",pod="web-0"} 70000 ${AT}`,
      'resource_scrape_error 0',
      'scrape_error 0',
    ],
  );
  assert.ok(lines.includes('# TYPE container_cpu_usage_seconds_total counter'));
});

test('what could not be found out is an error, and nothing else', () => {
  const lines = resourceMetrics(undefined).split('\n');
  assert.deepEqual(
    lines.filter((it) => it !== '' && !it.startsWith('#')),
    ['resource_scrape_error 1', 'scrape_error 1'],
  );
});

test('the summary has upstream’s shape, and without parts CPU and memory only', () => {
  const small = JSON.parse(JSON.stringify(summaryOf('node-1', all, undefined)));
  assert.deepEqual(small.node, {
    ...{ nodeName: 'node-1', startTime: '2026-01-02T02:04:05Z' },
    cpu: { time: '2026-01-02T03:04:05Z', usageCoreNanoSeconds: 90_250_000_000 },
    memory: { time: '2026-01-02T03:04:05Z', availableBytes: 6_000_000, workingSetBytes: 2_000_000 },
  });
  assert.deepEqual(small.pods[0].podRef, { name: 'web-0', namespace: 'shop', uid: 'u1' });
  assert.equal(small.pods[0].cpu.usageNanoCores, 250_000_000);
  assert.deepEqual(Object.keys(small.pods[0].containers[0]), ['name', 'startTime', 'cpu', 'memory']);
  const fs = { at: AT, capacityBytes: 100, usedBytes: 40, availableBytes: 50 };
  const rlimit = { at: AT, maxpid: 32768, curproc: 7 };
  const parts = { network: undefined, fs, imageFs: fs, rlimit, logsOf: () => ({ at: AT, usedBytes: 12 }) };
  const whole = JSON.parse(JSON.stringify(summaryOf('node-1', all, parts)));
  assert.deepEqual(whole.node.fs, {
    ...{ time: '2026-01-02T03:04:05Z', capacityBytes: 100, usedBytes: 40, availableBytes: 50 },
  });
  assert.deepEqual(whole.node.rlimit, { time: '2026-01-02T03:04:05Z', maxpid: 32768, curproc: 7 });
  assert.equal(whole.pods[0].containers[0].logs.usedBytes, 12);
});

test('a machine’s working set leaves out pages of files that nobody used lately', () => {
  const meminfo = 'MemTotal:  1000 kB\nMemFree:   200 kB\nInactive(file):  300 kB\nAnonPages:  100 kB\n';
  assert.deepEqual(machineMemory(AT, meminfo, 'pgfault 5\npgmajfault 2\npgfaults 9\n'), {
    ...{ at: AT, workingSetBytes: 500 * 1024, usageBytes: 800 * 1024, availableBytes: 500 * 1024 },
    ...{ rssBytes: 100 * 1024, pageFaults: 5, majorPageFaults: 2 },
  });
});

test('the network is that of the default route', () => {
  const route = 'Iface\tDestination\tGateway\neth1\t0000FEA9\t0\neth0\t00000000\t0101\n';
  const device =
    'Inter-|\n face |\n  lo: 1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0\n  eth0:100 2 3 0 0 0 0 0 200 4 5 0 0 0 0 0\n';
  assert.deepEqual(defaultNetwork(AT, route, device), {
    ...{ at: AT, name: 'eth0', rxBytes: 100, rxErrors: 3, txBytes: 200, txErrors: 5 },
  });
  assert.equal(defaultNetwork(AT, 'Iface\tDestination\n', device), undefined);
});

test('a simulated node’s counter keeps what pods used that are gone', () => {
  const meter = new SimulatedMeter({ memoryBytes: 1000 }, { clock: new ManualClock() });
  const pod = (uid: string, coreNanoSeconds: number): PodUsage => ({
    ...{ uid, name: uid, namespace: 'a', startedAt: 0, containers: [] },
    ...{ cpu: { at: 0, coreNanoSeconds }, memory: { at: 0, workingSetBytes: 300 } },
  });
  const used = (...pods: PodUsage[]) => meter.read(pods).cpu.coreNanoSeconds;
  assert.deepEqual([used(pod('a', 10), pod('b', 5)), used(pod('b', 6)), used(pod('b', 2)), used()], [15, 16, 18, 18]);
  assert.equal(meter.read([pod('c', 1)]).memory.availableBytes, 700);
});

/** A pod whose container was restarted, so that two of one name are known. */
const restarted: RuntimePod = {
  ...{ uid: 'u1', name: 'web-0', namespace: 'shop' },
  sandboxes: [{ id: 's1', ready: true, attempt: 0, ip: '', hostNetwork: false, createdAt: AT }],
  containers: [
    { ...container('new', 1), startedAt: AT + 5_000 },
    { ...container('old', 0), state: 'exited' },
  ],
};

function container(id: string, attempt: number): RuntimePod['containers'][number] {
  return {
    ...{ id, name: 'main', sandboxId: 's1', state: 'running', attempt, hash: '', createdAt: AT, startedAt: AT },
    ...{ finishedAt: 0, exitCode: 0, reason: '', message: '', image: '', imageId: '', logPath: '' },
  };
}

function stats(id: string, used: number) {
  const timestamp = BigInt(AT) * 1_000_000n;
  const memory = { timestamp, workingSetBytes: { value: 100 } };
  return { attributes: { id }, cpu: { timestamp, usageCoreNanoSeconds: { value: used } }, memory };
}

function collector(runtime: object, pods: RuntimePod[] = [restarted]) {
  const clock = new ManualClock();
  const node = new SimulatedMeter({ memoryBytes: 1000 }, { clock });
  const cri = { runtime } as unknown as CriClient;
  return { clock, collector: new UsageCollector({ cri, pods: () => pods, node, clock }) };
}

test('a pod has what its newest containers use; without statistics of sandboxes the sum', async () => {
  const unimplemented = Object.assign(new Error('no'), { code: 12 });
  const { collector: it } = collector({
    listContainerStats: async () => ({ stats: [stats('old', 900), stats('new', 7), stats('stranger', 1)] }),
    listPodSandboxStats: async () => Promise.reject(unimplemented),
  });
  const { pods } = await it.collect();
  assert.equal(pods.length, 1);
  assert.deepEqual([pods[0]?.cpu?.coreNanoSeconds, pods[0]?.memory?.workingSetBytes], [7, 100]);
  assert.deepEqual(
    pods[0]?.containers.map(({ name, startedAt }) => [name, startedAt]),
    [['main', AT + 5_000]],
  );
});

test('where the runtime lists no sandboxes, each is asked for', async () => {
  const linux = { ...stats('', 70), memory: undefined };
  const { collector: it } = collector({
    listContainerStats: async () => ({ stats: [stats('new', 7)] }),
    listPodSandboxStats: async () => Promise.reject(Object.assign(new Error('one is ending'), { code: 2 })),
    podSandboxStats: async ({ podSandboxId }: { podSandboxId: string }) => ({
      stats: { attributes: { id: podSandboxId }, linux },
    }),
  });
  const { pods } = await it.collect();
  assert.equal(pods[0]?.cpu?.coreNanoSeconds, 70);
});

test('many who ask at once ask the runtime once, and a failure is not remembered', async () => {
  let asked = 0;
  const { collector: it, clock } = collector({
    listContainerStats: async () => {
      asked += 1;
      if (asked === 1) throw new Error('it does not answer');
      return { stats: [] };
    },
    listPodSandboxStats: async () => ({ stats: [] }),
  });
  await assert.rejects(Promise.all([it.collect(), it.collect()]), /it does not answer/);
  await Promise.all([it.collect(), it.collect()]);
  await it.collect();
  assert.equal(asked, 2);
  clock.advance(600);
  await it.collect();
  assert.equal(asked, 3);
});
