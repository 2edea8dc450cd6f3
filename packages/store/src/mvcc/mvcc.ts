import { etcd } from '@keelson/protocol';
import type { Backend, OrderedMap } from '../backend/backend.js';
import { Draft } from '../backend/draft.js';
import { errors } from '../errors.js';
import { AT_ONCE, finish, type Pace, type Steps } from '../steps.js';
import { Compactor } from './compactor.js';
import { type Change, HEAD_BYTES, History } from './history.js';
import { type IndexEntry, KeyIndex, type Revision } from './key-index.js';
import { encodeDeletion, encodeKeyValue } from './key-value.js';
import type { Meta } from './meta.js';
import { keyRange, type RangeResult, type RangeSource, RESPONSE_BYTES_MAX, range, rangeSteps } from './range.js';

/** A change as watchers get it. */
export interface ChangeEvent extends Change {
  readonly key: Buffer;
}

export interface PutResult {
  /** The encoded version that was replaced. */
  readonly previous: Buffer | undefined;
}

export interface DeleteResult {
  readonly deleted: number;
  /** The encoded versions that were deleted. */
  readonly previous: readonly Buffer[];
}

/** Told which keys change leases. */
export interface LeaseBook {
  attach(lease: bigint, key: Buffer): void;
  detach(lease: bigint, key: Buffer): void;
}

/** Where a transaction reads and writes. */
interface Ground {
  readonly index: KeyIndex;
  readonly history: History;
  readonly leases: LeaseBook;
}

type Doomed = { readonly key: Buffer; readonly entry: IndexEntry };

const NO_REVISION: Revision = { main: 0, sub: 0 };
const ONE_ZERO = Buffer.alloc(1);
/** Keys looked at between two deletions of what was found. */
const SCANNED = 250;
const SCAN_UNITS = 0.5;
const DELETION_UNITS = 2;

/** Keys, their values and their past, over a {@link Backend}. One writer at a time. */
export class Mvcc implements RangeSource {
  readonly index: KeyIndex;
  readonly history: History;
  readonly compactor: Compactor;
  readonly #backend: Backend;
  readonly #meta: Meta;
  #revision: number;
  #saved: number;
  #keys: number;

  constructor(backend: Backend, meta: Meta) {
    this.index = new KeyIndex(backend);
    this.history = new History(backend);
    this.#backend = backend;
    this.#meta = meta;
    this.#revision = Math.max(1, meta.readNumber('revision'));
    this.#saved = this.#revision;
    this.#keys = meta.readNumber('keys');
    this.compactor = new Compactor(this.index, this.history, meta);
  }

  get revision(): number {
    return this.#revision;
  }

  /** How many there are now. */
  get keys(): number {
    return this.#keys;
  }

  get compactRevision(): number {
    return this.compactor.revision;
  }

  range(query: Omit<etcd.RangeRequest, 'serializable'>): RangeResult {
    return range(this, query);
  }

  /** What is there now, and stays so for whoever reads it. */
  atLatest(): RangeSource {
    const { index, history, compactor } = this;
    const revision = this.#revision;
    return {
      index,
      history,
      revision,
      get compactRevision() {
        return compactor.revision;
      },
    };
  }

