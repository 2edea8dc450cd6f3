import type { Schedule } from './schedule.js';

const SECOND_MS = 1_000;

/** Every so many whole seconds, counted from whatever time is asked about. */
export class Interval implements Schedule {
  readonly #delay: number;

  /** Less than a second is a second. */
  constructor(nanoseconds: bigint) {
    this.#delay = Math.max(1, Number(nanoseconds / 1_000_000_000n)) * SECOND_MS;
  }

  next(after: number): number {
    return wholeSecond(after) + this.#delay;
  }

  last(after: number, until: number): number | undefined {
    const begin = wholeSecond(after);
    const count = Math.floor((until - begin) / this.#delay);
    return count < 1 ? undefined : begin + count * this.#delay;
  }
}

function wholeSecond(instant: number): number {
  return Math.floor(instant / SECOND_MS) * SECOND_MS;
}
