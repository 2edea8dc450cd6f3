/** The bytes of several buffers in a row, to be copied into others. */
export class Parts {
  readonly #parts: readonly Buffer[];
  /** Of the next byte: the part, and where in it. */
  #part = 0;
  #at = 0;

  constructor(parts: readonly Buffer[]) {
    this.#parts = parts;
  }

  get isDone(): boolean {
    return this.#part === this.#parts.length;
  }

  /** The number of bytes that it wrote from the start of the chunk on. */
  fill(chunk: Buffer): number {
    let length = 0;
    while (length < chunk.length && !this.isDone) {
      const part = this.#parts[this.#part]!;
      const copied = part.copy(chunk, length, this.#at);
      length += copied;
      this.#at += copied;
      if (this.#at < part.length) break;
      this.#part += 1;
      this.#at = 0;
    }
    return length;
  }
}
