import { type Clock, everyOn, sleepOn, type Timer } from './clock.js';

interface Pending {
  at: number;
  order: number;
  run: () => void;
}

/** A clock that stands still until told to advance: for tests and simulation. */
export class ManualClock implements Clock {
  #time: number;
  #order = 0;
  readonly #start: number;
  #set = 0;
  readonly #pending = new Set<Pending>();

  constructor(startMs = 1_700_000_000_000) {
    this.#time = startMs;
    this.#start = startMs;
  }

  now(): number {
    return this.#time + this.#set;
  }

  monotonic(): number {
    return this.#time - this.#start;
  }

  /** Sets the wall clock forth or back, as somebody does by hand: timers do not notice. */
  jump(milliseconds: number): void {
    this.#set += milliseconds;
  }

  after(milliseconds: number, run: () => void): Timer {
    const pending = { at: this.#time + Math.max(0, milliseconds), order: this.#order++, run };
    this.#pending.add(pending);
    return { cancel: () => void this.#pending.delete(pending) };
  }

  every(milliseconds: number, run: () => void): Timer {
    return everyOn(this, milliseconds, run);
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, milliseconds, signal);
  }

  /** Fires what is due up to then, in order of time; what these timers start and is due fires too. */
  advance(milliseconds: number): void {
    const until = this.#time + milliseconds;
    for (let due = this.#next(until); due !== undefined; due = this.#next(until)) {
      this.#pending.delete(due);
      this.#time = Math.max(this.#time, due.at);
      due.run();
    }
    this.#time = until;
  }

  /** Like {@link advance}, letting promises settle between timers. */
  async advanceAsync(milliseconds: number): Promise<void> {
    const until = this.#time + milliseconds;
    await settle();
    for (let due = this.#next(until); due !== undefined; due = this.#next(until)) {
      this.#pending.delete(due);
      this.#time = Math.max(this.#time, due.at);
      due.run();
      await settle();
    }
    this.#time = until;
    await settle();
  }

  #next(until: number): Pending | undefined {
    let first: Pending | undefined;
    for (const pending of this.#pending) {
      if (pending.at > until) continue;
      if (first === undefined || pending.at < first.at || (pending.at === first.at && pending.order < first.order)) {
        first = pending;
      }
    }
    return first;
  }
}

function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
