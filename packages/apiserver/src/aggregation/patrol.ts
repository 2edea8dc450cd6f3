import type { Clock, Timer } from '@keelson/service';

export interface PatrolOptions {
  readonly atOnce: number;
  /** How long after a visit comes the next one. */
  readonly againMs: number;
  /** The same where there is a reason to come soon; twice as long each time, up to `againMs`. */
  readonly retryMs: number;
}

export type NextVisit = 'later' | 'soon' | 'never';

/** Visits each of some names when it is told to and then every so often, never one twice at the same time. */
export class Patrol {
  readonly #options: PatrolOptions;
  readonly #visit: (name: string) => Promise<NextVisit>;
  readonly #clock: Clock;
  readonly #waiting = new Set<string>();
  readonly #visited = new Set<string>();
  readonly #timers = new Map<string, Timer>();
  readonly #retries = new Map<string, number>();
  #signal: AbortSignal | undefined;

  /** A visit that rejects is made again soon. */
  constructor(options: PatrolOptions, visit: (name: string) => Promise<NextVisit>, dependencies: { clock: Clock }) {
    this.#options = options;
    this.#visit = visit;
    this.#clock = dependencies.clock;
  }

  run(signal: AbortSignal): void {
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#stop(), { once: true });
    this.#next();
  }

  visit(name: string): void {
    this.#waiting.add(name);
    this.#next();
  }

  #next(): void {
    if (this.#signal === undefined || this.#signal.aborted) return;
    for (const name of this.#waiting) {
      if (this.#visited.size >= this.#options.atOnce) return;
      if (this.#visited.has(name)) continue;
      this.#waiting.delete(name);
      this.#visited.add(name);
      void this.#go(name);
    }
  }

  async #go(name: string): Promise<void> {
    this.#timers.get(name)?.cancel();
    this.#timers.delete(name);
    const next = await this.#visit(name).catch((): NextVisit => 'soon');
    this.#visited.delete(name);
    if (next !== 'soon') this.#retries.delete(name);
    if (next !== 'never' && this.#signal?.aborted === false)
      this.#timers.set(
        name,
        this.#clock.after(this.#pauseMs(name, next), () => this.visit(name)),
      );
    this.#next();
  }

  #pauseMs(name: string, next: NextVisit): number {
    const { againMs, retryMs } = this.#options;
    if (next === 'later') return againMs;
    const retries = this.#retries.get(name) ?? 0;
    this.#retries.set(name, retries + 1);
    return Math.min(againMs, retryMs * 2 ** retries);
  }

  #stop(): void {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
    this.#waiting.clear();
  }
}
