import { createHash } from 'node:crypto';
import type { OrderedMap } from '../backend/backend.js';
import { Table } from '../backend/tables.js';

/** A revision is a transaction's number and a change's place in it. */
export interface Revision {
  readonly main: number;
  readonly sub: number;
}

/** A key's latest version; a deleted key stays until compaction passes its deletion. */
export interface IndexEntry extends Revision {
  readonly deleted: boolean;
  readonly create: number;
  readonly version: number;
  readonly lease: bigint;
}

/** A stored key with its entry, decoded as far as it is looked at: most of a large range is only counted. */
export class IndexPair {
  readonly #storedKey: Buffer;
  readonly #value: Buffer;

  constructor(storedKey: Buffer, value: Buffer) {
    this.#storedKey = storedKey;
    this.#value = value;
  }

  get key(): Buffer {
    return this.isLong ? this.#value.subarray(VALUE_BYTES) : this.#storedKey.subarray(1);
  }

  /** The key is too long to be stored as it is. */
  get isLong(): boolean {
    return this.#value.length > VALUE_BYTES;
  }

  get deleted(): boolean {
    return this.#value[0] === 1;
  }

  get main(): number {
    return this.#value.readUIntBE(1, 6);
  }

  get entry(): IndexEntry {
    return decode(this.#value);
  }
}

/** The half-open range of keys that a request names; no `end` is up to the last key. */
export interface KeyRange {
  readonly start: Buffer;
  readonly end: Buffer | undefined;
}

/** Keys up to this length are stored as they are; of longer ones the start and a hash, and the key in the value. */
const PLAIN_MAX = 1900;
const HASH_BYTES = 32;
const VALUE_BYTES = 31;

/** key → latest version, in the order of keys. */
export class KeyIndex {
  readonly #map: OrderedMap;

  constructor(map: OrderedMap) {
    this.#map = map;
  }

  get(key: Buffer): IndexEntry | undefined {
    const value = this.#map.get(stored(key));
    return value && decode(value);
  }

  put(key: Buffer, entry: IndexEntry): void {
    this.#map.put(stored(key), encode(key, entry));
  }

  remove(key: Buffer): void {
    this.#map.remove(stored(key));
  }

  *scan(range: KeyRange): Generator<IndexPair> {
    let group: IndexPair[] = [];
    for (const [storedKey, value] of this.#map.scan(stored(range.start, false), upperBound(range.end))) {
      const pair = new IndexPair(storedKey, value);
      if (group.length > 0 && !sameGroup(group[0]!, pair)) {
        yield* inOrder(group, range);
        group = [];
      }
      if (pair.isLong) group.push(pair);
      else if (range.start.length <= PLAIN_MAX || Buffer.compare(pair.key, range.start) >= 0) yield pair;
    }
    yield* inOrder(group, range);
  }
}

/** Long keys that begin alike are stored in the order of their hashes. */
function* inOrder(group: IndexPair[], { start, end }: KeyRange): Generator<IndexPair> {
  group.sort((a, b) => Buffer.compare(a.key, b.key));
  for (const pair of group) {
    if (Buffer.compare(pair.key, start) >= 0 && (!end || Buffer.compare(pair.key, end) < 0)) yield pair;
  }
}

function sameGroup(a: IndexPair, b: IndexPair): boolean {
  return b.isLong && a.key.compare(b.key, 0, PLAIN_MAX, 0, PLAIN_MAX) === 0;
}

/** The form of a key in the database; as a bound, a long key stands before all that begin like it. */
export function indexKey(key: Buffer, hashed = true): Buffer {
  if (key.length <= PLAIN_MAX) return key;
  const start = key.subarray(0, PLAIN_MAX);
  return hashed ? Buffer.concat([start, createHash('sha256').update(key).digest()]) : start;
}

function stored(key: Buffer, hashed = true): Buffer {
  const body = indexKey(key, hashed);
  const out = Buffer.allocUnsafe(body.length + 1);
  out[0] = Table.index;
  out.set(body, 1);
  return out;
}

const AFTER_HASH = Buffer.alloc(HASH_BYTES + 1, 0xff);

function upperBound(end: Buffer | undefined): Buffer {
  if (!end) return Buffer.of(Table.index + 1);
  return end.length <= PLAIN_MAX ? stored(end) : Buffer.concat([stored(end, false), AFTER_HASH]);
}

function encode(key: Buffer, entry: IndexEntry): Buffer {
  const isLong = key.length > PLAIN_MAX;
  const value = Buffer.allocUnsafe(VALUE_BYTES + (isLong ? key.length : 0));
  value.writeUInt8(entry.deleted ? 1 : 0, 0);
  value.writeUIntBE(entry.main, 1, 6);
  value.writeUInt32BE(entry.sub, 7);
  value.writeUIntBE(entry.create, 11, 6);
  value.writeUIntBE(entry.version, 17, 6);
  value.writeBigInt64BE(entry.lease, 23);
  if (isLong) value.set(key, VALUE_BYTES);
  return value;
}

function decode(value: Buffer): IndexEntry {
  return {
    deleted: value.readUInt8(0) === 1,
    main: value.readUIntBE(1, 6),
    sub: value.readUInt32BE(7),
    create: value.readUIntBE(11, 6),
    version: value.readUIntBE(17, 6),
    lease: value.readInt32BE(23) === 0 && value.readInt32BE(27) === 0 ? 0n : value.readBigInt64BE(23),
  };
}
