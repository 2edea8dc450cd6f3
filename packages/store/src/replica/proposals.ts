import { NONE, RaftError } from 'raft-ts';
import { type Authorship, type CommandKind, encodeCommand, SEQUENCE_MAX } from '../apply/command.js';
import type { Applied, Outcomes } from '../apply/state-machine.js';
import { errors } from '../errors.js';

export interface Outcome<T> {
  readonly outcome: T;
  /** The store's revision right after it. */
  readonly revision: number;
}

interface Pending {
  readonly deadline: number;
  readonly request: Waiting;
  /** The term in which it was handed to Raft; undefined while it waits for that. */
  term: number | undefined;
  resolve(outcome: Outcome<Outcomes[keyof Outcomes]>): void;
  reject(error: unknown): void;
}

interface Waiting {
  readonly sequence: number;
  readonly data: Buffer;
  /** Only to be proposed by this node as the leader of this term. */
  readonly leaderOfTerm: number | undefined;
  /** Handed over by the caller, once. */
  readonly once?: boolean;
}

interface Proposer {
  propose(...data: Uint8Array[]): void;
  readonly status: { readonly leader: string; readonly role: string; readonly term: number };
}

/** Requests that wait to be committed and applied; each is answered once. */
export class Proposals {
  readonly #origin: bigint;
  readonly #options: { readonly timeoutMs: number; readonly pendingMax: number };
  readonly #pending = new Map<number, Pending>();
  /** Not yet handed to Raft: those of the current turn, and those that wait for a leader. */
  #waiting: Waiting[] = [];
  #sequence: number;
  #failed = 0;

  constructor(
    origin: bigint,
    options: { readonly timeoutMs: number; readonly pendingMax: number },
    firstSequence: number,
  ) {
    this.#origin = origin;
    this.#options = options;
    this.#sequence = firstSequence;
  }

  /** Answered with an error without having been applied, as far as is known here. */
  get failed(): number {
    return this.#failed;
  }

  get size(): number {
    return this.#pending.size;
  }

  /** @throws EtcdError tooManyRequests, through the promise */
  add<K extends keyof Outcomes>(
    kind: (typeof CommandKind)[K],
    body: Buffer,
    at: { readonly now: number; readonly term: number; readonly asLeader: boolean; readonly author?: Authorship },
  ): Promise<Outcome<Outcomes[K]>> {
    if (this.#pending.size >= this.#options.pendingMax) return Promise.reject(errors.tooManyRequests());
    const author = at.author ?? (at.asLeader ? 'system' : 'nobody');
    const request = { ...this.#encode(kind, body, author), leaderOfTerm: at.asLeader ? at.term : undefined };
    this.#waiting.push(request);
    return this.#expect<K>(request, at.now, undefined);
  }

  /** The same for what the caller hands to Raft itself, in this term. */
  addHandedOver<K extends keyof Outcomes>(
    kind: (typeof CommandKind)[K],
    body: Buffer,
    at: { readonly now: number; readonly term: number; readonly author: Authorship },
    handOver: (data: Buffer) => void,
  ): Promise<Outcome<Outcomes[K]>> {
    const request = { ...this.#encode(kind, body, at.author), leaderOfTerm: at.term, once: true };
    handOver(request.data);
    return this.#expect<K>(request, at.now, at.term);
  }

  #encode(kind: CommandKind, body: Buffer, author: Authorship): Pick<Waiting, 'sequence' | 'data'> {
    this.#sequence = (this.#sequence + 1) % SEQUENCE_MAX;
    const sequence = this.#sequence;
    return { sequence, data: encodeCommand({ kind, origin: this.#origin, sequence, author, body }) };
  }

  #expect<K extends keyof Outcomes>(
    request: Waiting,
    now: number,
    term: number | undefined,
  ): Promise<Outcome<Outcomes[K]>> {
    return new Promise((resolve, reject) => {
      const deadline = now + this.#options.timeoutMs;
      this.#pending.set(request.sequence, {
        deadline,
        request,
        term,
        resolve: resolve as Pending['resolve'],
        reject,
      });
    });
  }

  /** Hands what waits to Raft. Without a leader it goes on waiting. */
  submit(node: Proposer): void {
    if (this.#waiting.length === 0) return;
    this.#refuseDeposed(node);
    try {
      node.propose(...this.#waiting.map((each) => each.data));
      const { term } = node.status;
      for (const { sequence } of this.#waiting) this.#pending.get(sequence)!.term = term;
      this.#waiting = [];
    } catch (error) {
      if (!(error instanceof RaftError)) throw error;
      if (error.code === 'tooManyUncommitted') this.#refuseWaiting();
    }
  }

  /**
   * An entry of `term` is applied: what was handed over in an earlier term and is not applied by now was lost with
   * its leader, and can be handed over again without being done twice.
   */
  resubmitLost(term: number): void {
    for (const [sequence, pending] of this.#pending) {
      if (pending.term === undefined || pending.term >= term) continue;
      if (pending.request.once) {
        this.#fail(sequence, errors.leaderChanged());
        continue;
      }
      pending.term = undefined;
      this.#waiting.push(pending.request);
    }
  }

  /**
   * A leader's snapshot took the place of entries that were not applied one by one: what was handed over may be in it
   * or not, and must not be handed over again.
   */
  outcomeUnknown(): void {
    for (const [sequence, pending] of this.#pending) {
      if (pending.term === undefined) continue;
      this.#fail(sequence, errors.timeoutLeaderFail());
    }
  }

  /** What only a leader may ask for (a lease's end) must not reach the log through its successor. */
  #refuseDeposed(node: Proposer): void {
    if (this.#waiting.every((each) => each.leaderOfTerm === undefined)) return;
    const { role, term } = node.status;
    this.#waiting = this.#waiting.filter(({ sequence, leaderOfTerm }) => {
      if (leaderOfTerm === undefined || (role === 'leader' && term === leaderOfTerm)) return true;
      this.#fail(sequence, errors.notLeader());
      return false;
    });
  }

  #refuseWaiting(): void {
    for (const { sequence } of this.#waiting) this.#fail(sequence, errors.tooManyRequests());
    this.#waiting = [];
  }

  applied(sequence: number, result: Applied): void {
    const pending = this.#take(sequence);
    if (!pending) return;
    if (result.ok) pending.resolve({ outcome: result.outcome, revision: result.revision });
    else pending.reject(result.error);
  }

  #fail(sequence: number, error: unknown): void {
    this.#failed += 1;
    this.#take(sequence)?.reject(error);
  }

  #take(sequence: number): Pending | undefined {
    const pending = this.#pending.get(sequence);
    this.#pending.delete(sequence);
    return pending;
  }

  /** Answers those whose time is over; they may yet be applied. */
  expire(now: number, leader: string, term: number): void {
    for (const [sequence, pending] of this.#pending) {
      // They were added in the order of their deadlines.
      if (pending.deadline > now) break;
      this.#take(sequence);
      this.#waiting = this.#waiting.filter((each) => each.sequence !== sequence);
      this.#failed += 1;
      const leaderFailed = leader === NONE || pending.term !== term;
      pending.reject(leaderFailed ? errors.timeoutLeaderFail() : errors.timeout());
    }
  }

  failAll(error: () => unknown): void {
    for (const pending of this.#pending.values()) pending.reject(error());
    this.#pending.clear();
    this.#waiting = [];
  }
}
