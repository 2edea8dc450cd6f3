import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '@keelson/service';
import { type BenchReport, type BenchRow, type Measure, type Measured, rowsOf } from '../report.js';
import { checkPerf } from './go-client.js';
import { type Cluster, type Contender, etcdVersion, startCluster } from './members.js';
import type { BenchClient } from './raw-caller.js';
import { failOver, weigh } from './recovery.js';
import { fill, WORKLOADS } from './workloads.js';

export interface BenchOptions {
  readonly seconds: number;
  readonly keys: number;
  readonly valueBytes: number;
  readonly weighKeys: number;
  readonly failOvers: number;
  /** Times that each load is put on each contender, in turn; the median counts. */
  readonly rounds: number;
  /** Only what matches; undefined: everything. */
  readonly only: RegExp | undefined;
  readonly directory: string;
  readonly client: BenchClient;
  /** Told of each step. */
  readonly say: (line: string) => void;
}

/** On a store that nothing else was done to, where `fresh`. */
type StoreMeasure = Measure<Cluster> & { readonly fresh?: boolean };

/** Drives a store of ours and, where it is installed, one of etcd's in turn with the same load. */
export async function benchStore(options: BenchOptions, clock: Clock): Promise<BenchReport> {
  const version = etcdVersion();
  const contenders: Contender[] = version === undefined ? ['keelson'] : ['keelson', 'etcd'];
  if (version === undefined) options.say('etcd is not installed: nothing to compare with');
  const directory = mkdtempSync(join(options.directory, 'keelson-bench-'));
  const clusters: Cluster[] = [];
  try {
    for (const contender of contenders) {
      options.say(`starting three members of ${contender}`);
      clusters.push(await startCluster(contender, join(directory, contender), clock, options));
    }
    const peer = version === undefined ? undefined : { name: 'etcd', version };
    return { peer, rows: await runAll(clusters, options, clock) };
  } finally {
    await Promise.all(clusters.map((cluster) => cluster.stop()));
    rmSync(directory, { recursive: true, force: true });
  }
}

async function runAll(clusters: readonly Cluster[], options: BenchOptions, clock: Clock): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const cluster of clusters) await warmUp(cluster, options, clock);
  for (const measure of [...loads(options, clock), ...recoveries(options, clock)]) {
    if (options.only && !options.only.test(measure.name)) continue;
    const results = new Map<string, (readonly Measured[])[]>(clusters.map(({ contender }) => [contender, []]));
    for (let round = 0; round < (measure.once ? 1 : options.rounds); round += 1) {
      for (const cluster of clusters) {
        options.say(`${measure.name}: ${cluster.contender}`);
        const run = measure.fresh ? onFreshCluster(measure, cluster.contender, options, clock) : measure.run(cluster);
        results.get(cluster.contender)!.push(await run);
      }
    }
    rows.push(...rowsOf(measure, results));
  }
  return rows;
}

async function onFreshCluster(
  measure: StoreMeasure,
  contender: Contender,
  options: BenchOptions,
  clock: Clock,
): Promise<readonly Measured[]> {
  const directory = mkdtempSync(join(options.directory, 'keelson-bench-'));
  const cluster = await startCluster(contender, join(directory, contender), clock, options);
  try {
    return await measure.run(cluster);
  } finally {
    await cluster.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Both contenders run for a while before anything counts: ours is compiled as it runs. */
async function warmUp(cluster: Cluster, options: BenchOptions, clock: Clock): Promise<void> {
  options.say(`warming up ${cluster.contender}`);
  await fill(cluster, options);
  for (const workload of WORKLOADS) {
    if (workload.warmsUp) await workload.run(cluster, options, clock);
  }
}

function loads(options: BenchOptions, clock: Clock): StoreMeasure[] {
  const workloads = WORKLOADS.map((workload): StoreMeasure => {
    return {
      name: workload.name,
      unit: '/s',
      run: async (cluster) => {
        await cluster.firstLeads();
        const cpu = cluster.cpuSeconds();
        const { perSecond, p50Ms, p99Ms, errors } = await workload.run(cluster, options, clock);
        const perCall = ((cluster.cpuSeconds() - cpu) * 1e6) / (perSecond * options.seconds * 1.2);
        const failed = errors > 0 ? `, ${errors} errors` : '';
        const note = `p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms, ${perCall.toFixed(0)} µs CPU${failed}`;
        return [{ value: perSecond, note }];
      },
    };
  });
  const go: StoreMeasure = {
    name: 'etcdctl check perf (Go client)',
    unit: '/s',
    once: true,
    run: async (cluster) => {
      const value = await checkPerf(cluster);
      return value === undefined ? [] : [{ value, note: '' }];
    },
  };
  return [...workloads, go];
}

function recoveries(options: BenchOptions, clock: Clock): StoreMeasure[] {
  return [
    {
      name: 'leader killed: next acknowledged write',
      unit: 'ms',
      once: true,
      run: async (cluster) => {
        const { median, worst } = await failOver(cluster, options.failOvers, clock);
        return [{ value: median, note: `worst ${worst.toFixed(0)} ms of ${options.failOvers}` }];
      },
    },
    {
      name: `${options.weighKeys} keys: memory of a member|restart of a member|fill`,
      unit: 'MiB|ms|/s',
      once: true,
      fresh: true,
      run: async (cluster) => {
        const { weighKeys: keys, valueBytes } = options;
        const { residentBytes, restartMs, fillPerSecond } = await weigh(cluster, { keys, valueBytes }, clock);
        return [
          { value: residentBytes / 2 ** 20, note: '' },
          { value: restartMs, note: '' },
          { value: fillPerSecond, note: 'in transactions of 100' },
        ];
      },
    },
  ];
}
