import { apiErrors } from '@keelson/api';

export interface InFlightOptions {
  /** Upstream's --max-requests-inflight and --max-mutating-requests-inflight. */
  readonlyMax: number;
  mutatingMax: number;
}

/** Refuses requests beyond what the server takes on at once. Long-running ones (watches, streams) do not count. */
export class InFlightLimit {
  readonly #options: InFlightOptions;
  #readonly = 0;
  #mutating = 0;

  constructor(options: InFlightOptions) {
    this.#options = options;
  }

  get current(): { readonly readOnly: number; readonly mutating: number } {
    return { readOnly: this.#readonly, mutating: this.#mutating };
  }

  async run<T>(mutating: boolean, work: () => Promise<T>): Promise<T> {
    const { readonlyMax, mutatingMax } = this.#options;
    if (mutating ? this.#mutating >= mutatingMax : this.#readonly >= readonlyMax) {
      throw apiErrors.tooManyRequests('Too many requests, please try again later.', 1);
    }
    this.#count(mutating, 1);
    try {
      return await work();
    } finally {
      this.#count(mutating, -1);
    }
  }

  #count(mutating: boolean, change: number): void {
    if (mutating) this.#mutating += change;
    else this.#readonly += change;
  }
}
