import type { Dice } from './dice.js';
import type { Life } from './life.js';

/** How a member's storage behaves now. */
export interface StorageFaults {
  /** Milliseconds that one operation takes. */
  latencyMs: readonly [number, number];
  full: boolean;
  /** The process dies at this many steps of storage from now; each operation has one before and one after its effect. */
  crashInSteps: number | undefined;
}

export function healthyStorage(): StorageFaults {
  return { latencyMs: [0.05, 1.5], full: false, crashInSteps: undefined };
}

/** The storage operations of one run of a process: they take time, and the process may die at each. */
export class Io {
  readonly #life: Life;
  readonly #faults: StorageFaults;
  readonly #dice: Dice;
  readonly #crash: () => void;

  constructor(life: Life, faults: StorageFaults, dice: Dice, crash: () => void) {
    this.#life = life;
    this.#faults = faults;
    this.#dice = dice;
    this.#crash = crash;
  }

  /** The promise of an operation at which the process dies is never settled: nobody is there any more. */
  do<T>(effect: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#diesHere()) return;
      const [low, high] = this.#faults.latencyMs;
      this.#life.post(this.#dice.between(low, high), () => {
        try {
          const result = effect();
          if (!this.#diesHere()) resolve(result);
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  /** @throws an error like the system's */
  requireSpace(): void {
    if (this.#faults.full) throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
  }

  #diesHere(): boolean {
    const { crashInSteps } = this.#faults;
    if (crashInSteps === undefined) return !this.#life.alive;
    this.#faults.crashInSteps = crashInSteps - 1;
    if (crashInSteps > 1) return false;
    this.#faults.crashInSteps = undefined;
    this.#crash();
    return true;
  }
}
