import { etcd } from '@keelson/protocol';
import { errors } from '../errors.js';
import type { Change, History } from './history.js';
import type { KeyIndex, Revision } from './key-index.js';
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
  /** All changes before this one have been dealt with. */
  #next: Revision;

  constructor(index: KeyIndex, history: History, meta: Meta) {
    this.#index = index;
    this.#history = history;
    this.#meta = meta;
    this.#revision = meta.readNumber('compact');
    this.#next = { main: meta.readNumber('compacted'), sub: 0 };
  }

  /** Reads below this are refused. */
  get revision(): number {
    return this.#revision;
  }

  get pending(): boolean {
    return this.#next.main < this.#revision || this.#next.sub > 0;
  }

  /** Takes a compaction; what it frees is freed by `slice`. @throws EtcdError compacted, futureRevision */
  schedule(revision: number, current: number): void {
    if (revision <= this.#revision) throw errors.compacted();
    if (revision > current) throw errors.futureRevision();
    // Deletions at the last compaction's own revision were left, also where its last slice is still to come.
    if (this.#next.main === this.#revision) this.#next = { main: this.#revision, sub: 0 };
    this.#revision = revision;
    this.#meta.writeNumber('compact', revision);
  }

  /**
   * Deals with `max` changes. False once nothing is left to do. The next compaction begins again with the changes at
   * this one's own revision.
   */
  slice(max: number): boolean {
    const batch: Change[] = [];
    for (const change of this.#history.scan(this.#next, this.#revision)) {
      batch.push(change);
      if (batch.length >= max) break;
    }
    for (const change of batch) this.#forget(change);
    const last = batch.length < max ? undefined : batch.at(-1)!;
    this.#next = last ? { main: last.main, sub: last.sub + 1 } : { main: this.#revision, sub: 0 };
    // Whoever goes on after a restart begins with whole revisions.
    this.#meta.writeNumber('compacted', last ? last.main - 1 : this.#revision);
    return this.pending;
  }

  #forget(change: Change): void {
    if (change.previous.main > 0) this.#history.remove(change.previous);
    // Who watches from the compaction's own revision on must still see what was deleted in it.
    if (change.deleted && change.main !== this.#revision) this.#forgetDeletion(change);
  }

  #forgetDeletion(change: Change): void {
    this.#history.remove(change);
    const { key } = etcd.KeyValue.decode(change.kv);
    const latest = this.#index.get(key);
    if (latest?.main === change.main && latest.sub === change.sub) this.#index.remove(key);
  }
}
