import type { Kind, WatchEventType } from '@keelson/api';
import type { Clock, Timer } from '@keelson/service';
import type { CacheEvent, ResourceCache } from '../storage/resource-cache.js';
import { StoredObject } from '../storage/stored-object.js';
import type { Selection } from './selection.js';
import { servedForm } from './served-form.js';

/** An event for one watcher; `stored` of a BOOKMARK has only what a bookmark shows. */
export interface WatchEvent {
  readonly type: Exclude<WatchEventType, 'ERROR'>;
  readonly stored: StoredObject;
}

export interface WatchStreamOptions {
  kind: Kind;
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
    const { kind, selection } = this.#options;
    for (const stored of objects) {
      if (selection.everything || selection.matches(servedForm(kind, stored)))
        this.#buffer.push({ type: 'ADDED', stored });
    }
    if (end) this.#buffer.push(bookmarkAt(this.#lastRevision, { [INITIAL_EVENTS_END]: 'true' }));
  }

  /** Puts past events before those that come. */
  replay(events: readonly CacheEvent[]): void {
    for (const event of events) this.#offer(event);
  }

  /** Tells the client how far it is, if it is further than the last thing it was told. */
  bookmark(): void {
    const revision = this.#revision();
    if (!this.#options.bookmarks || this.#buffer.length > 0 || revision <= this.#lastRevision) return;
    this.#push(bookmarkAt(revision));
  }

  onClose(close: () => void): void {
    if (this.#ended) close();
    else this.#closers.push(close);
  }

  /** Events that wait to be taken. */
  get pending(): number {
    return this.#buffer.length;
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
          this.#begun();
        } else if (this.#ended) return;
        else {
          this.#begun();
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
    if (!event.current.path.startsWith(this.#options.prefix)) return;
    const seen = this.#filter(event);
    if (seen !== undefined) this.#push(seen);
  }

  /** An object that comes into the selection is ADDED, one that leaves it DELETED. */
  #filter({ type, current, previous, revision }: CacheEvent): WatchEvent | undefined {
    const { kind, selection } = this.#options;
    if (selection.everything) return { type, stored: current };
    const before = previous !== undefined && selection.matches(servedForm(kind, previous));
    const after = type !== 'DELETED' && selection.matches(servedForm(kind, current));
    if (after) return { type: before ? 'MODIFIED' : 'ADDED', stored: current };
    if (before) return { type: 'DELETED', stored: type === 'DELETED' ? current : previous.at(revision) };
    return undefined;
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

function bookmarkAt(revision: number, annotations?: Record<string, string>): WatchEvent {
  const metadata = { resourceVersion: String(revision), ...(annotations === undefined ? {} : { annotations }) };
  return { type: 'BOOKMARK', stored: new StoredObject('', revision, { metadata }) };
}
