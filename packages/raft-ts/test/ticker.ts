import type { Dice } from './dice.js';

/**
 * How a member's clock goes:
 * - `even`: a tick each step;
 * - `ragged`: now and then one is missing;
 * - `drifting`: many steps make a tick, not the same number on all members; some are faster than others, by a tenth.
 */
export type Pace = 'even' | 'ragged' | 'drifting';

/** Steps to a tick of the slowest, where clocks drift: what comes between two ticks matters then. */
const STEPS_PER_TICK = 30;
const FASTEST = 1.1;

/** The clock of one member. */
export class Ticker {
  readonly #dice: Dice;
  readonly #pace: Pace;
  readonly #rate: number;
  #passed = 0;

  constructor(dice: Dice, pace: Pace) {
    this.#dice = dice;
    this.#pace = pace;
    this.#rate = pace === 'drifting' && dice(2) === 0 ? FASTEST : 1;
    this.restart();
  }

  /** Ticks begin anywhere between those of others. */
  restart(): void {
    if (this.#pace === 'drifting') this.#passed = this.#dice(1000) / 1000;
  }

  /** A step has passed: whether with it a tick. */
  step(): boolean {
    if (this.#pace === 'even') return true;
    if (this.#pace === 'ragged') return this.#dice(10) > 0;
    this.#passed += this.#rate / STEPS_PER_TICK;
    if (this.#passed < 1) return false;
    this.#passed -= 1;
    return true;
  }
}
