import { apiErrors } from '@keelson/api';

/** More than this do not wait for one key. */
const WAITING_MAX = 1_000;

interface Line<T> {
  readonly waiting: (() => void)[];
  newest: T | undefined;
}

/** One's turn at a key. */
export interface Turn<T> {
  /** What whoever was before left there. */
  readonly newest: T | undefined;
  /** Lets the next one go; `newest` is what the key holds now, where that is known. */
  pass(newest: T | undefined): void;
  /** Lets everybody go: the trouble is not each other. */
  breakUp(): void;
}

/**
 * Lets writers of one key who got in each other's way try one after another, and whoever comes meanwhile behind them.
 * It saves lost attempts and decides nothing: whether a write counts is still its condition's matter.
 */
export class Turns<T> {
  readonly #lines = new Map<string, Line<T>>();

  isTaken(key: string): boolean {
    return this.#lines.has(key);
  }

  /** Resolves when it is one's turn. Rejects where the line is too long. */
  async take(key: string): Promise<Turn<T>> {
    let line = this.#lines.get(key);
    if (line === undefined) {
      line = { waiting: [], newest: undefined };
      this.#lines.set(key, line);
    } else {
      if (line.waiting.length >= WAITING_MAX) throw apiErrors.tooManyRequests('too many requests change this object');
      const { waiting } = line;
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
    return this.#turn(key, line);
  }

  #turn(key: string, line: Line<T>): Turn<T> {
    let isOver = false;
    const end = () => {
      const isMine = !isOver && this.#lines.get(key) === line;
      isOver = true;
      return isMine;
    };
    return {
      newest: line.newest,
      pass: (newest) => {
        if (!end()) return;
        line.newest = newest ?? line.newest;
        const next = line.waiting.shift();
        if (next === undefined) this.#lines.delete(key);
        else next();
      },
      breakUp: () => {
        if (!end()) return;
        this.#lines.delete(key);
        for (const next of line.waiting) next();
      },
    };
  }
}
