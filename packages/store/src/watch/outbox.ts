import type { Watcher, WatcherSink } from './watcher.js';

/** The watchers of one stream that have something to send. Each comes once, for it is taken out as it comes. */
interface Waiting {
  readonly watchers: Set<Watcher>;
  /** Goes on where it was: looking from the beginning again would pass by all that were taken out. */
  readonly inTurn: Iterator<Watcher, undefined>;
}

/** Who has something for a client, by the streams it goes to: a stream whose client takes nothing costs nothing. */
export class Outbox {
  readonly #waiting = new Map<WatcherSink, Waiting>();
  readonly #ready = new Set<WatcherSink>();

  add(watcher: Watcher): void {
    const { sink } = watcher;
    let waiting = this.#waiting.get(sink);
    if (!waiting) {
      const watchers = new Set<Watcher>();
      waiting = { watchers, inTurn: watchers.values() };
      this.#waiting.set(sink, waiting);
    }
    waiting.watchers.add(watcher);
    if (!sink.blocked) this.#ready.add(sink);
  }

  remove(watcher: Watcher): void {
    const waiting = this.#waiting.get(watcher.sink);
    if (waiting) this.#take(waiting, watcher);
  }

  #take({ watchers }: Waiting, watcher: Watcher): void {
    watchers.delete(watcher);
    if (watchers.size > 0) return;
    this.#waiting.delete(watcher.sink);
    this.#ready.delete(watcher.sink);
  }

  /** A client takes data again. */
  resumed(sink: WatcherSink): void {
    if (this.#waiting.has(sink)) this.#ready.add(sink);
  }

  /** Takes out the next watcher whose client takes something. */
  next(): Watcher | undefined {
    for (const sink of this.#ready) {
      const waiting = this.#waiting.get(sink);
      const next = sink.blocked ? undefined : waiting?.inTurn.next().value;
      if (waiting && next) {
        this.#take(waiting, next);
        return next;
      }
      this.#ready.delete(sink);
    }
    return undefined;
  }

  *watchers(): Generator<Watcher> {
    for (const { watchers } of this.#waiting.values()) yield* watchers;
  }
}
