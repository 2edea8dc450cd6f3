import sortedBtree from 'sorted-btree';

const BTree = sortedBtree.default;

/**
 * Writes that are not yet on disk. Keys are held as latin1 strings: they order as the bytes do and compare fast.
 * `null` is a removal.
 */
export class Overlay {
  readonly #entries = new BTree<string, Buffer | null>(undefined, compareText);
  bytes = 0;

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): Buffer | null | undefined {
    return this.#entries.get(key);
  }

  set(key: string, value: Buffer | null): void {
    this.#entries.set(key, value);
    this.bytes += key.length + (value?.length ?? 0);
  }

  forEach(run: (key: string, value: Buffer | null) => void): void {
    this.#entries.forEachPair(run);
  }

  /** Entries with start ≤ key < end, in order. */
  *scan(start: string, end: string, reverse: boolean): Generator<[string, Buffer | null]> {
    if (reverse) {
      for (const pair of this.#entries.entriesReversed(end, undefined, true)) {
        if (pair[0] < start) return;
        yield pair;
      }
    } else {
      for (const pair of this.#entries.entries(start)) {
        if (pair[0] >= end) return;
        yield pair;
      }
    }
  }
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
