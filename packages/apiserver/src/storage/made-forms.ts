/** What can do without what was made of it: it is made again when somebody asks. */
export interface Maker {
  /** About how much is made of. */
  readonly bytes: number;
  /** Whether somebody has asked since this was last asked. */
  wasUsed(): boolean;
  forget(): void;
}

/** Remembers of which objects something was made, and forgets what nobody asks for when it becomes too much. */
export class MadeForms {
  readonly #bytesMax: number;
  /** In the order in which they are looked at. */
  readonly #makers = new Set<Maker>();
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Whether nothing has to go for it. */
  hasRoomFor({ bytes }: Maker): boolean {
    return this.#bytes + bytes <= this.#bytesMax;
  }

  /** Something was made of it for the first time since it was last told to forget. */
  add(maker: Maker): void {
    this.#makers.add(maker);
    this.#bytes += maker.bytes;
    for (const eldest of this.#makers) {
      if (this.#bytes <= this.#bytesMax) return;
      this.#makers.delete(eldest);
      // Once more round for what was asked for: it is looked at again after all others.
      if (eldest.wasUsed()) this.#makers.add(eldest);
      else {
        this.#bytes -= eldest.bytes;
        eldest.forget();
      }
    }
  }
}
