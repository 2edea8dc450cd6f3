import sortedBtree from 'sorted-btree';

const BTree = sortedBtree.default;

type Entry = [key: string, value: Buffer | null];

/**
 * Writes that are not yet on disk. Keys are held as latin1 strings: they order as the bytes do and compare fast.
 * `null` is a removal. Keys that begin with `ascending` nearly always come in order, and cost no search then.
 */
export class Overlay {
  readonly #ascending: string;
  readonly #values = new Map<string, Buffer | null>();
  /** The keys in order: those of the ascending table that came in order, and all others. */
  readonly #tail: string[] = [];
  readonly #others = new BTree<string, true>(undefined, compareText);
  bytes = 0;

  constructor(ascending: string) {
    this.#ascending = ascending;
  }

  get size(): number {
    return this.#values.size;
  }

  get(key: string): Buffer | null | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: Buffer | null): void {
    const before = this.#values.get(key);
    this.#values.set(key, value);
    this.bytes += (value?.length ?? 0) - (before?.length ?? 0);
    if (before !== undefined) return;
    this.bytes += key.length;
    if (key.startsWith(this.#ascending) && (this.#tail.length === 0 || key > this.#tail.at(-1)!)) this.#tail.push(key);
    else this.#others.set(key, true);
  }

  /** All entries, in order of their keys. */
  forEach(run: (key: string, value: Buffer | null) => void): void {
    let at = 0;
    this.#others.forEachPair((key) => {
      for (; at < this.#tail.length && this.#tail[at]! < key; at += 1)
        run(this.#tail[at]!, this.#value(this.#tail[at]!));
      run(key, this.#value(key));
    });
    for (; at < this.#tail.length; at += 1) run(this.#tail[at]!, this.#value(this.#tail[at]!));
  }

  #value(key: string): Buffer | null {
    return this.#values.get(key)!;
  }

  /** Entries with start ≤ key < end, in order. */
  *scan(start: string, end: string, reverse: boolean): Generator<Entry> {
    const [first, past] = [this.#tailFrom(start), this.#tailFrom(end)];
    const step = reverse ? -1 : 1;
    let at = reverse ? past - 1 : first;
    for (const key of this.#othersBetween(start, end, reverse)) {
      for (; at >= first && at < past && compareText(this.#tail[at]!, key) === -step; at += step) {
        yield [this.#tail[at]!, this.#value(this.#tail[at]!)];
      }
      yield [key, this.#value(key)];
    }
    for (; at >= first && at < past; at += step) yield [this.#tail[at]!, this.#value(this.#tail[at]!)];
  }

  /** Where the first key of the tail that is not below `key` stands. */
  #tailFrom(key: string): number {
    let [low, high] = [0, this.#tail.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#tail[middle]! < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  *#othersBetween(start: string, end: string, reverse: boolean): Generator<string> {
    const pairs = reverse ? this.#others.entriesReversed(end, undefined, true) : this.#others.entries(start);
    for (const [key] of pairs) {
      if (reverse ? key < start : key >= end) return;
      yield key;
    }
  }
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
