import { type RequestBody, runSteps, type Steps } from '@keelson/api';
import { afterOthers, inTurns } from '../breather.js';

/** Requests that work on less do so in one turn: the least that a value of a body can be are two or three bytes. */
const LARGE_BYTES = 4 * 1024;
/** Of this much a single stage may be too long for a turn. */
const HUGE_BYTES = 24 * 1024;

/** Lets others have the event loop between the steps of a request that works on something large. */
export class Pace {
  readonly #letOthers: () => Promise<void>;
  #bytes = 0;

  constructor(letOthers = afterOthers) {
    this.#letOthers = letOthers;
  }

  /** The request works on so much, whatever else it works on. */
  covers(bytes: number): this {
    this.#bytes = Math.max(this.#bytes, bytes);
    return this;
  }

  /** Between two steps. */
  async pause(): Promise<void> {
    if (this.#isLarge) await this.#letOthers();
  }

  async run<T>(steps: Steps<T> | Promise<T>): Promise<T> {
    if (steps instanceof Promise) return steps;
    return this.#isLarge ? inTurns(steps, this.#letOthers) : runSteps(steps);
  }

  /** Whether its longest stages are better done elsewhere. */
  get isHuge(): boolean {
    return this.#bytes >= HUGE_BYTES;
  }

  get #isLarge(): boolean {
    return this.#bytes >= LARGE_BYTES;
  }
}

export function paceFor(body: RequestBody | undefined): Pace {
  return new Pace().covers(body?.bytes.length ?? 0);
}
