import { etcd } from '@keelson/protocol';
import { type Clock, type Logger, sleepOn } from '@keelson/service';
import type { Store } from './store.js';

/** The key by which all API servers of a store agree on who compacts next, upstream's among them. */
const AGREED = Buffer.from('compact_rev_key');

/**
 * Forgets what is older than one to two intervals. Nobody else does: without it the store keeps every state that any
 * object ever had. The key's version is the servers' common clock: whoever finds it as they left it moves it on and
 * compacts at the revision of an interval ago; the others take over version and revision.
 */
export class Compactor {
  readonly #intervalMs: number;
  readonly #onCompacted: (revision: number) => void;
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #version = 0;
  #revision = 0;

  constructor(
    options: { intervalMs: number; onCompacted?: (revision: number) => void },
    dependencies: { store: Store; clock: Clock; logger: Logger },
  ) {
    this.#intervalMs = options.intervalMs;
    this.#onCompacted = options.onCompacted ?? (() => {});
    this.#store = dependencies.store;
    this.#clock = dependencies.clock;
    this.#logger = dependencies.logger;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await sleepOn(this.#clock, this.#intervalMs, signal);
        await this.round();
      } catch (error) {
        if (!signal.aborted) this.#logger.warn({ err: error }, 'could not compact the store, trying again later');
      }
    }
  }

  async round(): Promise<void> {
    const { kv } = this.#store;
    const [version, target] = [this.#version, this.#revision];
    const { header, succeeded, responses } = await kv.txn({
      compare: [{ key: AGREED, target: etcd.CompareTarget.VERSION, result: etcd.CompareResult.EQUAL, version }],
      success: [{ requestPut: { key: AGREED, value: Buffer.from(String(target)) } }],
      failure: [{ requestRange: { key: AGREED } }],
    });
    this.#revision = header?.revision ?? 0;
    if (!succeeded) {
      const agreed = responses[0]?.responseRange?.kvs[0];
      this.#version = agreed?.version ?? 0;
      this.#onCompacted(Number(agreed?.value.toString() ?? 0) || 0);
      return;
    }
    this.#version = version + 1;
    // The first time there is no revision of an interval ago.
    if (target === 0) return;
    await kv.compact({ revision: target });
    this.#onCompacted(target);
    this.#logger.debug({ revision: target }, 'compacted the store');
  }
}
