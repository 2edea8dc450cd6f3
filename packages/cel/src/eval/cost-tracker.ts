/** Ends an evaluation that has cost as much as it may. */
export class CostExceeded extends Error {
  constructor() {
    super('operation cancelled: actual cost limit exceeded');
  }
}

/** What an evaluation has cost so far. */
export class CostTracker {
  readonly #limit: number;
  cost = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(cost: number): void {
    this.cost += cost;
    if (this.cost > this.#limit) throw new CostExceeded();
  }
}
