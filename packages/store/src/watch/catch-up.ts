import { etcd } from '@keelson/protocol';
import type { Change } from '../mvcc/history.js';
import type { Revision } from '../mvcc/key-index.js';
import type { ChangeEvent, Mvcc } from '../mvcc/mvcc.js';
import { type Pace, type Steps, unitsOf } from '../steps.js';
import { WatchEvent } from './event.js';
import { EventBatch } from './event-batch.js';
import type { Watcher, WatchSpec } from './watcher.js';
import { WatcherIndex } from './watcher-index.js';

export interface CatchUpOptions {
  /** Changes that one round reads of history, and bytes that one watcher gets in it: more only within one revision. */
  readonly sliceChanges: number;
  readonly sliceBytes: number;
  /** Bytes of what was read that are kept for others. */
  readonly keptBytesMax: number;
  /** Events that a round gathers for all of them: beyond, only the first go on. */
  readonly roundEventsMax: number;
}

/** Watchers that want the same from the same revision on: they get the same bytes. */
interface Party {
  readonly key: string;
  readonly spec: WatchSpec;
  readonly from: number;
  readonly watchers: Watcher[];
  readonly batch: EventBatch;
}

/** What a party gets, and up to which revision it has everything then. */
interface Portion {
  readonly batch: EventBatch;
  readonly next: number;
}

/**
 * Reads history for watchers that are behind, once for all that stand near each other. Whole revisions only: a
 * revision's events go out together. What was read last is kept for those whose client did not take it in time.
 */
export class CatchUp {
  readonly #mvcc: Mvcc;
  readonly #options: CatchUpOptions;
  readonly #pace: Pace;
  readonly #kept = new Map<string, Portion>();
  #keptBytes = 0;

  constructor(mvcc: Mvcc, options: CatchUpOptions, pace: Pace) {
    this.#mvcc = mvcc;
    this.#options = options;
    this.#pace = pace;
  }

  /** One round: those that stand before the first of them have to wait for another. */
  *round(watchers: readonly Watcher[], deliver: (watcher: Watcher, portion: Portion) => void): Steps<void> {
    const parties = partiesOf(watchers);
    const unread = parties.filter(({ key }) => !this.#kept.has(key));
    const round = new Round(this.#mvcc, unread, this.#options);
    if (unread.length > 0 && !(yield* round.read(this.#pace))) return;
    for (const { key, batch, from } of round.parties) this.#keep(key, { batch, next: Math.max(from, round.next) });
    for (const { key, watchers: members } of parties) {
      const portion = this.#kept.get(key);
      if (!portion) continue;
      if (portion.batch.events.length > PREPARED_FROM) yield* portion.batch.prepare(this.#pace);
      for (const watcher of members) {
        deliver(watcher, portion);
        if (this.#pace.spend(DELIVERY_UNITS + unitsOf(portion.batch.bytes))) yield;
      }
    }
    this.#forget();
  }

  #keep(key: string, portion: Portion): void {
    this.#kept.set(key, portion);
    this.#keptBytes += portion.batch.bytes;
  }

  /** Of the oldest what is too much, and what is nothing. */
  #forget(): void {
    for (const [key, { batch }] of this.#kept) {
      if (!batch.isEmpty && this.#keptBytes <= this.#options.keptBytesMax) continue;
      this.#kept.delete(key);
      this.#keptBytes -= batch.bytes;
    }
  }
}

const PREPARED_FROM = 100;
const DELIVERY_UNITS = 3;
/** Offering a change to one party. */
const OFFER_UNITS = 0.2;

function partiesOf(watchers: readonly Watcher[]): Party[] {
  const parties = new Map<string, Party>();
  for (const watcher of watchers) {
    const { spec, next } = watcher;
    const { start, end, prevKv, noPut, noDelete } = spec;
    const range = `${start.length} ${start.toString('latin1')} ${end?.length} ${end?.toString('latin1')}`;
    const key = `${next} ${prevKv} ${noPut} ${noDelete} ${range}`;
    const known = parties.get(key);
    if (known) known.watchers.push(watcher);
    else parties.set(key, { key, spec, from: next, watchers: [watcher], batch: new EventBatch() });
  }
  return [...parties.values()];
}

class Round {
  readonly #mvcc: Mvcc;
  readonly #options: CatchUpOptions;
  readonly #index = new WatcherIndex<Party>();
  parties: readonly Party[];
  /** Everything below this revision has been read. */
  next: number;
  #events = 0;
  #largest = 0;

  constructor(mvcc: Mvcc, parties: readonly Party[], options: CatchUpOptions) {
    this.#mvcc = mvcc;
    this.#options = options;
    this.parties = parties;
    for (const party of parties) this.#index.add(party);
    this.next = parties.reduce((least, { from }) => Math.min(least, from), Infinity);
  }

  /** False if what is to be read is compacted meanwhile. */
  *read(pace: Pace): Steps<boolean> {
    let [seen, from] = [0, { main: this.next, sub: 0 } as Revision | undefined];
    while (from) {
      if (from.main < this.#mvcc.compactRevision) return false;
      const start: Revision = from;
      from = undefined;
      for (const change of this.#mvcc.history.scan(start, this.#mvcc.revision)) {
        if (change.main >= this.next && seen > 0 && this.#isFull(seen)) return true;
        seen += 1;
        this.next = change.main + 1;
        this.#offer(change, pace);
        if (!pace.spend()) continue;
        from = { main: change.main, sub: change.sub + 1 };
        break;
      }
      if (from) yield;
    }
    this.next = this.#mvcc.revision + 1;
    return true;
  }

  #isFull(seen: number): boolean {
    const { sliceChanges, sliceBytes } = this.#options;
    return seen >= sliceChanges || this.#largest >= sliceBytes;
  }

  #offer(change: Change, pace: Pace): void {
    const event = withKey(change);
    const encoded = new WatchEvent(event, this.#mvcc);
    for (const parties of this.#index.at(event.key)) {
      for (const { spec, from, batch } of parties) {
        pace.spend(OFFER_UNITS);
        if (from > event.main || (event.deleted ? spec.noDelete : spec.noPut)) continue;
        batch.add(encoded.encoded(spec.prevKv));
        this.#events += 1;
        this.#largest = Math.max(this.#largest, batch.bytes);
      }
    }
    if (this.#events > this.#options.roundEventsMax) this.#halve();
  }

  /** Some have to wait for another round. */
  #halve(): void {
    if (this.parties.length === 1) return;
    const keep = Math.ceil(this.parties.length / 2);
    for (const party of this.parties.slice(keep)) this.#index.remove(party);
    this.parties = this.parties.slice(0, keep);
    this.#events = this.parties.reduce((sum, { batch }) => sum + batch.events.length, 0);
    this.#largest = this.parties.reduce((most, { batch }) => Math.max(most, batch.bytes), 0);
  }
}

function withKey(change: Change): ChangeEvent {
  return { ...change, key: etcd.KeyValue.decode(change.kv).key };
}
