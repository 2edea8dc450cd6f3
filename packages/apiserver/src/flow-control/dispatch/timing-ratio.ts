const NANOSECONDS = 1_000_000;

/** How long a ratio was how large. Knows no clock: whoever calls says what time it is. */
export class TimingRatio {
  readonly bounds: readonly number[];
  /** Milliseconds at a ratio of no more than each bound, and of more than the one before it; at last those beyond all. */
  readonly #times: Float64Array;
  #bucket = 0;
  #ratio = 0;
  #weighted = 0;
  #lastMs: number;

  constructor(bounds: readonly number[], now: number) {
    this.bounds = bounds;
    this.#times = new Float64Array(bounds.length + 1);
    this.#lastMs = now;
  }

  /** From now on it is so many of so many. */
  set(part: number, whole: number, now: number): void {
    this.#advance(now);
    const ratio = part / Math.max(1, whole);
    if (ratio === this.#ratio) return;
    this.#ratio = ratio;
    const bucket = this.bounds.findIndex((bound) => ratio <= bound);
    this.#bucket = bucket < 0 ? this.bounds.length : bucket;
  }

  /** Each nanosecond is an observation, as upstream counts. */
  observed(now: number): { upTo: readonly number[]; count: number; sum: number } {
    this.#advance(now);
    let count = 0;
    const upTo = Array.from(this.#times, (time) => {
      count += time;
      return Math.round(count * NANOSECONDS);
    });
    return { upTo: upTo.slice(0, -1), count: upTo.at(-1)!, sum: this.#weighted * NANOSECONDS };
  }

  #advance(now: number): void {
    const elapsed = now - this.#lastMs;
    if (elapsed <= 0) return;
    this.#lastMs = now;
    this.#times[this.#bucket]! += elapsed;
    this.#weighted += elapsed * this.#ratio;
  }
}
