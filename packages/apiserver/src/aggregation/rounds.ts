import type { Clock, Timer } from '@keelson/service';

const RETRY_MS = 500;
const RETRY_MS_MAX = 30_000;

/** Work that is done again whenever something has changed, one round at a time, and after a while where it failed. */
export class Rounds {
  readonly #round: () => Promise<boolean>;
  readonly #clock: Clock;
  #signal: AbortSignal | undefined;
  #isRunning = false;
  #isStale = false;
  #failures = 0;
  #later: Timer | undefined;

  /** `round` resolves to whether all of it was done. */
  constructor(round: () => Promise<boolean>, dependencies: { clock: Clock }) {
    this.#round = round;
    this.#clock = dependencies.clock;
  }

  /** Resolves after the first round; further ones follow until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#later?.cancel(), { once: true });
    this.#isStale = true;
    await this.#work();
  }

  again(): void {
    this.#isStale = true;
    // What changes in one turn is looked at once.
    if (this.#signal !== undefined && !this.#isRunning) void this.#work();
  }

  async #work(): Promise<void> {
    const signal = this.#signal;
    if (signal === undefined || this.#isRunning) return;
    this.#isRunning = true;
    this.#later?.cancel();
    let isDone = true;
    await null;
    while (this.#isStale && !signal.aborted) {
      this.#isStale = false;
      isDone = await this.#round();
    }
    this.#isRunning = false;
    this.#failures = isDone ? 0 : this.#failures + 1;
    if (isDone || signal.aborted) return;
    const waitMs = Math.min(RETRY_MS_MAX, RETRY_MS * 2 ** (this.#failures - 1));
    this.#later = this.#clock.after(waitMs, () => this.again());
  }
}