  /** A read of the revision that is the latest now, in steps. */
  rangeSteps(query: Omit<etcd.RangeRequest, 'serializable'>, pace: Pace): Steps<RangeResult> {
    return rangeSteps(this, { ...query, revision: query.revision > 0 ? query.revision : this.#revision }, pace);
  }

  /** Starts a transaction: all its changes have one revision, and its own reads see them. */
  write(leases: LeaseBook): WriteTransaction {
    const { index, history } = this;
    return new WriteTransaction(this, { index, history, leases }, (main, keys) => this.#ended(main, keys));
  }

  /** Starts one whose changes nobody else sees before it ends: it may be carried out in steps. */
  writeAside(leasesOn: (map: OrderedMap) => LeaseBook): WriteTransaction {
    const draft = new Draft(this.#backend);
    const ground = { index: new KeyIndex(draft), history: new History(draft), leases: leasesOn(draft) };
    return new WriteTransaction(this, ground, (main, keys) => {
      this.#backend.absorb(draft.written);
      this.#ended(main, keys);
    });
  }

  #ended(main: number, keys: number): void {
    this.#revision = main;
    this.#keys += keys;
  }

  /** Writes down the revision and the number of keys; before every commit, so that it is in the same transaction as what led to it. */
  save(): void {
    if (this.#saved === this.#revision) return;
    this.#meta.writeNumber('revision', this.#revision);
    this.#meta.writeNumber('keys', this.#keys);
    this.#saved = this.#revision;
  }

  /** The encoded version that a change replaced, if it is still to be read. */
  previousOf(change: Change): Buffer | undefined {
    if (change.previous.main === 0 || change.main - 1 < this.compactRevision) return undefined;
    const before = this.history.get(change.previous);
    return before && !before.deleted ? before.kv : undefined;
  }
}

export class WriteTransaction {
  readonly #mvcc: Mvcc;
  readonly #ground: Ground;
  readonly #end: (main: number, keys: number) => void;
  readonly #main: number;
  readonly events: ChangeEvent[] = [];
  /** Keys more, or fewer, than before. */
  #keys = 0;

  constructor(mvcc: Mvcc, ground: Ground, end: (main: number, keys: number) => void) {
    this.#mvcc = mvcc;
    this.#ground = ground;
    this.#end = end;
    this.#main = mvcc.revision + 1;
  }

  /** With the transaction's own changes. */
  get history(): History {
    return this.#ground.history;
  }

  /** The revision that reads in the transaction show: its own once it has changed something. */
  get revision(): number {
    return this.events.length > 0 ? this.#main : this.#main - 1;
  }

  rangeSteps(query: Omit<etcd.RangeRequest, 'serializable'>, pace: Pace): Steps<RangeResult> {
    const { index, history } = this.#ground;
    return rangeSteps(
      { index, history, compactRevision: this.#mvcc.compactRevision, revision: this.revision },
      query,
      pace,
    );
  }

  put(request: etcd.PutRequest): PutResult {
    const { key } = request;
    const { index, history } = this.#ground;
    const old = index.get(key);
    const alive = old !== undefined && !old.deleted ? old : undefined;
    const previous = alive && (request.prevKv || request.ignoreValue) ? history.get(alive)?.kv : undefined;
    const value = request.ignoreValue && previous ? etcd.KeyValue.decode(previous).value : request.value;
    const lease = request.ignoreLease ? (alive?.lease ?? 0n) : request.lease;
    if (!alive) this.#keys += 1;
    const create = alive?.create ?? this.#main;
    const version = (alive?.version ?? 0) + 1;
    const stored = encodeKeyValue({ key, value, lease, version, create, main: this.#main }, HEAD_BYTES);
    const { main, sub } = this.#record(key, stored, false, old ?? NO_REVISION);
    index.put(key, { main, sub, deleted: false, create, version, lease });
    this.#moveLease(key, alive?.lease ?? 0n, lease);
    return { previous: request.prevKv ? previous : undefined };
  }

  #moveLease(key: Buffer, from: bigint, to: bigint): void {
    if (from === to) return;
    if (from !== 0n) this.#ground.leases.detach(from, key);
    if (to !== 0n) this.#ground.leases.attach(to, key);
  }

  deleteRange(request: Pick<etcd.DeleteRangeRequest, 'key' | 'rangeEnd' | 'prevKv'>): DeleteResult {
    return finish(this.deleteSteps(request, AT_ONCE));
  }

  *deleteSteps(request: Pick<etcd.DeleteRangeRequest, 'key' | 'rangeEnd' | 'prevKv'>, pace: Pace): Steps<DeleteResult> {
    const previous: Buffer[] = [];
    let [deleted, bytes] = [0, 0];
    for (const doomed of this.#alive(request.key, request.rangeEnd, pace)) {
      for (const pair of doomed) {
        if (request.prevKv) {
          const { kv } = this.#ground.history.get(pair.entry)!;
          previous.push(kv);
          bytes += kv.length;
          if (bytes > RESPONSE_BYTES_MAX) throw errors.responseTooLarge(bytes);
        }
        this.#delete(pair);
        if (pace.spend(DELETION_UNITS)) yield;
      }
      deleted += doomed.length;
      if (pace.usedUp) yield;
    }
    return { deleted, previous };
  }

  /** A few at a time, for nothing may be written while the index is scanned. */
  *#alive(key: Buffer, rangeEnd: Buffer, pace: Pace): Generator<readonly Doomed[]> {
    const { index } = this.#ground;
    if (rangeEnd.length === 0) {
      const entry = index.get(key);
      if (entry && !entry.deleted) yield [{ key, entry }];
      return;
    }
    const { start: first, end } = keyRange(key, rangeEnd);
    for (let start: Buffer | undefined = first; start; ) {
      const doomed: Doomed[] = [];
      let [seen, last] = [0, undefined as Buffer | undefined];
      for (const pair of index.scan({ start, end })) {
        if (!pair.deleted) doomed.push({ key: pair.key, entry: pair.entry });
        pace.spend(SCAN_UNITS);
        seen += 1;
        if (seen < SCANNED) continue;
        last = pair.key;
        break;
      }
      yield doomed;
      start = last && Buffer.concat([last, ONE_ZERO]);
    }
  }

  #delete({ key, entry }: Doomed): void {
    this.#keys -= 1;
    const { main, sub } = this.#record(key, encodeDeletion(key, this.#main, HEAD_BYTES), true, entry);
    this.#ground.index.put(key, { main, sub, deleted: true, create: 0, version: 0, lease: 0n });
    this.#moveLease(key, entry.lease, 0n);
  }

  #record(key: Buffer, stored: Buffer, deleted: boolean, before: Revision): Revision {
    const event: ChangeEvent = {
      main: this.#main,
      sub: this.events.length,
      key,
      kv: stored.subarray(HEAD_BYTES),
      deleted,
      previous: { main: before.main, sub: before.sub },
    };
    this.#ground.history.put(event, stored);
    this.events.push(event);
    return event;
  }

  /** Ends the transaction: a new revision if it changed anything. */
  end(): readonly ChangeEvent[] {
    if (this.events.length > 0) this.#end(this.#main, this.#keys);
    return this.events;
  }
}
