import type { Random } from '@keelson/service';

/** Exponential back-off with jitter: each delay is up to `factor` times the one before, at most `capMs`. */
export class Backoff {
  readonly #baseMs: number;
  readonly #capMs: number;
  readonly #random: Random;
  #nextMs: number;

  constructor(options: { baseMs: number; capMs: number }, dependencies: { random: Random }) {
    this.#baseMs = options.baseMs;
    this.#capMs = options.capMs;
    this.#nextMs = options.baseMs;
    this.#random = dependencies.random;
  }

  /** The delay to wait now: between half of the step and the whole of it. */
  next(): number {
    const step = this.#nextMs;
    this.#nextMs = Math.min(step * 2, this.#capMs);
    return step / 2 + (this.#random.float() * step) / 2;
  }

  reset(): void {
    this.#nextMs = this.#baseMs;
  }
}
