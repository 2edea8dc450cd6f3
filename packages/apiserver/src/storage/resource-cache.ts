import sortedBtree from 'sorted-btree';
import { CacheMemory } from './cache-memory.js';
import type { StoredObject } from './stored-object.js';

const BTree = sortedBtree.default;

/** A change of one object. `previous` is absent for ADDED; `current` of a DELETED is its last state at the deletion's revision. */
export interface CacheEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly revision: number;
  readonly current: StoredObject;
  readonly previous: StoredObject | undefined;
}

export type CacheListener = (event: CacheEvent) => void;

/** One collection in memory, in the order of its keys, with its recent history. */
export class ResourceCache {
  readonly #objects = new BTree<string, StoredObject>();
  readonly #history: CacheEvent[] = [];
  readonly #historyMax: number;
  readonly #memory: CacheMemory;
  /** Of the objects that events of the history show. */
  #historyBytes = 0;
  readonly #listeners = new Set<CacheListener>();
  /** Every event after this revision is in the history. */
  #historyStart = 0;
  #changes = 0;

  constructor(options: { historyMax: number }, memory = new CacheMemory()) {
    this.#historyMax = options.historyMax;
    this.#memory = memory;
  }

  get size(): number {
    return this.#objects.size;
  }

  /** Another one with every change: what was made of the objects is still true while it is the same. */
  get changes(): number {
    return this.#changes;
  }

  get(path: string): StoredObject | undefined {
    return this.#objects.get(path);
  }

  /** Objects in key order whose path starts with `prefix`, from `after` (exclusive) on. */
  *list(prefix = '', after = ''): IterableIterator<StoredObject> {
    const from = after > prefix ? after : prefix;
    for (const [path, stored] of this.#objects.entries(from)) {
      if (!path.startsWith(prefix)) return;
      if (path !== after) yield stored;
    }
  }

  /** The same as it was at a revision that is not ahead; undefined when what happened since is no longer known. */
  listAt(revision: number, prefix = '', after = ''): Iterable<StoredObject> | undefined {
    const events = this.since(revision);
    if (events === undefined || events.length === 0) return events && this.list(prefix, after);
    /** What has changed since, as it was: absent if it was not there. */
    const then = new Map<string, StoredObject | undefined>();
    for (const { current, previous } of events) {
      const { path } = current;
      if (path.startsWith(prefix) && path > after && !then.has(path)) then.set(path, previous);
    }
    const changed = [...then.values()].filter((it) => it !== undefined);
    changed.sort((a, b) => (a.path < b.path ? -1 : 1));
    return merged(this.list(prefix, after), changed, then);
  }

  /** Replaces everything as of `revision` and forgets the history. */
  reset(objects: Iterable<StoredObject>, revision: number): void {
    this.#changes += 1;
    for (const stored of this.#objects.values()) stored.release();
    this.#forget(this.#history.length);
    this.#objects.clear();
    for (const stored of objects) {
      stored.keep(this.#memory);
      this.#objects.set(stored.path, stored);
    }
    this.#historyStart = revision;
  }

  /** Forgets what was made of the objects: their kind has become another. */
  renew(): void {
    this.#changes += 1;
    const renewed = new Map<StoredObject, StoredObject>();
    const of = (stored: StoredObject): StoredObject => {
      const fresh = renewed.get(stored) ?? stored.renewed();
      renewed.set(stored, fresh);
      return fresh;
    };
    for (const [path, stored] of [...this.#objects.entries()]) this.#objects.set(path, of(stored));
    for (const [index, event] of this.#history.entries()) {
      const { previous } = event;
      this.#history[index] = { ...event, current: of(event.current), previous: previous && of(previous) };
    }
  }

  put(stored: StoredObject): void {
    const previous = this.#objects.get(stored.path);
    stored.keep(this.#memory);
    this.#objects.set(stored.path, stored);
    const type = previous === undefined ? 'ADDED' : 'MODIFIED';
    this.#remember({ type, revision: stored.revision, current: stored, previous });
  }

  delete(path: string, revision: number): void {
    const previous = this.#objects.get(path);
    if (previous === undefined) return;
    this.#objects.delete(path);
    const current = previous.at(revision);
    current.keep(this.#memory);
    this.#remember({ type: 'DELETED', revision, current, previous });
  }

  /** Events after `revision` in order; undefined when some of them are no longer known. */
  since(revision: number): CacheEvent[] | undefined {
    if (revision < this.#historyStart) return undefined;
    let low = 0;
    let high = this.#history.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#history[middle]!.revision <= revision) low = middle + 1;
      else high = middle;
    }
    return this.#history.slice(low);
  }

  get historyStart(): number {
    return this.#historyStart;
  }

  subscribe(listener: CacheListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #remember(event: CacheEvent): void {
    this.#changes += 1;
    this.#history.push(event);
    this.#historyBytes += event.current.bytes;
    // Dropping a quarter at a time keeps the cost of a shift away from every event.
    while (this.#history.length > this.#historyMax || this.#historyBytes > HISTORY_BYTES_MAX)
      this.#forget(Math.ceil(Math.min(this.#history.length, this.#historyMax) / 4));
    for (const listener of this.#listeners) listener(event);
  }

  /** Forgets the oldest of the events, and the states of objects that only these knew. */
  #forget(count: number): void {
    const dropped = this.#history.splice(0, count);
    for (const { type, revision, current, previous } of dropped) {
      this.#historyBytes -= current.bytes;
      this.#historyStart = revision;
      previous?.release();
      if (type === 'DELETED') current.release();
    }
  }
}

/** Of the events that are kept of one collection: few of large objects. */
const HISTORY_BYTES_MAX = 64 * 2 ** 20;

/** Both in the order of their paths; of the first without what the map has. */
function* merged(
  unchanged: Iterable<StoredObject>,
  changed: readonly StoredObject[],
  except: ReadonlyMap<string, unknown>,
): IterableIterator<StoredObject> {
  let next = 0;
  for (const stored of unchanged) {
    for (let it = changed[next]; it !== undefined && it.path < stored.path; it = changed[next]) {
      yield it;
      next += 1;
    }
    if (!except.has(stored.path)) yield stored;
  }
  yield* changed.slice(next);
}
