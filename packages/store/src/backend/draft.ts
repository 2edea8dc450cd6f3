import type { OrderedMap, Pair, ScanOptions } from './backend.js';
import { mergedScan, Overlay, overlaid } from './overlay.js';

/** Writes of one overlay: a larger one would take long to grow. */
const OVERLAY_WRITES = 32 * 1024;

/**
 * Writes put aside: they show to whoever reads the draft, and to nobody else until the map below absorbs them. So a
 * change may be as large as it likes and be worked out a bit at a time.
 */
export class Draft implements OrderedMap {
  readonly #below: OrderedMap;
  /** The newest last. */
  readonly written: Overlay[] = [new Overlay()];

  constructor(below: OrderedMap) {
    this.#below = below;
  }

  get(key: Buffer): Buffer | undefined {
    const text = key.toString('latin1');
    for (let at = this.written.length - 1; at >= 0; at -= 1) {
      const value = this.written[at]!.get(text);
      if (value !== undefined) return value ?? undefined;
    }
    return this.#below.get(key);
  }

  put(key: Buffer, value: Buffer): void {
    this.#set(key, value);
  }

  remove(key: Buffer): void {
    this.#set(key, null);
  }

  #set(key: Buffer, value: Buffer | null): void {
    let top = this.written.at(-1)!;
    if (top.size >= OVERLAY_WRITES) {
      top = new Overlay();
      this.written.push(top);
    }
    top.set(key.toString('latin1'), value);
  }

  scan(start: Buffer, end: Buffer, options: ScanOptions = {}): Iterable<Pair> {
    const reverse = options.reverse === true;
    const changes = mergedScan(this.written.toReversed(), start.toString('latin1'), end.toString('latin1'), reverse);
    return overlaid(changes, this.#below.scan(start, end, options)[Symbol.iterator](), PAIR, reverse);
  }
}

const PAIR = { keyOf: ([key]: Pair) => key, toPair: (pair: Pair) => pair };
