import { etcd, type Init } from '@keelson/protocol';
import type { Store, StoreWatch, StoreWatchResponse } from '../src/storage/store.js';

type Kv = Awaited<ReturnType<Store['kv']['range']>>['kvs'][number];
type Event = StoreWatchResponse['events'][number];

/** A key-value store in memory with as much of etcd's semantics as the API server asks for. */
export class MemoryStore implements Store {
  #revision = 1;
  #compacted = 0;
  readonly #current = new Map<string, Kv>();
  readonly #log: { revision: number; events: Event[] }[] = [];
  readonly #watches = new Set<MemoryWatch>();
  /** Runs before the next transaction is looked at: another writer that comes first. */
  beforeTxn: ((key: string) => void) | undefined;

  readonly kv: Store['kv'] = {
    range: async (request) => {
      const key = String(request.key);
      const end = request.rangeEnd === undefined ? undefined : String(request.rangeEnd);
      if (request.revision && request.revision < this.#compacted)
        throw Object.assign(new Error('etcdserver: mvcc: required revision has been compacted'), { code: 11 });
      const all = [...this.#at(Number(request.revision ?? 0)).values()]
        .filter((kv) => (end === undefined ? String(kv.key) === key : String(kv.key) >= key && String(kv.key) < end))
        .sort((a, b) => (String(a.key) < String(b.key) ? -1 : 1));
      const limit = Number(request.limit ?? 0);
      const kvs = request.countOnly ? [] : limit > 0 ? all.slice(0, limit) : all;
      return { header: this.#header(), kvs, more: limit > 0 && all.length > limit, count: all.length };
    },
    txn: async (request) => {
      const first = this.beforeTxn;
      this.beforeTxn = undefined;
      first?.(String(request.success?.[0]?.requestPut?.key ?? ''));
      const succeeded = (request.compare ?? []).every(({ key, target, modRevision, version }) => {
        const found = this.#current.get(String(key));
        if (target === etcd.CompareTarget.VERSION) return (found?.version ?? 0) === Number(version ?? 0);
        return (found?.modRevision ?? 0) === Number(modRevision ?? 0);
      });
      const responses = (succeeded ? request.success : request.failure)?.map((operation) => this.#perform(operation));
      return { header: this.#header(), succeeded, responses: responses ?? [] } as never;
    },
    compact: async ({ revision }) => {
      this.#compacted = Number(revision ?? 0);
      return { header: this.#header() };
    },
  };

  readonly lease: Store['lease'] = {
    grant: async ({ TTL }) => ({ header: this.#header(), ID: 1n, TTL: Number(TTL ?? 0), error: '' }) as never,
  };

  get compacted(): number {
    return this.#compacted;
  }

  get revision(): number {
    return this.#revision;
  }

  watch(request: Parameters<Store['watch']>[0]): StoreWatch {
    const watch = new MemoryWatch(
      () => this.#revision,
      () => this.#watches.delete(watch),
    );
    for (const { revision, events } of this.#log) {
      if (revision >= Number(request.startRevision ?? 0)) watch.push({ revision, events });
    }
    this.#watches.add(watch);
    return watch;
  }

  /** Ends every watch as a broken connection or a compaction would. */
  breakWatches(error: Error): void {
    for (const watch of this.#watches) watch.fail(error);
  }

  put(key: string, value: object): number {
    this.#perform({ requestPut: { key: Buffer.from(key), value: Buffer.from(JSON.stringify(value)) } });
    return this.#revision;
  }

  keys(): string[] {
    return [...this.#current.keys()].sort();
  }

  close(): void {}

  #header() {
    return { clusterId: 1n, memberId: 1n, revision: this.#revision, raftTerm: 1n } as never;
  }

  #at(revision: number): Map<string, Kv> {
    if (revision === 0 || revision >= this.#revision) return this.#current;
    const state = new Map<string, Kv>();
    for (const entry of this.#log) {
      if (entry.revision > revision) break;
      for (const { type, kv } of entry.events) {
        if (type === 1) state.delete(String(kv!.key));
        else state.set(String(kv!.key), kv!);
      }
    }
    return state;
  }

  #perform(operation: Init<etcd.RequestOp>): unknown {
    const { requestPut, requestDeleteRange, requestRange } = operation as {
      requestPut?: { key: Buffer; value: Buffer };
      requestDeleteRange?: { key: Buffer };
      requestRange?: { key: Buffer };
    };
    if (requestRange) {
      const found = this.#current.get(String(requestRange.key));
      return { responseRange: { kvs: found === undefined ? [] : [found] } };
    }
    const key = requestPut?.key ?? requestDeleteRange!.key;
    const before = this.#current.get(String(key));
    if (requestDeleteRange && before === undefined) return {};
    const revision = ++this.#revision;
    const kv = {
      key: Buffer.from(key),
      value: requestPut?.value ?? Buffer.alloc(0),
      modRevision: revision,
      createRevision: before?.createRevision ?? revision,
      version: (before?.version ?? 0) + 1,
      lease: 0n,
    } as never as Kv;
    if (requestPut) this.#current.set(String(key), kv);
    else this.#current.delete(String(key));
    const events = [{ type: requestPut ? 0 : 1, kv, prevKv: undefined }] as never as Event[];
    this.#log.push({ revision, events });
    for (const watch of this.#watches) watch.push({ revision, events });
    return {};
  }
}

class MemoryWatch implements StoreWatch {
  readonly #revision: () => number;
  readonly #done: () => void;
  #queue: StoreWatchResponse[] = [];
  #error: Error | undefined;
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(revision: () => number, done: () => void) {
    this.#revision = revision;
    this.#done = done;
  }

  push(response: StoreWatchResponse): void {
    this.#queue.push(response);
    this.#wake?.();
  }

  requestProgress(): void {
    this.push({ revision: this.#revision(), events: [] });
  }

  fail(error: Error): void {
    this.#error = error;
    this.cancel();
  }

  cancel(): void {
    this.#ended = true;
    this.#done();
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncIterator<StoreWatchResponse> {
    for (;;) {
      const next = this.#queue.shift();
      if (next !== undefined) yield next;
      else if (this.#error !== undefined) throw this.#error;
      else if (this.#ended) return;
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }
}
