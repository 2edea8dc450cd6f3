import type { ChangeEvent, Mvcc } from '../mvcc/mvcc.js';
import { Pace, type Steps, unitsOf } from '../steps.js';
import { CatchUp, type CatchUpOptions } from './catch-up.js';
import { WatchEvent } from './event.js';
import type { EventBatch } from './event-batch.js';
import type { Watcher } from './watcher.js';
import { WatcherIndex } from './watcher-index.js';

export interface HubOptions extends CatchUpOptions {
  /** Bytes of events that may wait for a watcher's client before the watcher goes back to reading history. */
  readonly watcherBytesMax: number;
  /** Watchers that share a round of reading history. */
  readonly watchersPerRound: number;
  /** Changes of one revision up to which they are offered as they are applied: more are read from history. */
  readonly liveChangesMax: number;
  /** What is read and sent in one turn of the event loop: a unit is some microseconds of work. */
  readonly unitsPerStep: number;
}

const FLUSH_UNITS = 3;

/**
 * Brings changes to watchers: as they are applied to those that are synced, from history, in steps, to those that
 * started in the past or whose client was slow. A slow watcher costs its own budget and nothing else.
 */
export class WatchHub {
  readonly #options: HubOptions;
  readonly #defer: (run: () => void) => void;
  #mvcc: Mvcc;
  readonly #index = new WatcherIndex<Watcher>();
  readonly #unsynced = new Set<Watcher>();
  readonly #dirty = new Set<Watcher>();
  readonly #catchUpPace: Pace;
  readonly #flushPace: Pace;
  #history: CatchUp;
  #round: Steps<void> | undefined;
  #catchingUp = false;
  #flushing = false;

  constructor(options: HubOptions, dependencies: { readonly mvcc: Mvcc; readonly defer: (run: () => void) => void }) {
    this.#options = options;
    this.#mvcc = dependencies.mvcc;
    this.#defer = dependencies.defer;
    this.#catchUpPace = new Pace(options.unitsPerStep);
    this.#flushPace = new Pace(options.unitsPerStep);
    this.#history = new CatchUp(this.#mvcc, options, this.#catchUpPace);
  }

  get watchers(): number {
    return this.#index.size;
  }

  /** Those that read history: they began in the past, or their client was slow. */
  get slowWatchers(): number {
    return this.#unsynced.size;
  }

  get pendingEvents(): number {
    return [...this.#dirty].reduce((sum, watcher) => sum + watcher.pendingEvents, 0);
  }

  get revision(): number {
    return this.#mvcc.revision;
  }

  add(watcher: Watcher): void {
    this.#index.add(watcher);
    if (watcher.next > this.#mvcc.revision) watcher.synced = true;
    else this.#behind(watcher);
  }

  remove(watcher: Watcher): void {
    this.#index.remove(watcher);
    this.#unsynced.delete(watcher);
    this.#dirty.delete(watcher);
  }

  /** Takes leave of all the watchers of a stream that has ended, so many a turn. */
  removeAll(watchers: Iterable<Watcher>): void {
    const rest = watchers[Symbol.iterator]();
    const some = () => {
      for (let count = 0; count < this.#options.unitsPerStep; count += 1) {
        const next = rest.next();
        if (next.done) return;
        this.remove(next.value);
      }
      this.#defer(some);
    };
    some();
  }

  /** Changes have been applied: they wait for `flush`, so that one response carries all of a turn. */
  changed(revision: number, changes: readonly ChangeEvent[]): void {
    if (changes.length > this.#options.liveChangesMax) {
      this.#readFrom(revision);
      return;
    }
    for (const change of changes) {
      const event = new WatchEvent(change, this.#mvcc);
      this.#index.forEach(change.key, (watcher) => this.#offer(watcher, event, revision));
    }
  }

  #offer(watcher: Watcher, event: WatchEvent, revision: number): void {
    if (!watcher.synced || revision < watcher.next || !watcher.wants(event.change)) return;
    watcher.add(event);
    this.#dirty.add(watcher);
  }

  /** Sends what waits, so much a turn. */
  flush(): void {
    this.#flushPace.renew();
    for (const watcher of this.#dirty) {
      if (!watcher.sink.blocked) {
        this.#dirty.delete(watcher);
        this.#flushPace.spend(FLUSH_UNITS + unitsOf(watcher.pendingBytes));
        watcher.flush();
        if (!this.#flushPace.usedUp) continue;
        this.#flushLater();
        return;
      }
      if (watcher.pendingBytes > this.#options.watcherBytesMax) this.#fallBehind(watcher);
    }
  }

  #flushLater(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    this.#defer(() => {
      this.#flushing = false;
      this.flush();
    });
  }

  #fallBehind(watcher: Watcher): void {
    this.#dirty.delete(watcher);
    watcher.fallBehind();
    this.#behind(watcher);
  }

