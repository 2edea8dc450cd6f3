import { RaftError } from 'raft-ts';
import { errors } from '../errors.js';

interface Waiter {
  readonly deadline: number;
  resolve(): void;
  reject(error: unknown): void;
}

interface Round {
  readonly context: string;
  waiters: Waiter[];
  /** When it was asked last; asked again if no answer comes. */
  asked: number;
}

export interface ReadOptions {
  readonly timeoutMs: number;
  readonly retryMs: number;
  readonly pendingMax: number;
}

/**
 * Linearizable reads: all that come while one ReadIndex is under way share the next. A read goes on once everything
 * that was committed when it came is applied here.
 */
export class Reads {
  readonly #options: ReadOptions;
  readonly #prefix: string;
  #counter = 0;
  #gathering: Waiter[] = [];
  #round: Round | undefined;
  /** Rounds that are answered and wait for their index to be applied, in the order of index. */
  #confirmed: { readonly index: number; waiters: Waiter[] }[] = [];
  #size = 0;

  /** `prefix` must be new for every start of the process. */
  constructor(options: ReadOptions, prefix: string) {
    this.#options = options;
    this.#prefix = prefix;
  }

  add(now: number): Promise<void> {
    if (this.#size >= this.#options.pendingMax) return Promise.reject(errors.tooManyRequests());
    this.#size += 1;
    return new Promise((resolve, reject) => {
      this.#gathering.push({ deadline: now + this.#options.timeoutMs, resolve, reject });
    });
  }

  /** Asks for the gathered reads, unless a round is under way; asks again when its answer is late. */
  submit(node: { readIndex(context: string): void }, now: number): void {
    if (this.#round) {
      if (now - this.#round.asked >= this.#options.retryMs) this.#ask(node, this.#round, now);
      return;
    }
    if (this.#gathering.length === 0) return;
    this.#counter += 1;
    this.#round = { context: `${this.#prefix}-${this.#counter}`, waiters: this.#gathering, asked: now };
    this.#gathering = [];
    this.#ask(node, this.#round, now);
  }

  #ask(node: { readIndex(context: string): void }, round: Round, now: number): void {
    round.asked = now;
    try {
      node.readIndex(round.context);
    } catch (error) {
      if (!(error instanceof RaftError)) throw error;
      // No leader: it is asked again later.
    }
  }

  /** A leader is there, or has committed in its term: do not wait for the retry. */
  leaderChanged(): void {
    if (this.#round) this.#round.asked = -Infinity;
  }

  confirmed(context: string, index: number): void {
    if (this.#round?.context !== context) return;
    this.#confirmed.push({ index, waiters: this.#round.waiters });
    this.#round = undefined;
  }

  applied(index: number): void {
    while (this.#confirmed.length > 0 && this.#confirmed[0]!.index <= index) {
      const { waiters } = this.#confirmed.shift()!;
      this.#size -= waiters.length;
      for (const waiter of waiters) waiter.resolve();
    }
  }

  get needsRound(): boolean {
    return this.#round === undefined && this.#gathering.length > 0;
  }

  /** Answers those whose time is over, wherever they wait: what was confirmed may never be applied here. */
  expire(now: number): void {
    this.#gathering = this.#dropOver(this.#gathering, now);
    if (this.#round) this.#round.waiters = this.#dropOver(this.#round.waiters, now);
    if (this.#round?.waiters.length === 0) this.#round = undefined;
    for (const round of this.#confirmed) round.waiters = this.#dropOver(round.waiters, now);
    this.#confirmed = this.#confirmed.filter(({ waiters }) => waiters.length > 0);
  }

  #dropOver(waiters: Waiter[], now: number): Waiter[] {
    // They came in the order of their deadlines.
    const [first] = waiters;
    if (!first || first.deadline > now) return waiters;
    return waiters.filter((waiter) => {
      if (waiter.deadline > now) return true;
      this.#size -= 1;
      waiter.reject(errors.timeout());
      return false;
    });
  }

  failAll(error: () => unknown): void {
    const all = [
      ...this.#gathering,
      ...(this.#round?.waiters ?? []),
      ...this.#confirmed.flatMap((each) => each.waiters),
    ];
    for (const waiter of all) waiter.reject(error());
    this.#gathering = [];
    this.#round = undefined;
    this.#confirmed = [];
    this.#size = 0;
  }
}
