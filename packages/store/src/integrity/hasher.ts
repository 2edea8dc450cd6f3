import type { Clock } from '@keelson/service';
import type { CompactionRunner } from '../mvcc/compaction-runner.js';
import { addToHash } from '../mvcc/hash.js';
import type { Change } from '../mvcc/history.js';
import type { Revision } from '../mvcc/key-index.js';
import type { Mvcc } from '../mvcc/mvcc.js';
import { checkRevision } from '../mvcc/range.js';
import type { Replica } from '../replica/replica.js';

export interface KeysHash {
  readonly hash: number;
  /** Everything up to here is in it. */
  readonly hashRevision: number;
  /** Hashes of the same revision at the same compaction are the same on all members. */
  readonly compactRevision: number;
  /** The latest, as the hash was begun. */
  readonly revision: number;
}

export interface HasherOptions {
  /** Changes hashed between two pauses, in which everything else goes on. */
  readonly sliceChanges: number;
}

/** Checksums of this member's keys, taken in slices. */
export class Hasher {
  readonly #options: HasherOptions;
  readonly #replica: Replica;
  readonly #compactions: CompactionRunner;
  readonly #clock: Pick<Clock, 'sleep'>;

  constructor(
    options: HasherOptions,
    dependencies: {
      readonly replica: Replica;
      readonly compactions: CompactionRunner;
      readonly clock: Pick<Clock, 'sleep'>;
    },
  ) {
    this.#options = options;
    this.#replica = dependencies.replica;
    this.#compactions = dependencies.compactions;
    this.#clock = dependencies.clock;
  }

  /** Of everything up to a revision; 0: the latest. @throws EtcdError compacted, futureRevision */
  async hash(revision: number): Promise<KeysHash> {
    for (;;) {
      await this.#compactions.done();
      const { mvcc } = this.#replica.machine;
      const hashRevision = checkRevision(mvcc, revision);
      const { compactRevision, revision: latest } = mvcc;
      const hash = await this.#inSlices(mvcc, hashRevision, compactRevision);
      if (hash !== undefined) return { hash, hashRevision, compactRevision, revision: latest };
    }
  }

  /** Undefined if a compaction, or a leader's snapshot, came between: what is hashed must not change meanwhile. */
  async #inSlices(mvcc: Mvcc, to: number, compactRevision: number): Promise<number | undefined> {
    let hash = 0;
    for (let from: Revision | undefined = { main: 0, sub: 0 }; from; ) {
      if (mvcc !== this.#replica.machine.mvcc || mvcc.compactRevision !== compactRevision) return undefined;
      let count = 0;
      let last: Change | undefined;
      for (const change of mvcc.history.scan(from, to)) {
        hash = addToHash(hash, change);
        count += 1;
        if (count < this.#options.sliceChanges) continue;
        last = change;
        break;
      }
      from = last && { main: last.main, sub: last.sub + 1 };
      if (from) await this.#clock.sleep(0);
    }
    return hash;
  }
}
