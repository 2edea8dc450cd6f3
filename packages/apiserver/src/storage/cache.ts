import { type Clock, type Logger, sleepOn, type Timer } from '@keelson/service';
import { Breather } from '../breather.js';
import { CacheMemory } from './cache-memory.js';
import { type Collection, collectionPrefix, prefixEnd, ROOT } from './keys.js';
import { ResourceCache } from './resource-cache.js';
import type { Store, StoreWatch } from './store.js';
import { StoredObject, type StoredValue } from './stored-object.js';

export interface CacheOptions {
  /** Events kept of each collection for watches that start in the past. */
  historyMax?: number;
  /** Keys read at once when filling. */
  pageSize?: number;
}

/** How often the store is asked how far it is, while someone waits to know that the cache is as far. */
const PROGRESS_INTERVAL_MS = 100;
/** Upstream waits as long before it answers a consistent read with an error. */
const FRESHNESS_TIMEOUT_MS = 3_000;

interface Waiter {
  revision: number;
  resolve(): void;
}

/**
 * All of the store's objects in memory, fed by one watch. Because it is one watch, one revision says how fresh every
 * collection is, and a read is consistent once that revision has reached the store's.
 */
export class Cache {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #options: Required<CacheOptions>;
  readonly #collections = new Map<string, ResourceCache>();
  readonly #memory = new CacheMemory();
  readonly #resetListeners = new Set<() => void>();
  #waiters: Waiter[] = [];
  #revision = 0;
  /** What it was filled with was so at this revision. */
  #filled = 0;
  #compacted = 0;
  #ready = false;
  #watch: StoreWatch | undefined;
  #progressTimer: Timer | undefined;
  #pendingRevision: Promise<number> | undefined;

  constructor(options: CacheOptions, dependencies: { store: Store; clock: Clock; logger: Logger }) {
    this.#options = { historyMax: 10_000, pageSize: 1_000, ...options };
    this.#store = dependencies.store;
    this.#clock = dependencies.clock;
    this.#logger = dependencies.logger;
  }

  /**
   * A collection's objects. Those of the core group and of groups without a dot must be declared before `run`; what
   * else the store has is kept too, for a collection that is declared later is to be whole.
   */
  collection(collection: Collection): ResourceCache {
    return this.#collectionAt(collectionPrefix(collection));
  }

