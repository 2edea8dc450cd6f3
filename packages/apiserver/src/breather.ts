/** Long work in several turns of the event loop. */
import { Budget, type Steps } from '@keelson/api';

/**
 * When everybody else had their turn. What runs where input is handled comes before the immediates of the same round,
 * so one immediate alone would not let new input in.
 */
export const afterOthers = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

/** All steps, with others between any two of them. */
export async function inTurns<T>(steps: Steps<T>, letOthers = afterOthers): Promise<T> {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    await letOthers();
  }
}

/** Lets others have the event loop after so much of a long row of small things. */
export class Breather {
  readonly #budget: Budget;

  constructor(size: number) {
    this.#budget = new Budget(size);
  }

  /** One thing is done that is worth `count`. */
  async after(count: number): Promise<void> {
    if (this.#budget.isSpent(count)) await afterOthers();
  }
}
