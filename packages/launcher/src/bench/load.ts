import type { Clock } from '@keelson/service';

export interface LoadResult {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly errors: number;
  /** What the first of them said. */
  readonly firstError?: string | undefined;
}

export interface LoadOptions<Caller> {
  /** Clients that each have one call under way at any time. */
  readonly clients: number;
  readonly seconds: number;
  /** New connections; they are closed in the end. */
  open(count: number): readonly Caller[];
}

/** One call of client number `client`, its `turn`-th. */
export type Operation<Caller> = (caller: Caller, client: number, turn: number) => Promise<unknown>;

/** Clients share connections, as those of one process would. */
const CLIENTS_PER_CONNECTION = 20;
/** Before figures are taken: code warms up, connections fill. */
const WARM_UP_SHARE = 0.2;

/** Drives servers with a closed loop of calls and counts what is answered. */
export async function drive<Caller extends { close(): void }>(
  operation: Operation<Caller>,
  options: LoadOptions<Caller>,
  clock: Clock,
): Promise<LoadResult> {
  const { clients, seconds } = options;
  const callers = options.open(Math.ceil(clients / CLIENTS_PER_CONNECTION));
  const begin = clock.monotonic();
  const from = begin + WARM_UP_SHARE * seconds * 1000;
  const until = from + seconds * 1000;
  const latencies: number[] = [];
  let errors = 0;
  let firstError: string | undefined;
  const client = async (number: number) => {
    const caller = callers[number % callers.length]!;
    for (let turn = 0; clock.monotonic() < until; turn += 1) {
      const start = clock.monotonic();
      try {
        await operation(caller, number, turn);
        const end = clock.monotonic();
        if (start >= from && end <= until) latencies.push(end - start);
      } catch (error) {
        errors += 1;
        firstError ??= (error as Error).message;
        await clock.sleep(5);
      }
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, number) => client(number)));
  for (const caller of callers) caller.close();
  return { perSecond: latencies.length / seconds, ...percentiles(latencies), errors, firstError };
}

/** Starts calls at a fixed rate, whatever becomes of them; latencies count from when a call was due. */
export async function driveAtRate<Caller extends { close(): void }>(
  operation: Operation<Caller>,
  options: Omit<LoadOptions<Caller>, 'clients'> & { readonly perSecond: number; readonly connections: number },
  clock: Clock,
): Promise<LoadResult> {
  const callers = options.open(options.connections);
  const begin = clock.monotonic();
  const from = begin + WARM_UP_SHARE * options.seconds * 1000;
  const until = from + options.seconds * 1000;
  const latencies: number[] = [];
  const pending = new Set<Promise<void>>();
  let errors = 0;
  let firstError: string | undefined;
  const call = async (turn: number, due: number) => {
    try {
      await operation(callers[turn % callers.length]!, 0, turn);
      if (due >= from) latencies.push(clock.monotonic() - due);
    } catch (error) {
      errors += 1;
      firstError ??= (error as Error).message;
    }
  };
  for (let turn = 0; ; ) {
    const now = clock.monotonic();
    if (now >= until) break;
    for (; begin + (turn * 1000) / options.perSecond <= now; turn += 1) {
      const running = call(turn, begin + (turn * 1000) / options.perSecond).finally(() => pending.delete(running));
      pending.add(running);
    }
    await clock.sleep(1);
  }
  await Promise.all(pending);
  for (const caller of callers) caller.close();
  return { perSecond: latencies.length / options.seconds, ...percentiles(latencies), errors, firstError };
}

export function percentiles(latencies: number[]): { p50Ms: number; p99Ms: number } {
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? NaN;
  return { p50Ms: at(0.5), p99Ms: at(0.99) };
}
