/** What happened, in order: the last lines to read, and a hash of all of them to compare runs by. */
export class Trace {
  readonly #keep: number;
  readonly #lines: string[] = [];
  #hash = 0x811c9dc5;
  #count = 0;

  constructor(keep: number) {
    this.#keep = keep;
  }

  add(line: string): void {
    for (let at = 0; at < line.length; at += 1) this.#hash = Math.imul(this.#hash ^ line.charCodeAt(at), 0x01000193);
    this.#count += 1;
    this.#lines.push(line);
    if (this.#lines.length > 2 * this.#keep) this.#lines.splice(0, this.#keep);
  }

  get hash(): string {
    return `${this.#count}-${(this.#hash >>> 0).toString(16).padStart(8, '0')}`;
  }

  get last(): readonly string[] {
    return this.#lines.slice(-this.#keep);
  }
}
