import type { OrderedMap } from '../backend/backend.js';
import { Table } from '../backend/tables.js';
import type { Revision } from './key-index.js';

/** One change of one key. */
export interface Change extends Revision {
  readonly deleted: boolean;
  /** The key's version before, if it had one that is not compacted away: main is 0 if it had none. */
  readonly previous: Revision;
  /** An encoded mvccpb.KeyValue; of a deletion only key and mod_revision. */
  readonly kv: Buffer;
}

const KEY_BYTES = 13;
/** Bytes before an encoded KeyValue in the database. */
export const HEAD_BYTES = 11;

/** revision → change, in the order of revisions. */
export class History {
  readonly #map: OrderedMap;

  constructor(map: OrderedMap) {
    this.#map = map;
  }

  get(revision: Revision): Change | undefined {
    const value = this.#map.get(historyKey(revision));
    return value && decode(revision, value);
  }

  /** `stored` is the change's KeyValue after `HEAD_BYTES` of room. */
  put(change: Omit<Change, 'kv'>, stored: Buffer): void {
    stored[0] = change.deleted ? 1 : 0;
    stored.writeUIntBE(change.previous.main, 1, 6);
    stored.writeUInt32BE(change.previous.sub, 7);
    this.#map.put(historyKey(change), stored);
  }

  remove(revision: Revision): void {
    this.#map.remove(historyKey(revision));
  }

  /** Changes of revisions from `from` up to and with `to`. */
  *scan(from: Revision, to: number): Generator<Change> {
    for (const [key, value] of this.#map.scan(historyKey(from), historyKey({ main: to + 1, sub: 0 }))) {
      yield decode({ main: Number(key.readBigUInt64BE(1)), sub: key.readUInt32BE(9) }, value);
    }
  }
}

function historyKey({ main, sub }: Revision): Buffer {
  const key = Buffer.allocUnsafe(KEY_BYTES);
  key[0] = Table.history;
  key.writeUInt16BE(0, 1);
  key.writeUIntBE(main, 3, 6);
  key.writeUInt32BE(sub, 9);
  return key;
}

function decode({ main, sub }: Revision, value: Buffer): Change {
  return {
    main,
    sub,
    deleted: value.readUInt8(0) === 1,
    previous: { main: value.readUIntBE(1, 6), sub: value.readUInt32BE(7) },
    kv: value.subarray(HEAD_BYTES),
  };
}