  #collectionAt(prefix: string): ResourceCache {
    let cache = this.#collections.get(prefix);
    if (cache === undefined) {
      cache = new ResourceCache(this.#options, this.#memory);
      // Nothing of it has been seen since then, so nothing was there.
      cache.reset([], this.#filled);
      this.#collections.set(prefix, cache);
    }
    return cache;
  }

  /** Every change up to this revision of the store is in the cache. */
  /** Nothing is said of what the store has forgotten, even if it is known here. */
  get compacted(): number {
    return this.#compacted;
  }

  /** Told of a compaction of the store. */
  forget(revision: number): void {
    this.#compacted = Math.max(this.#compacted, revision);
  }

  get revision(): number {
    return this.#revision;
  }

  get ready(): boolean {
    return this.#ready;
  }

  /** Fills the cache and keeps it current until the signal aborts; retries for ever. */
  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.#watch?.cancel(), { once: true });
    while (!signal.aborted) {
      try {
        await this.#fill();
        await this.#follow(signal);
      } catch (error) {
        if (signal.aborted) return;
        this.#logger.warn({ err: error }, 'the store’s watch ended, filling the cache again');
      }
      this.#ready = false;
      await sleepOn(this.#clock, 500, signal).catch(() => {});
    }
  }

  /** Called when the cache was filled anew: watches that follow it have missed events and must end. */
  onReset(listener: () => void): () => void {
    this.#resetListeners.add(listener);
    return () => void this.#resetListeners.delete(listener);
  }

  /** Resolves when the cache is at least as new as the store was when this was called. */
  async fresh(): Promise<number> {
    const revision = await this.#storeRevision();
    await this.reached(revision);
    return revision;
  }

  /** Resolves when the cache has reached `revision`; rejects if that takes too long. */
  async reached(revision: number): Promise<void> {
    if (this.#ready && this.#revision >= revision) return;
    await new Promise<void>((resolve, reject) => {
      const timer = this.#clock.after(FRESHNESS_TIMEOUT_MS, () => {
        this.#waiters = this.#waiters.filter((other) => other !== waiter);
        reject(new StaleCacheError(revision, this.#revision));
      });
      const waiter: Waiter = {
        revision,
        resolve: () => {
          timer.cancel();
          resolve();
        },
      };
      this.#waiters.push(waiter);
      this.#askProgress();
    });
  }

  /** Reads that come while one is on its way share the next one: it must begin after they came. */
  #storeRevision(): Promise<number> {
    this.#pendingRevision ??= (async () => {
      await Promise.resolve();
      this.#pendingRevision = undefined;
      const { header } = await this.#store.kv.range({ key: Buffer.from(ROOT), countOnly: true });
      return header?.revision ?? 0;
    })();
    return this.#pendingRevision;
  }

  #askProgress(): void {
    if (this.#progressTimer !== undefined || this.#waiters.length === 0) return;
    this.#watch?.requestProgress();
    this.#progressTimer = this.#clock.after(PROGRESS_INTERVAL_MS, () => {
      this.#progressTimer = undefined;
      this.#askProgress();
    });
  }

  async #fill(): Promise<void> {
    const objects = new Map<ResourceCache, StoredObject[]>();
    const rangeEnd = prefixEnd(ROOT);
    let key: Buffer = Buffer.from(ROOT);
    let revision = 0;
    const breather = new Breather(STEP_BYTES);
    for (;;) {
      const page = await this.#store.kv.range({ key, rangeEnd, revision, limit: this.#options.pageSize });
      if (revision === 0) revision = page.header?.revision ?? 0;
      for (const kv of page.kvs) {
        const place = this.#placeOf(kv.key);
        if (place !== undefined) {
          const stored = this.#kept(place.path, kv);
          const others = objects.get(place.cache);
          if (others === undefined) objects.set(place.cache, [stored]);
          else others.push(stored);
        }
        await breather.after(kv.value.length + OBJECT_BYTES);
      }
      if (!page.more) break;
      key = Buffer.concat([page.kvs.at(-1)!.key, Buffer.of(0)]);
    }
    this.#filled = revision;
    for (const cache of this.#collections.values()) cache.reset(objects.get(cache) ?? [], revision);
    for (const listener of [...this.#resetListeners]) listener();
    this.#ready = true;
    this.#advance(revision);
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const key = Buffer.from(ROOT);
    const startRevision = this.#revision + 1;
    this.#watch = this.#store.watch({ key, rangeEnd: prefixEnd(ROOT), startRevision, progressNotify: true });
    if (signal.aborted) this.#watch.cancel();
    const breather = new Breather(STEP_BYTES);
    try {
      for await (const { revision, events } of this.#watch) {
        // Nobody is to see some of it: all is read first, in several turns, and then taken over in one.
        const changes: (() => void)[] = [];
        for (const event of events) {
          const place = event.kv === undefined ? undefined : this.#placeOf(event.kv.key);
          if (event.kv === undefined || place === undefined) continue;
          const { cache, path } = place;
          const { kv } = event;
          if (event.type === 1) changes.push(() => cache.delete(path, kv.modRevision));
          else {
            const stored = this.#kept(path, kv);
            changes.push(() => cache.put(stored));
            await breather.after(kv.value.length + OBJECT_BYTES);
          }
        }
        for (const change of changes) change();
        this.#advance(Math.max(events.at(-1)?.kv?.modRevision ?? 0, events.length === 0 ? revision : 0));
      }
    } finally {
      this.#watch.cancel();
    }
  }

  #kept(path: string, value: StoredValue): StoredObject {
    const stored = StoredObject.parse(path, value);
    stored.keep(this.#memory);
    return stored;
  }

  /**
   * The collection of a key and the rest of it: keys of a group have one part more than those of the core group. The
   * groups of kinds that come and go have a dot in their names.
   */
  #placeOf(bytes: Buffer): { cache: ResourceCache; path: string } | undefined {
    const key = bytes.toString();
    // A part of the string would keep the whole; what is before the path is ASCII.
    const after = (end: number) => bytes.toString('utf8', end);
    const first = key.indexOf('/', ROOT.length) + 1;
    const second = key.indexOf('/', first) + 1;
    for (const end of [second, first]) {
      const prefix = key.slice(0, end);
      const cache = end > 0 ? this.#collections.get(prefix) : undefined;
      if (cache !== undefined) return { cache, path: after(end) };
    }
    if (second === 0 || !key.slice(ROOT.length, first).includes('.')) return undefined;
    return { cache: this.#collectionAt(key.slice(0, second)), path: after(second) };
  }

  #advance(revision: number): void {
    if (revision <= this.#revision && this.#waiters.length === 0) return;
    this.#revision = Math.max(this.#revision, revision);
    const due = this.#waiters.filter((waiter) => waiter.revision <= this.#revision);
    if (due.length === 0) return;
    this.#waiters = this.#waiters.filter((waiter) => waiter.revision > this.#revision);
    for (const waiter of due) waiter.resolve();
  }
}

/** Of the store's values read in one turn; and what one costs beside its bytes. */
export const STEP_BYTES = 512 * 1024;
export const OBJECT_BYTES = 1024;

/** The cache did not reach a revision in time. */
export class StaleCacheError extends Error {
  override readonly name = 'StaleCacheError';
  readonly wanted: number;
  readonly have: number;

  constructor(wanted: number, have: number) {
    super(`the cache is at revision ${have} and did not reach ${wanted} in time`);
    this.wanted = wanted;
    this.have = have;
  }
}
