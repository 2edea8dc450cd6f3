import type { Clock } from '@keelson/service';
import type { Compactor } from './compactor.js';

export interface CompactionOptions {
  /** Changes dealt with at a time, and the pause between. */
  readonly sliceChanges: number;
  readonly pauseMs: number;
}

/** Frees what compactions let go, in slices between which everything else goes on. */
export class CompactionRunner {
  readonly #options: CompactionOptions;
  readonly #clock: Clock;
  readonly #compactor: () => Compactor;
  #running: Promise<void> | undefined;
  #stopped = false;

  constructor(
    options: CompactionOptions,
    dependencies: { readonly clock: Clock; readonly compactor: () => Compactor },
  ) {
    this.#options = options;
    this.#clock = dependencies.clock;
    this.#compactor = dependencies.compactor;
  }

  start(): void {
    this.#running ??= this.#run().then(() => {
      this.#running = undefined;
      // One that was asked for right after the last slice found this run not over yet.
      if (this.#compactor().pending && !this.#stopped) this.start();
    });
  }

  /** Resolves once everything that compactions let go is freed. */
  async done(): Promise<void> {
    while (this.#compactor().pending && !this.#stopped) {
      this.start();
      await this.#running;
    }
  }

  async #run(): Promise<void> {
    while (!this.#stopped && this.#compactor().slice(this.#options.sliceChanges)) {
      await this.#clock.sleep(this.#options.pauseMs);
    }
  }

  stop(): void {
    this.#stopped = true;
  }
}
