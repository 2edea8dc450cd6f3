import { Dice } from './dice.js';
import { EventQueue } from './queue.js';
import { Trace } from './trace.js';

/** Something that must never happen has happened. */
export class Violation extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'Violation';
  }
}

/** Time, chance and the order of things in one simulation. */
export class World {
  readonly dice: Dice;
  readonly trace: Trace;
  readonly #queue = new EventQueue();
  #now = 0;
  #failure: unknown;

  constructor(seed: number, options: { readonly traceLines: number }) {
    this.dice = new Dice(seed);
    this.trace = new Trace(options.traceLines);
  }

  /** Milliseconds since the beginning. */
  get now(): number {
    return this.#now;
  }

  note(line: string): void {
    this.trace.add(`${this.#now.toFixed(3)} ${line}`);
  }

  after(milliseconds: number, run: () => void): { cancel(): void } {
    const scheduled = this.#queue.push(this.#now + Math.max(0, milliseconds), run);
    return {
      cancel: () => {
        scheduled.cancelled = true;
      },
    };
  }

  sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => this.after(milliseconds, resolve));
  }

  /** Ends the run with this. */
  fail(error: unknown): void {
    this.#failure ??= error;
  }

  require(holds: boolean, message: () => string): void {
    if (!holds) throw new Violation(message());
  }

  /** Runs what an actor does by itself; what it throws ends the run. */
  spawn(actor: () => Promise<void>): void {
    actor().catch((error: unknown) => this.fail(error));
  }

  /** Lets time pass until `done` holds or the time is over. */
  async run(milliseconds: number, done: () => boolean = () => false): Promise<boolean> {
    const until = this.#now + milliseconds;
    let lookAt = this.#now;
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#now >= lookAt) {
        if (done()) return true;
        lookAt = this.#now + LOOK_EVERY_MS;
      }
      const next = this.#queue.pop();
      if (!next || next.at > until) {
        if (next && !next.cancelled) this.#queue.push(next.at, next.run);
        this.#now = until;
        return done();
      }
      if (next.cancelled) continue;
      this.#now = next.at;
      next.run();
      await settle();
    }
  }
}

/** Whether what is waited for holds is looked at not after each event, for looking costs more than most events. */
const LOOK_EVERY_MS = 5;

/** Lets everything that follows from an event without waiting for another happen first. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
