import { etcd } from '@keelson/protocol';
import { errors } from '../errors.js';
import type { Change, History } from './history.js';
import type { KeyIndex } from './key-index.js';
import type { Meta } from './meta.js';

/**
 * Forgets the past in slices. A compaction at revision C keeps, of each key, the last version at or before C unless
 * it is a deletion: so each change at or before C makes the version before it superfluous.
 */
export class Compactor {
  readonly #index: KeyIndex;
  readonly #history: History;
  readonly #meta: Meta;
  #revision: number;
  /** All changes up to here have been dealt with. */
  #done: number;

  constructor(index: KeyIndex, history: History, meta: Meta) {
    this.#index = index;
    this.#history = history;
    this.#meta = meta;
    this.#revision = meta.readNumber('compact');
    this.#done = meta.readNumber('compacted');
  }

  /** Reads below this are refused. */
  get revision(): number {
    return this.#revision;
  }

  get pending(): boolean {
    return this.#done < this.#revision;
  }

  /** Takes a compaction; what it frees is freed by `slice`. @throws EtcdError compacted, futureRevision */
  schedule(revision: number, current: number): void {
    if (revision <= this.#revision) throw errors.compacted();
    if (revision > current) throw errors.futureRevision();
    this.#revision = revision;
    this.#meta.writeNumber('compact', revision);
  }

  /** Deals with about `max` changes. False once nothing is left to do. */
  slice(max: number): boolean {
    const batch: Change[] = [];
    this.#forgetDeletionsAt(this.#done);
    for (const change of this.#history.scan({ main: this.#done + 1, sub: 0 }, this.#revision)) {
      if (batch.length >= max && change.main !== batch.at(-1)!.main) break;
      batch.push(change);
    }
    for (const change of batch) this.#forget(change);
    this.#done = batch.length < max ? this.#revision : batch.at(-1)!.main;
    this.#meta.writeNumber('compacted', this.#done);
    return this.pending;
  }

  #forget(change: Change): void {
    if (change.previous.main > 0) this.#history.remove(change.previous);
    // Who watches from the compaction's own revision on must still see what was deleted in it.
    if (change.deleted && change.main !== this.#revision) this.#forgetDeletion(change);
  }

  /** Those that an earlier compaction left, for they were at its own revision. */
  #forgetDeletionsAt(main: number): void {
    if (main === this.#revision) return;
    const changes = [...this.#history.scan({ main, sub: 0 }, main)];
    for (const change of changes) if (change.deleted) this.#forgetDeletion(change);
  }

  #forgetDeletion(change: Change): void {
    this.#history.remove(change);
    const { key } = etcd.KeyValue.decode(change.kv);
    const latest = this.#index.get(key);
    if (latest?.main === change.main && latest.sub === change.sub) this.#index.remove(key);
  }
}
