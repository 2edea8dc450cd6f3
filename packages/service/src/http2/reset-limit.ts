/**
 * Opening streams for nothing costs a peer little and us much (CVE-2023-44487, CVE-2025-8671): so many, then so many a
 * second.
 */
export class ResetLimit {
  readonly #burst: number;
  readonly #perSecond: number;
  #left: number;
  #at: number;

  constructor(options: { readonly resetsBurst: number; readonly resetsPerSecond: number }, now: number) {
    this.#burst = options.resetsBurst;
    this.#perSecond = options.resetsPerSecond;
    this.#left = options.resetsBurst;
    this.#at = now;
  }

  /** Counts one at a time in milliseconds; false if it is one too many. */
  take(now: number): boolean {
    this.#left = Math.min(this.#burst, this.#left + ((now - this.#at) / 1000) * this.#perSecond) - 1;
    this.#at = now;
    return this.#left >= 0;
  }
}
