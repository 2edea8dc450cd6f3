import { etcd } from '@keelson/protocol';
import type { Change } from '../mvcc/history.js';
import type { ChangeEvent, Mvcc } from '../mvcc/mvcc.js';
import { WatchEvent } from './event.js';
import type { Watcher } from './watcher.js';
import { WatcherIndex } from './watcher-index.js';

export interface HubOptions {
  /** Bytes of events that may wait for a watcher's client before the watcher goes back to reading history. */
  readonly watcherBytesMax: number;
  /** Changes and bytes that a watcher reads of history at a time. */
  readonly sliceChanges: number;
  readonly sliceBytes: number;
}

/**
 * Brings changes to watchers: as they are applied to those that are synced, from history, in slices, to those that
 * started in the past or whose client was slow. A slow watcher costs its own budget and nothing else.
 */
export class WatchHub {
  readonly #options: HubOptions;
  readonly #defer: (run: () => void) => void;
  #mvcc: Mvcc;
  readonly #index = new WatcherIndex();
  readonly #unsynced = new Set<Watcher>();
  readonly #dirty = new Set<Watcher>();
  #catchingUp = false;

  constructor(options: HubOptions, dependencies: { readonly mvcc: Mvcc; readonly defer: (run: () => void) => void }) {
    this.#options = options;
    this.#mvcc = dependencies.mvcc;
    this.#defer = dependencies.defer;
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

  /** Changes have been applied: they wait for `flush`, so that one response carries all of a turn. */
  changed(revision: number, changes: readonly ChangeEvent[]): void {
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

  flush(): void {
    for (const watcher of this.#dirty) {
      if (!watcher.sink.blocked) {
        this.#dirty.delete(watcher);
        watcher.flush();
      } else if (watcher.pendingBytes > this.#options.watcherBytesMax) {
        this.#dirty.delete(watcher);
        watcher.fallBehind();
        this.#behind(watcher);
      }
    }
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
    for (const watcher of this.#index.all()) {
      if (!watcher.synced) continue;
      if (watcher.hasPending) watcher.fallBehind();
      else watcher.next = Math.max(watcher.next, before + 1);
      this.#dirty.delete(watcher);
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
      let progressed = false;
      for (const watcher of this.#unsynced) progressed = this.#catchUp(watcher) || progressed;
      // Those that are left wait for their client; `resumed` starts the next round.
      if (progressed) this.#scheduleCatchUp();
    });
  }

  /** Reads one slice of history for a watcher; false if its client takes nothing. */
  #catchUp(watcher: Watcher): boolean {
    if (watcher.sink.blocked) return false;
    if (watcher.next < this.#mvcc.compactRevision) {
      this.remove(watcher);
      watcher.sink.compacted(watcher, this.#mvcc.compactRevision);
      return true;
    }
    const { events, next } = this.#slice(watcher);
    // It may wait for revisions that a leader's database does not have yet.
    watcher.next = Math.max(watcher.next, next);
    if (watcher.next > this.#mvcc.revision) {
      watcher.synced = true;
      this.#unsynced.delete(watcher);
    }
    if (events.length > 0) {
      watcher.active = true;
      watcher.sink.send(watcher, events);
    }
    return true;
  }

  /** Whole revisions, until there is enough of them. */
  #slice(watcher: Watcher): { events: Buffer[]; next: number } {
    const events: Buffer[] = [];
    let bytes = 0;
    let seen = 0;
    let last = watcher.next;
    const { sliceBytes, sliceChanges } = this.#options;
    for (const change of this.#mvcc.history.scan({ main: watcher.next, sub: 0 }, this.#mvcc.revision)) {
      if (change.main !== last && (seen >= sliceChanges || bytes >= sliceBytes)) return { events, next: change.main };
      last = change.main;
      seen += 1;
      const event = withKey(change);
      if (!watcher.wants(event)) continue;
      const encoded = new WatchEvent(event, this.#mvcc).encoded(watcher.spec.prevKv);
      events.push(encoded);
      bytes += encoded.length;
    }
    return { events, next: this.#mvcc.revision + 1 };
  }
}

function withKey(change: Change): ChangeEvent {
  return { ...change, key: etcd.KeyValue.decode(change.kv).key };
}
