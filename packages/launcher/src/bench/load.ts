import type { Clock } from '@keelson/service';
import type { Cluster } from './members.js';
import type { RawCaller } from './raw-caller.js';

export interface LoadResult {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly errors: number;
}

export interface LoadOptions {
  /** Clients that each have one call under way at any time. */
  readonly clients: number;
  readonly seconds: number;
  readonly cluster: Cluster;
}

/** One call of client number `client`, its `turn`-th. */
export type Operation = (caller: RawCaller, client: number, turn: number) => Promise<unknown>;

/** Clients share connections, as those of one process would. */
const CLIENTS_PER_CONNECTION = 20;
/** Before figures are taken: code warms up, connections fill. */
const WARM_UP_SHARE = 0.2;

/** Drives servers with a closed loop of calls and counts what is answered. */
export async function drive(operation: Operation, options: LoadOptions, clock: Clock): Promise<LoadResult> {
  const { clients, seconds, cluster } = options;
  const callers = openCallers(Math.ceil(clients / CLIENTS_PER_CONNECTION), cluster);
  const begin = clock.monotonic();
  const from = begin + WARM_UP_SHARE * seconds * 1000;
  const until = from + seconds * 1000;
  const latencies: number[] = [];
  let errors = 0;
  const client = async (number: number) => {
    const caller = callers[number % callers.length]!;
    for (let turn = 0; clock.monotonic() < until; turn += 1) {
      const start = clock.monotonic();
      try {
        await operation(caller, number, turn);
        const end = clock.monotonic();
        if (start >= from && end <= until) latencies.push(end - start);
      } catch {
        errors += 1;
        await clock.sleep(5);
      }
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, number) => client(number)));
  for (const caller of callers) caller.close();
  return { perSecond: latencies.length / seconds, ...percentiles(latencies), errors };
}

export function openCallers(count: number, { addresses, caller }: Cluster): RawCaller[] {
  return Array.from({ length: count }, (_, at) => caller(addresses[at % addresses.length]!));
}

export function percentiles(latencies: number[]): { p50Ms: number; p99Ms: number } {
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? NaN;
  return { p50Ms: at(0.5), p99Ms: at(0.99) };
}