  /** A client takes data again. */
  resumed(): void {
    this.flush();
    this.#scheduleCatchUp();
  }

  /** Everything up to the current revision has been sent to these watchers. */
  isCurrent(watchers: Iterable<Watcher>): boolean {
    for (const watcher of watchers) {
      if (!watcher.synced || watcher.hasPending || watcher.spec.startRevision > this.revision) return false;
    }
    return true;
  }

  /** The database was replaced by a leader's: every watcher goes on from where it was, in the new history. */
  replace(mvcc: Mvcc): void {
    const before = this.#mvcc.revision;
    this.#mvcc = mvcc;
    this.#round = undefined;
    this.#history = new CatchUp(mvcc, this.#options, this.#catchUpPace);
    this.#readFrom(before + 1);
  }

  /** Whoever is synced has what was before a revision, and reads the rest from history. */
  #readFrom(revision: number): void {
    for (const watcher of this.#index.all()) {
      if (!watcher.synced) continue;
      if (watcher.hasPending) {
        this.#fallBehind(watcher);
        continue;
      }
      watcher.next = Math.max(watcher.next, revision);
      this.#behind(watcher);
    }
  }

  #behind(watcher: Watcher): void {
    watcher.synced = false;
    this.#unsynced.add(watcher);
    this.#scheduleCatchUp();
  }

  #scheduleCatchUp(): void {
    if (this.#catchingUp || this.#unsynced.size === 0) return;
    this.#catchingUp = true;
    this.#defer(() => {
      this.#catchingUp = false;
      this.#catchUp();
    });
  }

  /** A turn's part of a round; after it, the next. Those whose client takes nothing wait: `resumed` goes on. */
  #catchUp(): void {
    this.#catchUpPace.renew();
    this.#round ??= this.#newRound();
    if (!this.#round) return;
    if (this.#round.next().done) this.#round = undefined;
    this.#scheduleCatchUp();
  }

  /** For the one that has waited longest, and others that stand where it does or beyond. */
  #newRound(): Steps<void> | undefined {
    const ready: Watcher[] = [];
    for (const watcher of this.#unsynced) {
      if (watcher.sink.blocked) continue;
      if (watcher.next < this.#mvcc.compactRevision) {
        this.remove(watcher);
        watcher.sink.compacted(watcher, this.#mvcc.compactRevision);
      } else if (ready.length === 0 || watcher.next >= ready[0]!.next) ready.push(watcher);
      if (ready.length >= this.#options.watchersPerRound) break;
    }
    if (ready.length === 0) return undefined;
    return this.#history.round(ready, (watcher, { batch, next }) => this.#deliver(watcher, batch, next));
  }

  #deliver(watcher: Watcher, batch: EventBatch, next: number): void {
    // It may have ended meanwhile, or its client may take no more after what others were given.
    if (!this.#unsynced.has(watcher) || watcher.sink.blocked) return;
    this.#unsynced.delete(watcher);
    // It may wait for revisions that a leader's database does not have yet.
    watcher.next = Math.max(watcher.next, next);
    watcher.synced = watcher.next > this.#mvcc.revision;
    if (!watcher.synced) this.#unsynced.add(watcher);
    if (batch.isEmpty) return;
    watcher.active = true;
    watcher.sink.send(watcher, batch);
  }
}
