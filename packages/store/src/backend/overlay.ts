import sortedBtree from 'sorted-btree';
import type { Pair } from './backend.js';
import { Table } from './tables.js';

const BTree = sortedBtree.default;

/** A key and its value; null: it is removed. */
export type OverlayEntry = [key: string, value: Buffer | null];

/** Above every key: latin1 ends below it. */
const AFTER_ALL = '\u0100';

/**
 * Writes that are not yet on disk. Keys are held as latin1 strings: they order as the bytes do and compare fast.
 * `null` is a removal. Revisions only grow: the history nearly always comes in order, and costs no search then.
 */
export class Overlay {
  readonly #ascending = String.fromCharCode(Table.history);
  readonly #values = new Map<string, Buffer | null>();
  /** The keys in order: those of the ascending table that came in order, and all others. */
  readonly #tail: string[] = [];
  readonly #others = new BTree<string, true>(undefined, compareText);
  bytes = 0;

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
  entries(): Generator<OverlayEntry> {
    return this.scan('', AFTER_ALL, false);
  }

  #value(key: string): Buffer | null {
    return this.#values.get(key)!;
  }

  /** Entries with start ≤ key < end, in order. */
  *scan(start: string, end: string, reverse: boolean): Generator<OverlayEntry> {
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

/** Entries of several overlays in order, the newest overlay first: where several have a key, the newest one's. */
export function mergedScan(
  newestFirst: readonly Overlay[],
  from: string,
  to: string,
  reverse: boolean,
): Iterator<OverlayEntry> {
  const scans = newestFirst.map((overlay) => overlay.scan(from, to, reverse));
  return scans.length === 0 ? NOTHING : scans.reduce((newer, older) => mergeTwo(newer, older, reverse));
}

const NOTHING: Iterator<OverlayEntry> = { next: () => ({ done: true, value: undefined }) };

function* mergeTwo(
  newer: Iterator<OverlayEntry>,
  older: Iterator<OverlayEntry>,
  reverse: boolean,
): Generator<OverlayEntry> {
  let [a, b] = [newer.next(), older.next()];
  while (!a.done || !b.done) {
    const order = a.done ? 1 : b.done ? -1 : compareKeys(a.value[0], b.value[0], reverse);
    if (order <= 0) yield a.value;
    else yield b.value;
    if (order <= 0) a = newer.next();
    if (order >= 0) b = older.next();
  }
}

/** An overlay's changes over what lies below; removals leave nothing. */
export function* overlaid<P>(
  changes: Iterator<OverlayEntry>,
  below: Iterator<P>,
  face: { readonly keyOf: (pair: P) => Buffer; readonly toPair: (pair: P) => Pair },
  reverse: boolean,
): Generator<Pair> {
  let change = changes.next();
  let pair = below.next();
  try {
    while (!change.done || !pair.done) {
      const order = change.done
        ? 1
        : pair.done
          ? -1
          : compareKeys(change.value[0], face.keyOf(pair.value).toString('latin1'), reverse);
      if (order > 0) yield face.toPair(pair.value as P);
      else if (change.value![1] !== null) yield [Buffer.from(change.value![0], 'latin1'), change.value![1]];
      if (order <= 0) change = changes.next();
      if (order >= 0) pair = below.next();
    }
  } finally {
    if (!pair.done) below.return?.();
  }
}

function compareKeys(a: string, b: string, reverse: boolean): number {
  const order = compareText(a, b);
  return reverse ? -order : order;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
