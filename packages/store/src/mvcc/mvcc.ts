import { etcd } from '@keelson/protocol';
import type { Backend } from '../backend/backend.js';
import { Compactor } from './compactor.js';
import { type Change, HEAD_BYTES, History } from './history.js';
import { type IndexEntry, KeyIndex, type KeyRange, type Revision } from './key-index.js';
import { encodeKeyValue } from './key-value.js';
import type { Meta } from './meta.js';
import { keyRange, type RangeResult, type RangeSource, range, rangeSteps } from './range.js';

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

type Doomed = { readonly key: Buffer; readonly entry: IndexEntry };

const NO_REVISION: Revision = { main: 0, sub: 0 };
const HEAD = Buffer.alloc(HEAD_BYTES);

/** Keys, their values and their past, over a {@link Backend}. One writer at a time. */
export class Mvcc implements RangeSource {
  readonly index: KeyIndex;
  readonly history: History;
  readonly compactor: Compactor;
  readonly #meta: Meta;
  #revision: number;
  #saved: number;
  #keys: number;

  constructor(backend: Backend, meta: Meta) {
    this.index = new KeyIndex(backend);
    this.history = new History(backend);
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

  /** A read of the revision that is the latest now, in steps. */
  rangeSteps(query: Omit<etcd.RangeRequest, 'serializable'>, keysPerStep: number): Generator<void, RangeResult> {
    return rangeSteps(this, { ...query, revision: query.revision > 0 ? query.revision : this.#revision }, keysPerStep);
  }

  /** Starts a transaction: all its changes have one revision, and its own reads see them. */
  write(leases: LeaseBook): WriteTransaction {
    return new WriteTransaction(this, leases, (main, keys) => {
      this.#revision = main;
      this.#keys += keys;
    });
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
  readonly #leases: LeaseBook;
  readonly #end: (main: number, keys: number) => void;
  readonly #main: number;
  readonly events: ChangeEvent[] = [];
  /** Keys more, or fewer, than before. */
  #keys = 0;

  constructor(mvcc: Mvcc, leases: LeaseBook, end: (main: number, keys: number) => void) {
    this.#mvcc = mvcc;
    this.#leases = leases;
    this.#end = end;
    this.#main = mvcc.revision + 1;
  }

  /** The revision that reads in the transaction show: its own once it has changed something. */
  get revision(): number {
    return this.events.length > 0 ? this.#main : this.#main - 1;
  }

  range(query: Omit<etcd.RangeRequest, 'serializable'>): RangeResult {
    const { index, history, compactRevision } = this.#mvcc;
    return range({ index, history, compactRevision, revision: this.revision }, query);
  }

  put(request: etcd.PutRequest): PutResult {
    const { key } = request;
    const { index, history } = this.#mvcc;
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
    if (from !== 0n) this.#leases.detach(from, key);
    if (to !== 0n) this.#leases.attach(to, key);
  }

  deleteRange(request: Pick<etcd.DeleteRangeRequest, 'key' | 'rangeEnd' | 'prevKv'>): DeleteResult {
    const doomed = this.#alive(request.key, request.rangeEnd);
    const previous = request.prevKv ? doomed.map(({ entry }) => this.#mvcc.history.get(entry)!.kv) : [];
    for (const pair of doomed) this.#delete(pair);
    return { deleted: doomed.length, previous };
  }

  #alive(key: Buffer, rangeEnd: Buffer): Doomed[] {
    if (rangeEnd.length === 0) {
      const entry = this.#mvcc.index.get(key);
      return entry && !entry.deleted ? [{ key, entry }] : [];
    }
    const keys: KeyRange = keyRange(key, rangeEnd);
    return [...this.#mvcc.index.scan(keys)].filter((pair) => !pair.deleted);
  }

  #delete({ key, entry }: Doomed): void {
    this.#keys -= 1;
    const kv = etcd.KeyValue.encode({ key, modRevision: this.#main });
    const { main, sub } = this.#record(key, Buffer.concat([HEAD, kv]), true, entry);
    this.#mvcc.index.put(key, { main, sub, deleted: true, create: 0, version: 0, lease: 0n });
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
    this.#mvcc.history.put(event, stored);
    this.events.push(event);
    return event;
  }

  /** Ends the transaction: a new revision if it changed anything. */
  end(): readonly ChangeEvent[] {
    if (this.events.length > 0) this.#end(this.#main, this.#keys);
    return this.events;
  }
}
