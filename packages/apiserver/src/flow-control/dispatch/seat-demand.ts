export interface DemandSummary {
  readonly average: number;
  readonly deviation: number;
  readonly highWatermark: number;
}

/** How many seats a priority level could have used over a time. */
export class SeatDemand {
  #seats = 0;
  #highest = 0;
  #sinceMs: number;
  #lastMs: number;
  #sum = 0;
  #sumOfSquares = 0;

  constructor(now: number) {
    this.#sinceMs = now;
    this.#lastMs = now;
  }

  set(seats: number, now: number): void {
    this.#advance(now);
    this.#seats = seats;
    if (seats > this.#highest) this.#highest = seats;
  }

  get current(): number {
    return this.#seats;
  }

  /** What it was since the last time; begins anew. Undefined averages where no time went by. */
  take(now: number): { highWatermark: number; overTime: Omit<DemandSummary, 'highWatermark'> | undefined } {
    this.#advance(now);
    const elapsed = now - this.#sinceMs;
    const highWatermark = this.#highest;
    const average = this.#sum / elapsed;
    const deviation = Math.sqrt(Math.max(0, this.#sumOfSquares / elapsed - average * average));
    this.#sinceMs = now;
    this.#sum = 0;
    this.#sumOfSquares = 0;
    this.#highest = this.#seats;
    return { highWatermark, overTime: elapsed > 0 ? { average, deviation } : undefined };
  }

  #advance(now: number): void {
    const elapsed = now - this.#lastMs;
    if (elapsed <= 0) return;
    this.#lastMs = now;
    this.#sum += elapsed * this.#seats;
    this.#sumOfSquares += elapsed * this.#seats * this.#seats;
  }
}
