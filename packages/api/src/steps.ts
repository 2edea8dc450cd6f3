/** Work that may be interrupted: between two steps others can have the event loop. */
export type Steps<T> = Generator<undefined, T, undefined>;

/** All steps in one go. */
export function runSteps<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/** What one step may do, counted in whatever small things it goes through. */
const STEP_SIZE = 10_000;

export class Budget {
  readonly #size: number;
  #left: number;

  constructor(size = STEP_SIZE) {
    this.#size = size;
    this.#left = size;
  }

  /** Counts one thing, or one that is worth `count`; true where the step is over with it. */
  isSpent(count = 1): boolean {
    this.#left -= count;
    if (this.#left > 0) return false;
    this.#left = this.#size;
    return true;
  }
}
