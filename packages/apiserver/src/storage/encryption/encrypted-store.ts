import type { etcd, Init } from '@keelson/protocol';
import type { Store, StoreWatch, StoreWatchResponse } from '../store.js';
import type { Encryption } from './encryption.js';
import type { Transformer } from './transformer.js';

/** A key's value, opened. */
interface OpenedKeyValue extends etcd.KeyValue {
  /** It was stored with a key that is not the newest one. */
  readonly stale?: boolean;
}

/**
 * A store whose values are encrypted on their way there and back. Whoever uses it sees values as they are; what cannot be
 * opened fails the read that meets it.
 */
export class EncryptedStore implements Store {
  readonly #store: Store;
  readonly #encryption: () => Encryption;

  constructor(store: Store, encryption: () => Encryption) {
    this.#store = store;
    this.#encryption = encryption;
  }

  readonly kv: Store['kv'] = {
    range: async (request) => this.#opened(await this.#store.kv.range(request)),
    txn: async (request) => {
      const [success, failure] = await Promise.all([this.#sealed(request.success), this.#sealed(request.failure)]);
      const response = await this.#store.kv.txn({ ...request, success, failure });
      const responses = await Promise.all(
        response.responses.map(async (it) =>
          it.responseRange === undefined ? it : { ...it, responseRange: await this.#opened(it.responseRange) },
        ),
      );
      return { ...response, responses };
    },
    compact: (request) => this.#store.kv.compact(request),
  };

  get lease(): Store['lease'] {
    return this.#store.lease;
  }

  watch(request: Init<etcd.WatchCreateRequest>): StoreWatch {
    const watch = this.#store.watch(request);
    const open = (response: StoreWatchResponse) => this.#openedEvents(response);
    return {
      cancel: () => watch.cancel(),
      requestProgress: () => watch.requestProgress(),
      async *[Symbol.asyncIterator]() {
        for await (const response of watch) yield response.events.length === 0 ? response : await open(response);
      },
    };
  }

  close(): void | Promise<void> {
    return this.#store.close();
  }

  #transformerOf(key: Uint8Array): Transformer | undefined {
    return this.#encryption().transformerOf(Buffer.from(key).toString());
  }

  async #sealed(operations: readonly Init<etcd.RequestOp>[] | undefined = []): Promise<Init<etcd.RequestOp>[]> {
    const sealed = operations.map(async (operation) => {
      const put = operation.requestPut;
      const transformer = put?.key === undefined ? undefined : this.#transformerOf(put.key);
      if (put?.key === undefined || transformer === undefined) return operation;
      const value = await transformer.encrypt(Buffer.from(put.value ?? []), Buffer.from(put.key));
      return { requestPut: { ...put, value } };
    });
    return Promise.all(sealed);
  }

  async #opened(response: etcd.RangeResponse): Promise<etcd.RangeResponse> {
    const kvs: etcd.KeyValue[] = [];
    for (const kv of response.kvs) kvs.push(await this.#open(kv));
    return { ...response, kvs };
  }

  async #openedEvents({ revision, events }: StoreWatchResponse): Promise<StoreWatchResponse> {
    const opened: etcd.Event[] = [];
    for (const event of events)
      opened.push(
        event.kv === undefined || event.type === DELETE ? event : { ...event, kv: await this.#open(event.kv) },
      );
    return { revision, events: opened };
  }

  async #open(kv: etcd.KeyValue): Promise<OpenedKeyValue> {
    const transformer = kv.value.length === 0 ? undefined : this.#transformerOf(kv.key);
    if (transformer === undefined) return kv;
    const { value, stale } = await transformer.decrypt(kv.value, kv.key);
    return { ...kv, value, stale };
  }
}

const DELETE = 1;
