import type { Clock } from '@keelson/service';

export interface LoadResult {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly errors: number;
  /** What the first of them said. */
  readonly firstError?: string | undefined;
}

/** What one driver of a load saw; several make a result. */
export interface Sample {
  readonly count: number;
  readonly seconds: number;
  readonly latencies: readonly number[];
  readonly errors: number;
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
export const WARM_UP_SHARE = 0.2;

/** Drives servers with a closed loop of calls and counts what is answered. */
export async function drive<Caller extends { close(): void }>(
  operation: Operation<Caller>,
  options: LoadOptions<Caller>,
  clock: Clock,
): Promise<LoadResult> {
  return resultOf([await sample(operation, options, clock)]);
}

export async function sample<Caller extends { close(): void }>(
  operation: Operation<Caller>,
  { clients, seconds, open }: LoadOptions<Caller>,
  clock: Clock,
): Promise<Sample> {
  const callers = open(Math.ceil(clients / CLIENTS_PER_CONNECTION));
  const tally = new Tally(seconds, clock);
  const client = async (number: number) => {
    const caller = callers[number % callers.length]!;
    for (let turn = 0; clock.monotonic() < tally.until; turn += 1) {
      const isDone = await tally.count(clock.monotonic(), () => operation(caller, number, turn));
      if (!isDone) await clock.sleep(5);
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, number) => client(number)));
  for (const caller of callers) caller.close();
  return tally.sample();
}

/** Starts calls at a fixed rate, whatever becomes of them; latencies count from when a call was due. */
export async function sampleAtRate<Caller extends { close(): void }>(
  operation: Operation<Caller>,
  options: Omit<LoadOptions<Caller>, 'clients'> & { readonly perSecond: number; readonly connections: number },
  clock: Clock,
): Promise<Sample> {
  const callers = options.open(options.connections);
  const begin = clock.monotonic();
  const tally = new Tally(options.seconds, clock);
  const pending = new Set<Promise<unknown>>();
  const dueAt = (turn: number) => begin + (turn * 1000) / options.perSecond;
  for (let turn = 0; clock.monotonic() < tally.until; ) {
    for (; dueAt(turn) <= clock.monotonic(); turn += 1) {
      const caller = callers[turn % callers.length]!;
      const call = tally.count(dueAt(turn), () => operation(caller, 0, turn)).finally(() => pending.delete(call));
      pending.add(call);
    }
    await clock.sleep(1);
  }
  await Promise.all(pending);
  for (const caller of callers) caller.close();
  return tally.sample();
}

class Tally {
  /** When the load ends. */
  readonly until: number;
  readonly #from: number;
  readonly #seconds: number;
  readonly #clock: Clock;
  readonly #latencies: number[] = [];
  #errors = 0;
  #firstError: string | undefined;

  constructor(seconds: number, clock: Clock) {
    this.#from = clock.monotonic() + WARM_UP_SHARE * seconds * 1000;
    this.until = this.#from + seconds * 1000;
    this.#seconds = seconds;
    this.#clock = clock;
  }

  /** Resolves to whether the call was done. */
  async count(start: number, call: () => Promise<unknown>): Promise<boolean> {
    try {
      await call();
    } catch (error) {
      this.#errors += 1;
      this.#firstError ??= (error as Error).message;
      return false;
    }
    const end = this.#clock.monotonic();
    if (start >= this.#from && start < this.until) this.#latencies.push(end - start);
    return true;
  }

  sample(): Sample {
    const { length: count } = this.#latencies;
    return {
      ...{ count, seconds: this.#seconds, latencies: this.#latencies },
      ...{ errors: this.#errors, firstError: this.#firstError },
    };
  }
}

/** Of samples that were taken at the same time. */
export function resultOf(samples: readonly Sample[]): LoadResult {
  const sum = (of: (sample: Sample) => number) => samples.reduce((total, it) => total + of(it), 0);
  return {
    perSecond: sum((it) => it.count / it.seconds),
    ...percentiles(samples.flatMap((it) => [...it.latencies])),
    errors: sum((it) => it.errors),
    firstError: samples.find((it) => it.firstError !== undefined)?.firstError,
  };
}

export function percentiles(latencies: number[]): { p50Ms: number; p99Ms: number } {
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? NaN;
  return { p50Ms: at(0.5), p99Ms: at(0.99) };
}
