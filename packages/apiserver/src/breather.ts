/** Long work in several turns of the event loop. */
import { Budget, type Steps } from '@keelson/api';

/**
 * When everybody else had their turn. What runs where input is handled comes before the immediates of the same round,
 * so one immediate alone would not let new input in.
 */
export const afterOthers = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

/** Someone's wait for a turn. */
interface Wait {
  /** Turns that it will still take. */
  readonly left: number;
  readonly go: () => void;
}

/**
 * Where many have long work, one step of it at a time: between any two of them, whoever's they are, input is handled.
 * Otherwise each round of the event loop would be as long as there are many. Every other turn is for whoever has least
 * to do, so that short work is not held up by long and not all of it ends at the same time; the others are in order.
 */
export class TurnLine {
  /** In the order in which they came. */
  readonly #waiting: Wait[] = [];
  readonly #letOthers: () => Promise<void>;
  #isMoving = false;
  #isShortest = false;

  constructor(letOthers = afterOthers) {
    this.#letOthers = letOthers;
  }

  /** For work of about so many turns; each call is a wait for the next of them. */
  work(turns: number): () => Promise<void> {
    let left = turns;
    return () =>
      new Promise((go) => {
        this.#waiting.push({ left: Math.max(0, left--), go });
        if (!this.#isMoving) void this.#move();
      });
  }

  async #move(): Promise<void> {
    this.#isMoving = true;
    while (this.#waiting.length > 0) {
      await this.#letOthers();
      this.#isShortest = !this.#isShortest;
      const [next] = this.#waiting.splice(this.#isShortest ? this.#shortest() : 0, 1);
      next?.go();
    }
    this.#isMoving = false;
  }

  #shortest(): number {
    let best = 0;
    for (const [at, { left }] of this.#waiting.entries()) if (left < this.#waiting[best]!.left) best = at;
    return best;
  }
}

/**
 * Lets so many short things begin in one round of the event loop, and the others in the next ones: a flood of them does
 * not keep anything else from being handled. Those who wait go in turn by their key, one of each.
 */
export class TurnGate {
  readonly #perTurn: number;
  readonly #letOthers: () => Promise<void>;
  readonly #waiting = new Map<unknown, (() => void)[]>();
  #begun = 0;
  #isCounting = false;

  constructor(perTurn: number, letOthers = afterOthers) {
    this.#perTurn = perTurn;
    this.#letOthers = letOthers;
  }

  /** Undefined: at once. */
  pass(key: unknown): Promise<void> | undefined {
    if (!this.#isCounting) void this.#count();
    if (this.#begun < this.#perTurn && this.#waiting.size === 0) {
      this.#begun++;
      return undefined;
    }
    return new Promise((go) => {
      const own = this.#waiting.get(key);
      if (own === undefined) this.#waiting.set(key, [go]);
      else own.push(go);
    });
  }

  /** Until a round in which nothing began. */
  async #count(): Promise<void> {
    this.#isCounting = true;
    do {
      this.#begun = 0;
      for (; this.#begun < this.#perTurn && this.#waiting.size > 0; this.#begun++) this.#next();
      await this.#letOthers();
    } while (this.#begun > 0 || this.#waiting.size > 0);
    this.#isCounting = false;
  }

  #next(): void {
    const [[key, own]] = this.#waiting as unknown as [[unknown, (() => void)[]]];
    this.#waiting.delete(key);
    own.shift()?.();
    if (own.length > 0) this.#waiting.set(key, own);
  }
}

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
  readonly #letOthers: () => Promise<void>;

  constructor(size: number, letOthers = afterOthers) {
    this.#budget = new Budget(size);
    this.#letOthers = letOthers;
  }

  /** One thing is done that is worth `count`. */
  async after(count: number): Promise<void> {
    if (this.#budget.isSpent(count)) await this.#letOthers();
  }
}
