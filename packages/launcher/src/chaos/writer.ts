import { isApiError } from '@keelson/api';
import { type ApiClient, resources } from '@keelson/client';
import type { Clock } from '@keelson/service';

const PAUSE_MS = 20;

/** Writes one ConfigMap after the other, remembers which the cluster acknowledged, and afterwards looks for them. */
export class Writer {
  readonly #client: ApiClient;
  readonly #clock: Clock;
  readonly #namespace: string;
  readonly #acknowledged: { name: string; value: string; at: number }[] = [];
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;
  #failed = 0;

  constructor(namespace: string, dependencies: { client: ApiClient; clock: Clock }) {
    this.#namespace = namespace;
    this.#client = dependencies.client;
    this.#clock = dependencies.clock;
  }

  start(): void {
    this.#running = this.#run();
  }

  get acknowledged(): number {
    return this.#acknowledged.length;
  }

  get failed(): number {
    return this.#failed;
  }

  /** The longest time between two acknowledged writes from then on, in ms. */
  longestGap(fromMs: number): number {
    const times = this.#acknowledged.map((it) => it.at).filter((at) => at >= fromMs);
    return Math.max(0, ...[fromMs, ...times].slice(0, times.length).map((at, index) => times[index]! - at));
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** Acknowledged writes that the cluster does not have, or not as they were written. */
  async lost(): Promise<string[]> {
    const { items } = await this.#client.list(resources.configMaps, { namespace: this.#namespace });
    const found = new Map(items.map((it) => [it.metadata.name, it.data?.['value']]));
    return this.#acknowledged.filter(({ name, value }) => found.get(name) !== value).map((it) => it.name);
  }

  async #run(): Promise<void> {
    for (let number = 0; !this.#stop.signal.aborted; number++) {
      const name = `write-${String(number).padStart(6, '0')}`;
      const value = `${number}@${this.#clock.now()}`;
      try {
        await this.#client.create(resources.configMaps, {
          metadata: { namespace: this.#namespace, name },
          data: { value },
        });
        this.#acknowledged.push({ name, value, at: this.#clock.monotonic() });
      } catch (error) {
        // A write that failed may still have happened; only what was acknowledged is owed.
        if (!isApiError(error)) throw error;
        this.#failed += 1;
      }
      await this.#clock.sleep(PAUSE_MS, this.#stop.signal).catch(() => {});
    }
  }
}
