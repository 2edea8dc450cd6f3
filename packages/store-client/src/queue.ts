/** A bounded channel from callbacks to one async iteration. */
export class ResponseQueue<T> {
  #items: T[] = [];
  #waiting: ((done: boolean) => void) | undefined;
  #ended = false;
  #error: unknown;
  readonly #max: number;
  readonly #onRoom: () => void;

  /** `onRoom` is called when a full queue has room again. */
  constructor(max: number, onRoom: () => void) {
    this.#max = max;
    this.#onRoom = onRoom;
  }

  get full(): boolean {
    return this.#items.length >= this.#max;
  }

  push(item: T): void {
    if (this.#ended) return;
    this.#items.push(item);
    this.#wake();
  }

  /** Ends the iteration after what was pushed; with an error if one is given. */
  end(error?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.#wake();
  }

  #wake(): void {
    const wake = this.#waiting;
    this.#waiting = undefined;
    wake?.(true);
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    while (this.#items.length === 0) {
      if (this.#ended) return this.#finish();
      await new Promise<boolean>((resolve) => {
        this.#waiting = resolve;
      });
    }
    const wasFull = this.full;
    const value = this.#items.shift()!;
    if (wasFull && !this.full) this.#onRoom();
    return { done: false, value };
  }

  #finish(): IteratorResult<T, undefined> {
    const error = this.#error;
    this.#error = undefined;
    if (error !== undefined) throw error;
    return { done: true, value: undefined };
  }
}
