import { type Clock, everyOn, sleepOn, type Timer } from '@keelson/service';
import type { World } from './world.js';

const EPOCH = 1_700_000_000_000;

/**
 * One run of a process, from its start to its death: its clock, which may go fast or slow, and its turn to run, which
 * it does not get while it is stopped. After its death nothing of it happens any more.
 */
export class Life implements Clock {
  readonly world: World;
  /** Its seconds in a second of the world. */
  readonly #rate: number;
  readonly #born: number;
  readonly #after: () => void;
  #held: (() => void)[] = [];
  #alive = true;
  #paused = false;

  /** `after` is called whenever it has run. */
  constructor(world: World, rate: number, after: () => void) {
    this.world = world;
    this.#rate = rate;
    this.#born = world.now;
    this.#after = after;
  }

  get alive(): boolean {
    return this.#alive;
  }

  get paused(): boolean {
    return this.#paused;
  }

  end(): void {
    this.#alive = false;
    this.#held = [];
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    for (const run of this.#held.splice(0)) this.world.after(0, () => this.#give(run));
  }

  /** Gives it something to run after so much of the world's time. */
  post(milliseconds: number, run: () => void): { cancel(): void } {
    return this.world.after(milliseconds, () => this.#give(run));
  }

  #give(run: () => void): void {
    if (!this.#alive) return;
    if (this.#paused) {
      this.#held.push(run);
      return;
    }
    run();
    if (this.#alive) this.#after();
  }

  now(): number {
    return EPOCH + this.world.now;
  }

  monotonic(): number {
    return (this.world.now - this.#born) * this.#rate;
  }

  after(milliseconds: number, run: () => void): Timer {
    let cancelled = false;
    const timer = this.post(milliseconds / this.#rate, () => {
      if (!cancelled) run();
    });
    return {
      cancel: () => {
        cancelled = true;
        timer.cancel();
      },
    };
  }

  every(milliseconds: number, run: () => void): Timer {
    return everyOn(this, milliseconds, run);
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, milliseconds, signal);
  }
}
