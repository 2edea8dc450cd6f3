import type { StoreClient } from '@keelson/store-client';
import { until } from './processes.js';

const key = (text: string) => Buffer.from(text);

/** Puts numbered keys one after another; `acknowledged` are those that the store said it has. */
export class Writer {
  readonly acknowledged: string[] = [];
  readonly #client: StoreClient;
  readonly #prefix: string;
  #stopped = false;
  #running: Promise<void>;

  constructor(client: StoreClient, prefix: string) {
    this.#client = client;
    this.#prefix = prefix;
    this.#running = this.#run();
  }

  async #run(): Promise<void> {
    for (let n = 0; !this.#stopped; n += 1) {
      const name = `${this.#prefix}${String(n).padStart(8, '0')}`;
      try {
        await this.#client.kv.put({ key: key(name), value: key(String(n)) }, { timeoutMs: 3_000 });
        this.acknowledged.push(name);
      } catch {
        // Its fate is unknown: it may be there or not.
      }
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async progress(count: number): Promise<void> {
    const target = this.acknowledged.length + count;
    await until(async () => this.acknowledged.length >= target, `${target} writes`);
  }
}
