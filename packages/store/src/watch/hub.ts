import type { ChangeEvent, Mvcc } from '../mvcc/mvcc.js';
import { Pace, type Steps, unitsOf } from '../steps.js';
import { CatchUp, type CatchUpOptions } from './catch-up.js';
import { WatchEvent } from './event.js';
import type { EventBatch } from './event-batch.js';
import { Outbox } from './outbox.js';
import type { Watcher, WatcherSink } from './watcher.js';
import { WatcherIndex } from './watcher-index.js';

export interface HubOptions extends CatchUpOptions {
  /** Bytes of events that may wait for a watcher's client before the watcher goes back to reading history. */
  readonly watcherBytesMax: number;
  /** Watchers that share a round of reading history. */
  readonly watchersPerRound: number;
  /** Changes of one revision up to which they are offered as they are applied: more are read from history. */
  readonly liveChangesMax: number;
  /** Changes that may wait until watchers have been given those before: if there are more, they read history. */
  readonly arrivedChangesMax: number;
  /** What is read and sent in one turn of the event loop: a unit is some microseconds of work. */
  readonly unitsPerStep: number;
}

const FLUSH_UNITS = 3;
/** Giving a change to one watcher. */
const OFFER_UNITS = 0.2;

/** What watchers are still to be given: the changes of a revision, or the word to read those of some revisions. */
interface Arrival {
  readonly revision: number;
  /** The last revision of it. */
  readonly to: number;
  readonly changes: readonly ChangeEvent[] | undefined;
}

/**
 * Brings changes to watchers: as they are applied to those that are synced, from history to those that started in the
 * past or whose client was slow; in steps, however many watch. A slow watcher costs its own budget and nothing else.
 */
export class WatchHub {
  readonly #options: HubOptions;
  readonly #defer: (run: () => void) => void;
  #mvcc: Mvcc;
  readonly #index = new WatcherIndex<Watcher>();
  readonly #synced = new Set<Watcher>();
  readonly #unsynced = new Set<Watcher>();
  readonly #outbox = new Outbox();
  readonly #catchUpPace: Pace;
  /** Of what is done for those that are synced. */
  readonly #livePace: Pace;
  #arrivals: Arrival[] = [];
  #arrivedChanges = 0;
  /** A revision that some watchers have been given, or a part of it: nothing is sent meanwhile. */
  #offering: { readonly revision: number; readonly steps: Steps<void> } | undefined;
  #flushWanted = false;
  #deferred = false;
  #history: CatchUp;
  #round: Steps<void> | undefined;
  #catchingUp = false;

