import type { Clock, Random } from '@keelson/service';
import { StoreCluster } from './cluster.js';
import { type StoreFault, storeFaults } from './faults.js';
import { KvClient } from './kv-client.js';
import { LeaseClient } from './lease-client.js';
import { Record } from './record.js';
import { type Finding, judge } from './verdict.js';
import { Watcher } from './watcher.js';

export interface StoreChaosOptions {
  readonly directory: string;
  readonly durationMs: number;
  readonly clients: number;
  readonly say: (line: string) => void;
  /** Ends the members before anything else does. */
  readonly interrupted: AbortSignal;
}

export interface StruckFault {
  readonly name: string;
  /** Milliseconds of the run. */
  readonly from: number;
  readonly to: number;
  /** The longest time without an acknowledged write around it. */
  readonly writeGapMs: number;
}

/** A second of the run, for the timeline. */
export interface TimelineSecond {
  readonly acknowledged: number;
  readonly failed: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface StoreChaosReport {
  readonly scenario: 'store';
  readonly durationMs: number;
  readonly clients: number;
  readonly faults: readonly StruckFault[];
  /** Kinds of faults that this machine does not permit. */
  readonly skipped: readonly string[];
  readonly findings: readonly Finding[];
  readonly seconds: readonly TimelineSecond[];
  readonly acknowledged: number;
  readonly failed: number;
}

const WATCHERS = 3;
const LEASE_CLIENTS = 3;
/** Between faults: long enough that the cluster is whole again before the next. */
const CALM_MS = 2_500;

/** Three real members under every fault in turn, with clients that write down what they see. */
export async function runStoreChaos(
  options: StoreChaosOptions,
  dependencies: { readonly clock: Clock; readonly random: Random },
): Promise<StoreChaosReport> {
  const { clock } = dependencies;
  const cluster = new StoreCluster(options.directory, clock);
  const work = cluster.open().then(() => strikeAndJudge(cluster, options, dependencies));
  try {
    return await Promise.race([work, aborted(options.interrupted)]);
  } finally {
    await cluster.close();
  }
}

async function strikeAndJudge(
  cluster: StoreCluster,
  { durationMs, clients, say }: StoreChaosOptions,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
): Promise<StoreChaosReport> {
  const record = new Record(clock);
  const shared = { cluster, record, clock, random };
  const kv = Array.from({ length: clients }, (_, at) => new KvClient(`c${at + 1}`, { pauseMs: 25 }, shared));
  const leases = Array.from({ length: LEASE_CLIENTS }, (_, at) => new LeaseClient(`x${at + 1}`, shared));
  const watchers = Array.from({ length: WATCHERS }, (_, at) => {
    const ends = (key: string, value: string | undefined) => value === undefined && endedEarly(key, leases, record);
    const keep = ({ key, value }: { key: string; value: string | undefined }) => {
      if (ends(key, value)) early.add(key);
    };
    return new Watcher(`watch ${at + 1}`, { member: at, keep }, { cluster, clock });
  });
  const early = new Set<string>();
  say(`Three members, ${clients} clients that read and write, ${WATCHERS} that watch, ${LEASE_CLIENTS} with leases.`);
  const running = [...kv, ...leases].map((client) => client.run());
  const watching = watchers.map((watcher) => watcher.run());
  const faults = await strikeAll(storeFaults(cluster, clock, random), durationMs, { record, clock, random, say });
  for (const member of cluster.members) cluster.start(member);
  await cluster.serving();
  for (const client of [...kv, ...leases]) client.stopped = true;
  await Promise.all(running);
  say('Checking what the clients saw.');
  const findings = await judge({ record, watchers, leases }, cluster, clock);
  findings.push(leasesKept(leases, early));
  for (const watcher of watchers) watcher.stopped = true;
  await Promise.all(watching);
  return {
    scenario: 'store',
    durationMs: Math.round(record.now),
    clients,
    faults,
    skipped: cluster.smallDisk ? [] : ['a full disk (mounting a small one is not permitted here)'],
    findings,
    seconds: record.seconds.map(({ acknowledged, failed, latenciesMs }) => {
      return { acknowledged, failed, p50Ms: quantile(latenciesMs, 0.5), p99Ms: quantile(latenciesMs, 0.99) };
    }),
    acknowledged: record.seconds.reduce((sum, second) => sum + second.acknowledged, 0),
    failed: record.seconds.reduce((sum, second) => sum + second.failed, 0),
  };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/** Every kind once, in random order, then again, until the time is over. */
async function strikeAll(
  faults: readonly StoreFault[],
  durationMs: number,
  { record, clock, random, say }: { record: Record; clock: Clock; random: Random; say: (line: string) => void },
): Promise<StruckFault[]> {
  const struck: StruckFault[] = [];
  let waiting: StoreFault[] = [];
  await clock.sleep(CALM_MS);
  while (record.now < durationMs - CALM_MS) {
    if (waiting.length === 0) waiting = [...faults];
    const [fault] = waiting.splice(random.integer(waiting.length), 1);
    const from = record.now;
    await fault!.strike();
    const to = record.now;
    await clock.sleep(CALM_MS);
    const writeGapMs = Math.round(record.longestGap(from, to));
    struck.push({ name: fault!.name, from: Math.round(from), to: Math.round(to), writeGapMs });
    say(`${(from / 1000).toFixed(1).padStart(6)} s  ${fault!.name}: writes waited at most ${writeGapMs} ms`);
  }
  return struck;
}

/** A key under a lease went while the store had promised it for longer. */
function endedEarly(key: string, leases: readonly LeaseClient[], record: Record): boolean {
  return leases.some(({ promisedUntil }) => record.now < (promisedUntil.get(key) ?? 0));
}

function leasesKept(leases: readonly LeaseClient[], early: ReadonlySet<string>): Finding {
  const count = leases.reduce((sum, { promisedUntil }) => sum + promisedUntil.size, 0);
  return {
    claim: 'no lease ends before its time',
    holds: early.size === 0,
    detail: early.size === 0 ? `${count} leases` : `${[...early].slice(0, 5).join(', ')} went early`,
  };
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 10) / 10;
}
