import type { Bindings, Frame } from './eval/activation.js';
import { CostExceeded, CostTracker } from './eval/cost-tracker.js';
import type { Planned } from './eval/plan.js';
import { CelError, type Value } from './values/value.js';

export type Evaluation =
  | { readonly value: Exclude<Value, CelError>; readonly cost: number }
  | { readonly error: string; readonly cost: number };

/** An expression ready to be evaluated, as often as wanted. */
export class Program {
  readonly #planned: Planned;
  readonly #costLimit: number;

  constructor(planned: Planned, costLimit = Number.POSITIVE_INFINITY) {
    this.#planned = planned;
    this.#costLimit = costLimit;
  }

  evaluate(bindings: Bindings): Evaluation {
    const tracker = new CostTracker(this.#costLimit);
    const slots = new Array<Value>(this.#planned.slots);
    const frame: Frame = { bindings, computed: new Map(), slots, tracker };
    try {
      const value = this.#planned.root.run(frame);
      const { cost } = tracker;
      return value instanceof CelError ? { error: value.message, cost } : { value, cost };
    } catch (error) {
      if (error instanceof CostExceeded) return { error: error.message, cost: tracker.cost };
      throw error;
    }
  }
}
