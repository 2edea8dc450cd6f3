/** Memory for many texts at once: a piece of its own for each would cost as much again as a small object. */
const SLAB_BYTES = 64 * 1024;
/** A longer text gets a slab for itself. */
const SHARED_BYTES_MAX = 8 * 1024;

interface Slab {
  readonly memory: Buffer;
  used: number;
  /** Bytes of texts that are not released. */
  live: number;
  texts: KeptText[];
}

/** A text in a slab. Who has its bytes may keep them: nothing is written twice to the same place. */
export class KeptText {
  #slab: Slab;
  #offset: number;
  readonly #length: number;
  #isReleased = false;

  constructor(slab: Slab, offset: number, length: number) {
    this.#slab = slab;
    this.#offset = offset;
    this.#length = length;
  }

  get bytes(): Buffer {
    return this.#slab.memory.subarray(this.#offset, this.#offset + this.#length);
  }

  static move(text: KeptText, slab: Slab, offset: number): void {
    text.#slab = slab;
    text.#offset = offset;
  }

  /** The slab that it leaves behind; undefined if it was released before. */
  static leave(text: KeptText): { slab: Slab; length: number } | undefined {
    if (text.#isReleased) return undefined;
    text.#isReleased = true;
    return { slab: text.#slab, length: text.#length };
  }

  get isReleased(): boolean {
    return this.#isReleased;
  }
}

/**
 * Texts beside the heap, close together. Of a slab of which less than half is still in use the rest moves on, so that
 * all of them take at most twice what is in them.
 */
export class Slabs {
  #current = newSlab(SLAB_BYTES);

  keep(pieces: readonly Buffer[]): KeptText {
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    const { slab, offset } = this.#place(pieces, length);
    const text = new KeptText(slab, offset, length);
    slab.texts.push(text);
    return text;
  }

  /** Nobody will ask for it who does not have it already. */
  release(text: KeptText): void {
    const left = KeptText.leave(text);
    if (left === undefined) return;
    const { slab, length } = left;
    slab.live -= length;
    if (slab === this.#current || slab.live * 2 >= slab.used) return;
    const others = slab.texts.filter((it) => !it.isReleased);
    slab.texts = [];
    for (const other of others) {
      const place = this.#place([other.bytes], other.bytes.length);
      KeptText.move(other, place.slab, place.offset);
      place.slab.texts.push(other);
    }
  }

  #place(pieces: readonly Buffer[], length: number): { slab: Slab; offset: number } {
    if (length > SHARED_BYTES_MAX) return fill(newSlab(length), pieces);
    if (this.#current.used + length > SLAB_BYTES) this.#current = newSlab(SLAB_BYTES);
    return fill(this.#current, pieces);
  }
}

function newSlab(size: number): Slab {
  return { memory: Buffer.allocUnsafeSlow(size), used: 0, live: 0, texts: [] };
}

function fill(slab: Slab, pieces: readonly Buffer[]): { slab: Slab; offset: number } {
  const offset = slab.used;
  for (const piece of pieces) slab.used += piece.copy(slab.memory, slab.used);
  slab.live += slab.used - offset;
  return { slab, offset };
}
