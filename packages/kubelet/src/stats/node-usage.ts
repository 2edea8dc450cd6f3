import { readFileSync } from 'node:fs';
import { cpus, totalmem, uptime } from 'node:os';
import type { Clock } from '@keelson/service';
import type { MemoryUsage, NodeUsage, PodUsage } from './usage.js';

/** What the whole node uses, given what its pods do. */
export interface NodeMeter {
  read(pods: readonly PodUsage[]): NodeUsage;
}

/** Readings closer than this say nothing about a rate. */
const RATE_OVER_MS = 500;

class CpuRate {
  #last: { at: number; coreNanoSeconds: number } | undefined;
  #nanoCores: number | undefined;

  /** The rate between this reading and the one before; undefined at the first. */
  of(at: number, coreNanoSeconds: number): number | undefined {
    const last = this.#last;
    if (last !== undefined && at - last.at < RATE_OVER_MS) return this.#nanoCores;
    if (last !== undefined)
      this.#nanoCores = Math.max(0, Math.round(((coreNanoSeconds - last.coreNanoSeconds) * 1000) / (at - last.at)));
    this.#last = { at, coreNanoSeconds };
    return this.#nanoCores;
  }
}

/** The machine's own figures: everything that runs on it, whether a pod's or not. */
export class MachineMeter implements NodeMeter {
  readonly #clock: Clock;
  readonly #rate = new CpuRate();
  readonly #startedAt: number;
  #coreNanoSeconds = 0;

  constructor(dependencies: { clock: Clock }) {
    this.#clock = dependencies.clock;
    this.#startedAt = this.#clock.now() - uptime() * 1000;
  }

  read(): NodeUsage {
    const at = this.#clock.now();
    const busyMs = cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
    // A processor that is taken away takes its time with it.
    this.#coreNanoSeconds = Math.max(this.#coreNanoSeconds, Math.round(busyMs * 1e6));
    const coreNanoSeconds = this.#coreNanoSeconds;
    const nanoCores = this.#rate.of(this.#clock.monotonic(), coreNanoSeconds);
    return {
      startedAt: this.#startedAt,
      cpu: { at, coreNanoSeconds, nanoCores },
      memory: machineMemory(at, text('/proc/meminfo'), text('/proc/vmstat')),
    };
  }
}

/** As upstream counts a node: file pages that nobody used lately are no part of the working set. */
export function machineMemory(at: number, meminfo: string, vmstat: string): MemoryUsage {
  const amounts = new Map(
    [...meminfo.matchAll(/^(\S+):\s+(\d+) kB$/gm)].map(([, key, kb]) => [key, Number(kb) * 1024]),
  );
  const counts = new Map(
    [...vmstat.matchAll(/^(pgfault|pgmajfault) (\d+)$/gm)].map(([, key, it]) => [key, Number(it)]),
  );
  const total = amounts.get('MemTotal') ?? totalmem();
  const usageBytes = total - (amounts.get('MemFree') ?? 0);
  const workingSetBytes = Math.max(0, usageBytes - (amounts.get('Inactive(file)') ?? 0));
  return {
    at,
    workingSetBytes,
    usageBytes,
    availableBytes: total - workingSetBytes,
    rssBytes: amounts.get('AnonPages'),
    pageFaults: counts.get('pgfault'),
    majorPageFaults: counts.get('pgmajfault'),
  };
}

/** A node that runs nothing uses what its pods say that they use. */
export class SimulatedMeter implements NodeMeter {
  readonly #clock: Clock;
  readonly #rate = new CpuRate();
  readonly #memoryBytes: number;
  readonly #startedAt: number;
  #last = new Map<string, number>();
  /** Of pods that are gone. */
  #ended = 0;

  constructor(options: { memoryBytes: number }, dependencies: { clock: Clock }) {
    this.#memoryBytes = options.memoryBytes;
    this.#clock = dependencies.clock;
    this.#startedAt = this.#clock.now();
  }

  read(pods: readonly PodUsage[]): NodeUsage {
    const at = this.#clock.now();
    const now = new Map(pods.map(({ uid, cpu }) => [uid, cpu?.coreNanoSeconds ?? 0]));
    for (const [uid, used] of this.#last) {
      // One that uses less than before was made anew.
      if (used > (now.get(uid) ?? 0)) this.#ended += used;
    }
    this.#last = now;
    const coreNanoSeconds = this.#ended + [...now.values()].reduce((sum, it) => sum + it, 0);
    const workingSetBytes = pods.reduce((sum, { memory }) => sum + (memory?.workingSetBytes ?? 0), 0);
    return {
      startedAt: this.#startedAt,
      cpu: { at, coreNanoSeconds, nanoCores: this.#rate.of(this.#clock.monotonic(), coreNanoSeconds) },
      memory: {
        at,
        workingSetBytes,
        usageBytes: workingSetBytes,
        availableBytes: Math.max(0, this.#memoryBytes - workingSetBytes),
        rssBytes: workingSetBytes,
      },
    };
  }
}

function text(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
