import type { OrderedMap } from '../backend/backend.js';
import { Table, tableKey, uint64 } from '../backend/tables.js';
import { indexKey } from '../mvcc/key-index.js';
import type { LeaseBook } from '../mvcc/mvcc.js';
import { type Pace, type Steps, sortSteps } from '../steps.js';

/** Which keys are attached to which leases, over a map. */
export class LeaseKeys implements LeaseBook {
  readonly #map: OrderedMap;

  constructor(map: OrderedMap) {
    this.#map = map;
  }

  attach(lease: bigint, key: Buffer): void {
    this.#map.put(attachmentKey(lease, key), key);
  }

  detach(lease: bigint, key: Buffer): void {
    this.#map.remove(attachmentKey(lease, key));
  }

  /** The keys attached to a lease, sorted. Between steps they must not change. */
  *keys(id: bigint, pace: Pace): Steps<Buffer[]> {
    const keys: Buffer[] = [];
    for (const slice of this.#slices(id)) {
      for (const key of slice) keys.push(key);
      if (pace.spend(slice.length)) yield;
    }
    return yield* sortSteps(keys, Buffer.compare, pace);
  }

  *#slices(id: bigint): Generator<readonly Buffer[]> {
    const end = endOf(id);
    for (let start: Buffer | undefined = startOf(id); start; ) {
      const slice: Buffer[] = [];
      let last: Buffer | undefined;
      for (const [stored, key] of this.#map.scan(start, end)) {
        slice.push(key);
        if (slice.length < SLICE) continue;
        last = stored;
        break;
      }
      yield slice;
      start = last && Buffer.concat([last, ZERO]);
    }
  }

  /**
   * Whether a lease has a key that `reach` does not cover. It says up to where, beginning with a key, all keys are
   * covered: these need not be looked at.
   */
  hasKeyOutside(id: bigint, reach: (key: Buffer) => Buffer | 'all' | undefined): boolean {
    const end = endOf(id);
    for (let start: Buffer | undefined = startOf(id); start; ) {
      const from = start;
      start = undefined;
      for (const [, key] of this.#map.scan(from, end)) {
        const to = reach(key);
        if (to === undefined) return true;
        if (to === 'all') return false;
        // Long keys that begin alike are in no order: each is looked at.
        if (indexKey(key) !== key) continue;
        start = tableKey(Table.attachment, uint64(id), indexKey(to, false));
        break;
      }
    }
    return false;
  }
}

/** Keys read between two steps. */
const SLICE = 250;
const ZERO = Buffer.alloc(1);
/** Above every stored key. */
const AFTER_KEYS = Buffer.alloc(1960, 0xff);

function startOf(id: bigint): Buffer {
  return tableKey(Table.attachment, uint64(id));
}

function endOf(id: bigint): Buffer {
  return Buffer.concat([startOf(id), AFTER_KEYS]);
}

function attachmentKey(lease: bigint, key: Buffer): Buffer {
  return tableKey(Table.attachment, uint64(lease), indexKey(key));
}
