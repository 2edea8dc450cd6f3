/**
 * Which operations are placed: nearly always all up to some point and a few after it, so that the text that names the
 * set stays short however long the history is.
 */
export class Placed {
  readonly #words: Uint32Array;
  #low = 0;
  #high = -1;

  constructor(size: number) {
    this.#words = new Uint32Array((size >>> 5) + 1);
  }

  add(index: number): void {
    this.#words[index >>> 5]! |= 1 << (index & 31);
    this.#high = Math.max(this.#high, index);
    while (this.#has(this.#low)) this.#low += 1;
  }

  remove(index: number): void {
    this.#words[index >>> 5]! &= ~(1 << (index & 31));
    this.#low = Math.min(this.#low, index);
    while (this.#high >= 0 && !this.#has(this.#high)) this.#high -= 1;
  }

  #has(index: number): boolean {
    return (this.#words[index >>> 5]! & (1 << (index & 31))) !== 0;
  }

  get name(): string {
    let name = String(this.#low);
    if (this.#high < this.#low) return name;
    for (let word = this.#low >>> 5; word <= this.#high >>> 5; word += 1) name += `.${this.#words[word]!.toString(36)}`;
    return name;
  }
}
