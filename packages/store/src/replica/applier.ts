import type { ConfChange, Entry } from 'raft-ts';
import type { StateMachine } from '../apply/state-machine.js';
import { Pace, type Steps } from '../steps.js';

/**
 * Applies committed entries in their order, so much a turn: a large one goes on in the next, and what goes on between
 * members is not held up.
 */
export class Applier {
  readonly #pace: Pace;
  readonly #changed: (change: ConfChange) => void;
  #machine: StateMachine;
  #queue: Entry[] = [];
  /** What of the first of the queue is left. */
  #current: Steps<ConfChange | undefined> | undefined;

  /** `changed`: the configuration of the members changes with an entry that is applied. */
  constructor(
    options: { readonly unitsPerStep: number },
    machine: StateMachine,
    changed: (change: ConfChange) => void,
  ) {
    this.#pace = new Pace(options.unitsPerStep);
    this.#machine = machine;
    this.#changed = changed;
  }

  get idle(): boolean {
    return this.#queue.length === 0;
  }

  push(entries: readonly Entry[]): void {
    for (const entry of entries) this.#queue.push(entry);
  }

  /** Does a turn's part. */
  turn(): void {
    this.#pace.renew();
    let done = 0;
    while (done < this.#queue.length && !this.#pace.usedUp) {
      this.#current ??= this.#machine.applySteps(this.#queue[done]!, this.#pace);
      const step = this.#current.next();
      if (!step.done) break;
      this.#current = undefined;
      done += 1;
      if (step.value) this.#changed(step.value);
      this.#pace.spend(ENTRY_UNITS);
    }
    this.#queue.splice(0, done);
  }

  /** A leader's snapshot has taken the machine's place: it stands for all that was left. */
  replace(machine: StateMachine): void {
    this.#machine = machine;
    this.#current = undefined;
    this.#queue = this.#queue.filter((entry) => entry.index > machine.applied);
  }
}

/** What a usual command costs. */
const ENTRY_UNITS = 4;