  constructor(options: HubOptions, dependencies: { readonly mvcc: Mvcc; readonly defer: (run: () => void) => void }) {
    this.#options = options;
    this.#mvcc = dependencies.mvcc;
    this.#defer = dependencies.defer;
    this.#catchUpPace = new Pace(options.unitsPerStep);
    this.#livePace = new Pace(options.unitsPerStep);
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
    let sum = 0;
    for (const watcher of this.#outbox.watchers()) sum += watcher.pendingEvents;
    return sum;
  }

  get revision(): number {
    return this.#mvcc.revision;
  }

  add(watcher: Watcher): void {
    this.#index.add(watcher);
    if (watcher.next > this.#mvcc.revision) this.#keepsUp(watcher);
    else this.#behind(watcher);
  }

  remove(watcher: Watcher): void {
    this.#index.remove(watcher);
    this.#synced.delete(watcher);
    this.#unsynced.delete(watcher);
    this.#outbox.remove(watcher);
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
    if (this.#index.size === 0) return;
    const many = changes.length > this.#options.liveChangesMax;
    this.#arrivals.push({ revision, to: revision, changes: many ? undefined : changes });
    if (!many) this.#arrivedChanges += changes.length;
    if (this.#arrivedChanges > this.#options.arrivedChangesMax) {
      this.#giveUpArrivals(this.#arrivals[0]!.revision, revision);
    }
    this.#live();
  }

  /** Sends what waits. */
  flush(): void {
    this.#flushWanted = true;
    this.#live();
  }

  /** A turn's part of giving out changes and sending them. */
  #live(): void {
    while (!this.#deferred && (this.#offering || this.#flushWanted || this.#arrivals.length > 0)) {
      if (this.#livePace.usedUp) this.#liveLater();
      else if (this.#offering) {
        if (this.#offering.steps.next().done) this.#offering = undefined;
      } else if (this.#flushWanted) this.#flushWanted = this.#sendNext();
      else this.#offerNext();
    }
  }

  #liveLater(): void {
    this.#deferred = true;
    this.#defer(() => {
      this.#deferred = false;
      this.#livePace.renew();
      // What was put off is not sent with a turn of the replica's.
      this.#flushWanted = true;
      this.#live();
    });
  }

  #offerNext(): void {
    const { revision, to, changes } = this.#arrivals.shift()!;
    this.#arrivedChanges -= changes?.length ?? 0;
    this.#offering = { revision, steps: changes ? this.#offerAll(revision, changes) : this.#readFrom(revision, to) };
  }

  *#offerAll(revision: number, changes: readonly ChangeEvent[]): Steps<void> {
    for (const change of changes) {
      const event = new WatchEvent(change, this.#mvcc);
      for (const watchers of this.#index.at(change.key)) {
        for (const watcher of watchers) {
          this.#offer(watcher, event, revision);
          if (this.#livePace.spend(OFFER_UNITS)) yield;
        }
      }
    }
  }

  #offer(watcher: Watcher, event: WatchEvent, revision: number): void {
    if (!watcher.synced || revision < watcher.next || !watcher.wants(event.change)) return;
    watcher.add(event);
    if (watcher.sink.blocked && watcher.pendingBytes > this.#options.watcherBytesMax) this.#fallBehind(watcher);
    else this.#outbox.add(watcher);
  }

  /** False if nobody has anything that can be sent. */
  #sendNext(): boolean {
    const watcher = this.#outbox.next();
    if (!watcher) return false;
    this.#livePace.spend(FLUSH_UNITS + unitsOf(watcher.pendingBytes));
    watcher.flush();
    return true;
  }

  #fallBehind(watcher: Watcher): void {
    this.#outbox.remove(watcher);
    watcher.fallBehind();
    this.#behind(watcher);
  }

  /** A stream's client takes data again. */
  resumed(sink: WatcherSink): void {
    this.#outbox.resumed(sink);
    this.flush();
    this.#scheduleCatchUp();
  }

  /** Everything up to the current revision has been sent to these watchers. */
  isCurrent(watchers: Iterable<Watcher>): boolean {
    if (this.#offering || this.#arrivals.length > 0) return false;
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
    const from = this.#offering?.revision ?? this.#arrivals[0]?.revision ?? before + 1;
    this.#giveUpArrivals(from, Math.max(from, mvcc.revision));
    // Before anything else is sent: some may have been given a part of a revision.
    this.#offering = undefined;
    this.#offerNext();
    this.#live();
  }

  /** The changes of some revisions, which were not given out, are read from history. */
  #giveUpArrivals(revision: number, to: number): void {
    this.#arrivals = [{ revision, to, changes: undefined }];
    this.#arrivedChanges = 0;
  }

  /** Whoever is synced has what was before a revision, and reads the rest from history. Some have read it already. */
  *#readFrom(revision: number, to: number): Steps<void> {
    for (const watcher of this.#synced) {
      if (watcher.next <= to) this.#leaveAt(watcher, revision);
      if (this.#livePace.spend(OFFER_UNITS)) yield;
    }
  }

  #leaveAt(watcher: Watcher, revision: number): void {
    if (watcher.hasPending) {
      this.#fallBehind(watcher);
      return;
    }
    watcher.next = Math.max(watcher.next, revision);
    this.#behind(watcher);
  }

  #keepsUp(watcher: Watcher): void {
    watcher.synced = true;
    this.#synced.add(watcher);
  }

  #behind(watcher: Watcher): void {
    watcher.synced = false;
    this.#synced.delete(watcher);
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
    if (watcher.next > this.#mvcc.revision) this.#keepsUp(watcher);
    else this.#unsynced.add(watcher);
    if (batch.isEmpty) return;
    watcher.active = true;
    watcher.sink.send(watcher, batch);
  }
}
