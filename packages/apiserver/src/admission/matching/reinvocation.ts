import { deepClone, deepEqual } from '@keelson/api';
import type { Rounds } from '../admission.js';

/** Who is asked again about a write after somebody has changed it behind him, of one plugin. */
export class Reinvocations {
  readonly #known = new WeakMap<Rounds, Reinvocation>();

  /** A round of asking begins, with the object as it is now. */
  begin(rounds: Rounds, object: unknown): Reinvocation {
    const known = this.#known.get(rounds) ?? new Reinvocation(rounds);
    this.#known.set(rounds, known);
    known.begin(object);
    return known;
  }
}

class Reinvocation {
  readonly #rounds: Rounds;
  /** The object as it was behind the last who was asked. */
  #last: unknown;
  /** Those that want to be asked again when something is changed after them. */
  readonly #asked = new Set<string>();
  readonly #again = new Set<string>();

  constructor(rounds: Rounds) {
    this.#rounds = rounds;
  }

  begin(object: unknown): void {
    if (this.#rounds.isAgain && !deepEqual(this.#last, object)) this.#askAgain();
  }

  /** Whether he is asked in this round. */
  isDue(who: string): boolean {
    return !this.#rounds.isAgain || this.#again.has(who);
  }

  changed(): void {
    this.#askAgain();
    this.#rounds.wantAnother();
  }

  wantsAgain(who: string): void {
    this.#asked.add(who);
  }

  end(object: unknown): void {
    // A copy is long: it is for those that want to know of changes.
    this.#last = object === undefined || this.#asked.size === 0 ? undefined : deepClone(object);
  }

  #askAgain(): void {
    for (const who of this.#asked) this.#again.add(who);
    this.#asked.clear();
  }
}
