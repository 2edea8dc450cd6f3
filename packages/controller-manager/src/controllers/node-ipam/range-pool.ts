import { addresses } from '@keelson/api';

const { addressText, parseRange } = addresses;

/** Blocks of one size that a larger range is cut into; each is taken at most once. */
export class RangePool {
  readonly text: string;
  readonly #family: 4 | 6;
  readonly #prefix: number;
  readonly #first: bigint;
  readonly #blockBits: bigint;
  readonly #blocks: number;
  readonly #taken = new Set<number>();
  #next = 0;

  /** @throws Error in the words of a flag's problem: `range` is none, or is smaller than its blocks */
  constructor(range: string, blockPrefix: number) {
    const parsed = parseRange(range);
    if (parsed === undefined) throw new Error(`"${range}" is not a range of addresses such as 10.244.0.0/16`);
    const { first, prefix } = parsed;
    const bits = first.family === 4 ? 32 : 128;
    if (blockPrefix < prefix || blockPrefix > bits)
      throw new Error(`a node's mask of ${blockPrefix} bits does not fit ${range}: give ${prefix} to ${bits}`);
    // As upstream: more than 16 bits of blocks are more nodes than any cluster has.
    if (blockPrefix - prefix > 16)
      throw new Error(`a node's mask of ${blockPrefix} bits is too long for ${range}: at most ${prefix + 16}`);
    this.text = range;
    this.#family = first.family;
    this.#prefix = blockPrefix;
    this.#first = first.value;
    this.#blockBits = BigInt(bits - blockPrefix);
    this.#blocks = 2 ** (blockPrefix - prefix);
  }

  get family(): 4 | 6 {
    return this.#family;
  }

  get free(): number {
    return this.#blocks - this.#taken.size;
  }

  /** The next free block after the one that was taken last, so that one that was let go is not used again at once. */
  take(): string | undefined {
    for (let tried = 0; tried < this.#blocks; tried += 1) {
      const at = (this.#next + tried) % this.#blocks;
      if (this.#taken.has(at)) continue;
      this.#taken.add(at);
      this.#next = (at + 1) % this.#blocks;
      return this.#textOf(at);
    }
    return undefined;
  }

  /** Marks every block that a range touches; one that lies elsewhere touches none. */
  occupy(range: string): void {
    for (const at of this.#within(range)) this.#taken.add(at);
  }

  release(range: string): void {
    for (const at of this.#within(range)) this.#taken.delete(at);
  }

  #textOf(at: number): string {
    const value = this.#first + (BigInt(at) << this.#blockBits);
    return `${addressText({ family: this.#family, value })}/${this.#prefix}`;
  }

  *#within(text: string): Iterable<number> {
    const range = parseRange(text);
    if (range === undefined || range.first.family !== this.#family) return;
    const size = 1n << BigInt((this.#family === 4 ? 32 : 128) - range.prefix);
    const from = range.first.value - this.#first;
    const to = from + size - 1n;
    const last = (BigInt(this.#blocks) << this.#blockBits) - 1n;
    if (to < 0n || from > last) return;
    const low = Number((from < 0n ? 0n : from) >> this.#blockBits);
    const high = Number((to > last ? last : to) >> this.#blockBits);
    for (let at = low; at <= high; at += 1) yield at;
  }
}
