import type { Clock } from '@keelson/service';

/** Remembers answers of others for a while, so many of them at the most; the least recently asked for goes first. */
export class ResultCache<T> {
  readonly #max: number;
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #entries = new Map<string, { readonly value: T; readonly until: number }>();

  constructor(options: { max: number }, dependencies: { clock: Pick<Clock, 'monotonic'> }) {
    this.#max = options.max;
    this.#clock = dependencies.clock;
  }

  get(key: string): T | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    if (entry.until <= this.#clock.monotonic()) return undefined;
    this.#entries.set(key, entry);
    return entry.value;
  }

  /** Nothing is remembered for no time. */
  set(key: string, value: T, ttlMs: number): void {
    if (ttlMs <= 0) return;
    this.#entries.delete(key);
    this.#entries.set(key, { value, until: this.#clock.monotonic() + ttlMs });
    if (this.#entries.size <= this.#max) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      break;
    }
  }
}
