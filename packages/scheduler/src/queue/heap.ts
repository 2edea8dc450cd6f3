/** A binary heap of distinct items, least first. */
export class Heap<T> {
  readonly #before: (a: T, b: T) => boolean;
  readonly #keyOf: (item: T) => string;
  readonly #items: T[] = [];
  readonly #places = new Map<string, number>();

  constructor(keyOf: (item: T) => string, before: (a: T, b: T) => boolean) {
    this.#keyOf = keyOf;
    this.#before = before;
  }

  get size(): number {
    return this.#items.length;
  }

  has(key: string): boolean {
    return this.#places.has(key);
  }

  get(key: string): T | undefined {
    const place = this.#places.get(key);
    return place === undefined ? undefined : this.#items[place];
  }

  peek(): T | undefined {
    return this.#items[0];
  }

  /** Adds the item, or puts it in the place of the one with its key. */
  push(item: T): void {
    const known = this.#places.get(this.#keyOf(item));
    const place = known ?? this.#items.length;
    this.#put(place, item);
    this.#down(this.#up(place));
  }

  pop(): T | undefined {
    const first = this.#items[0];
    return first === undefined ? undefined : this.remove(this.#keyOf(first));
  }

  remove(key: string): T | undefined {
    const place = this.#places.get(key);
    if (place === undefined) return undefined;
    const removed = this.#items[place]!;
    const last = this.#items.pop()!;
    this.#places.delete(key);
    if (last !== removed) {
      this.#put(place, last);
      this.#down(this.#up(place));
    }
    return removed;
  }

  #put(place: number, item: T): void {
    this.#items[place] = item;
    this.#places.set(this.#keyOf(item), place);
  }

  #up(from: number): number {
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >>> 1;
      if (!this.#before(this.#items[place]!, this.#items[parent]!)) break;
      this.#swap(place, parent);
      place = parent;
    }
    return place;
  }

  #down(from: number): void {
    for (let place = from; ; ) {
      let least = place;
      for (const child of [2 * place + 1, 2 * place + 2]) {
        if (child < this.#items.length && this.#before(this.#items[child]!, this.#items[least]!)) least = child;
      }
      if (least === place) return;
      this.#swap(place, least);
      place = least;
    }
  }

  #swap(a: number, b: number): void {
    const item = this.#items[a]!;
    this.#put(a, this.#items[b]!);
    this.#put(b, item);
  }
}
