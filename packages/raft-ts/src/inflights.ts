/** A first-in first-out window of append messages on their way to one follower, limited in count and bytes. */
export class Inflights {
  readonly #countMax: number;
  readonly #bytesMax: number;
  /** The last index and the size of each message, oldest first from `#head`. Indexes never fall. */
  #messages: { readonly index: number; readonly bytes: number }[] = [];
  #head = 0;
  #bytes = 0;

  constructor(countMax: number, bytesMax: number) {
    this.#countMax = countMax;
    this.#bytesMax = bytesMax;
  }

  get count(): number {
    return this.#messages.length - this.#head;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get full(): boolean {
    return this.count >= this.#countMax || this.#bytes >= this.#bytesMax;
  }

  add(index: number, bytes: number): void {
    this.#messages.push({ index, bytes });
    this.#bytes += bytes;
  }

  /** Forgets messages that end at or before `index`. */
  freeTo(index: number): void {
    while (this.#head < this.#messages.length && this.#messages[this.#head]!.index <= index) {
      this.#bytes -= this.#messages[this.#head]!.bytes;
      this.#head += 1;
    }
    if (this.#head * 2 > this.#messages.length) {
      this.#messages = this.#messages.slice(this.#head);
      this.#head = 0;
    }
  }

  reset(): void {
    this.#messages = [];
    this.#head = 0;
    this.#bytes = 0;
  }
}
