import type { Kind, KubeObject, WatchEventType } from '@keelson/api';
import type { Clock, Timer } from '@keelson/service';
import type { CacheEvent, ResourceCache } from '../storage/resource-cache.js';
import { StoredObject } from '../storage/stored-object.js';
import type { ObjectCollection } from './collection.js';
import type { Selection } from './selection.js';
import { served, servedForm } from './served-form.js';

/** An event for one watcher; `stored` of a BOOKMARK has only what a bookmark shows. */
export interface WatchEvent {
  readonly type: Exclude<WatchEventType, 'ERROR'>;
  readonly stored: StoredObject;
  /** How it looks to the watcher. */
  readonly kind: Kind;
}

export interface WatchStreamOptions {
  /** Its kind may become another while the watch goes on. */
  collection: Pick<ObjectCollection, 'kind'>;
  selection: Selection;
  /** Path prefix: `namespace/`, or empty for all. */
  prefix: string;
  bookmarks: boolean;
  timeoutMs: number;
  bookmarkMs: number;
  /** Events that may wait for a slow client; more end its watch. */
  bufferMax: number;
}

const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';

/** One client's view of a collection's changes: pulled by the door, as fast as the client takes them. */
export class WatchStream implements AsyncIterable<readonly WatchEvent[]> {
  readonly #options: WatchStreamOptions;
  readonly #revision: () => number;
  #buffer: WatchEvent[] = [];
  #closers: (() => void)[] = [];
  #onBegun: (() => void) | undefined;
  #wake: (() => void) | undefined;
  #ended = false;
  #lastRevision: number;
  /** The last of what waits for its form; what comes later waits for it. */
  #turn: Promise<void> | undefined;
  #waiting = 0;

  constructor(
    options: WatchStreamOptions,
    dependencies: { clock: Clock; cache: ResourceCache; revision: () => number; from: number },
  ) {
    const { clock, cache, revision, from } = dependencies;
    this.#options = options;
    this.#revision = revision;
    this.#lastRevision = from;
    const timers: Timer[] = [clock.after(options.timeoutMs, () => this.#finish(true))];
    if (options.bookmarks) timers.push(clock.every(options.bookmarkMs, () => this.bookmark()));
    this.#closers = [cache.subscribe((event) => this.#offer(event)), ...timers.map((timer) => () => timer.cancel())];
  }

  /** Puts objects that are there already before everything else; with `end`, the bookmark that closes them. */
  seed(objects: Iterable<StoredObject>, end: boolean): void {
    const { collection, selection } = this.#options;
    const { kind } = collection;
    const all = [...objects];
    const revision = this.#lastRevision;
    this.#inTurn(kind, all, () => {
      for (const stored of all) {
        if (selection.everything || selection.matches(kind, stored)) this.#buffer.push({ type: 'ADDED', stored, kind });
      }
      if (end) this.#buffer.push(bookmarkAt(kind, revision, { [INITIAL_EVENTS_END]: 'true' }));
      this.#signal();
    });
  }

  /** Puts past events before those that come. */
  replay(events: readonly CacheEvent[]): void {
    for (const event of events) this.#offer(event);
  }

  /** Tells the client how far it is, if it is further than the last thing it was told. */
  bookmark(): void {
    const revision = this.#revision();
    if (!this.#options.bookmarks || this.pending > 0 || revision <= this.#lastRevision) return;
    this.#push(bookmarkAt(this.#options.collection.kind, revision));
  }

  onClose(close: () => void): void {
    if (this.#ended) close();
    else this.#closers.push(close);
  }

  /** Events that wait to be taken. */
  get pending(): number {
    return this.#buffer.length + this.#waiting;
  }

  /** What it begins with has been taken, or there is nothing: called once. */
  onBegun(run: () => void): void {
    this.#onBegun = run;
  }

  close(): void {
    this.#finish(false);
  }

  async *[Symbol.asyncIterator](): AsyncIterator<readonly WatchEvent[]> {
    try {
      for (;;) {
        if (this.#buffer.length > 0) {
          const batch = this.#buffer;
          this.#buffer = [];
          yield batch;
          if (this.#waiting === 0) this.#begun();
        } else if (this.#ended) return;
        else {
          if (this.#waiting === 0) this.#begun();
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
        }
      }
    } finally {
      this.#finish(false);
    }
  }

  #begun(): void {
    const run = this.#onBegun;
    this.#onBegun = undefined;
    run?.();
  }

  #offer(event: CacheEvent): void {
    const { prefix, collection } = this.#options;
    if (this.#ended || !event.current.path.startsWith(prefix)) return;
    const { kind } = collection;
    const { current, previous } = event;
    this.#inTurn(kind, previous === undefined ? [current] : [current, previous], () => {
      const seen = this.#filter(kind, event);
      if (seen !== undefined) this.#push(seen);
    });
  }

  /** Runs it at once, or when the forms of the objects are there and everything before it has had its turn. */
  #inTurn(kind: Kind, stored: readonly StoredObject[], run: () => void): void {
    const ready = served(kind, stored);
    if (ready === undefined && this.#turn === undefined) {
      this.#show(run);
      return;
    }
    this.#waiting += 1;
    // The turn is over only once it was shown: what is ready meanwhile waits.
    const settle = (show: () => void) => () => {
      this.#waiting -= 1;
      if (this.#turn === turn) this.#turn = undefined;
      this.#show(show);
    };
    const failed = () => this.#finish(false);
    const turn: Promise<void> = Promise.all([ready, this.#turn]).then(settle(run), settle(failed));
    this.#turn = turn;
    if (this.#waiting > this.#options.bufferMax) this.#finish(false);
  }

  /** Whoever has missed one event, for it could not be shown, must not be shown the next. */
  #show(run: () => void): void {
    try {
      run();
    } catch {
      this.#finish(false);
    }
  }

  /** An object that comes into the selection is ADDED, one that leaves it DELETED. */
  #filter(kind: Kind, { type, current, previous, revision }: CacheEvent): WatchEvent | undefined {
    const { selection } = this.#options;
    if (selection.everything) return { type, stored: current, kind };
    const before = previous !== undefined && selection.matches(kind, previous);
    const after = type !== 'DELETED' && selection.matches(kind, current);
    if (after) return { type: before ? 'MODIFIED' : 'ADDED', stored: current, kind };
    if (!before) return undefined;
    if (type === 'DELETED') return { type, stored: current, kind };
    const left = previous.at(revision);
    if (kind.storage?.byOthers !== undefined) left.keepForm(kind, atRevision(servedForm(kind, previous), revision));
    return { type: 'DELETED', stored: left, kind };
  }

  #push(event: WatchEvent): void {
    if (this.#ended) return;
    if (this.#buffer.length >= this.#options.bufferMax) {
      this.#buffer = [];
      this.#finish(false);
      return;
    }
    this.#lastRevision = event.stored.revision;
    this.#buffer.push(event);
    this.#signal();
  }

  #signal(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  #finish(inTime: boolean): void {
    if (this.#ended) return;
    if (inTime) this.bookmark();
    this.#ended = true;
    for (const close of this.#closers.splice(0)) close();
    this.#begun();
    this.#signal();
  }
}

function atRevision(object: KubeObject, revision: number): KubeObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
}

function bookmarkAt(kind: Kind, revision: number, annotations?: Record<string, string>): WatchEvent {
  const metadata = { resourceVersion: String(revision), ...(annotations === undefined ? {} : { annotations }) };
  const stored = new StoredObject('', revision, { metadata });
  stored.keepForm(kind, stored.object);
  return { type: 'BOOKMARK', stored, kind };
}
