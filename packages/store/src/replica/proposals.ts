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
  readonly softState: { readonly leader: string; readonly role: string; readonly term: number };
}

export interface ProposalOptions {
  readonly timeoutMs: number;
  /** Requests, and bytes in them, that may wait. */
  readonly pendingMax: number;
  readonly pendingBytesMax: number;
}

/** Bytes that are handed to Raft together: what it has no room for is refused together too. */
const BATCH_BYTES = 1024 * 1024;

/** Requests that wait to be committed and applied; each is answered once. */
export class Proposals {
  readonly #origin: bigint;
  readonly #options: ProposalOptions;
  readonly #pending = new Map<number, Pending>();
  /** Not yet handed to Raft: those of the current turn, and those that wait for a leader. */
  #waiting: Waiting[] = [];
  #bytes = 0;
  #sequence: number;
  #failed = 0;

  constructor(origin: bigint, options: ProposalOptions, firstSequence: number) {
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
    const { pendingMax, pendingBytesMax } = this.#options;
    const full = this.#pending.size >= pendingMax || this.#bytes + body.length > pendingBytesMax;
    if (full && this.#pending.size > 0) return Promise.reject(errors.tooManyRequests());
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
      this.#bytes += request.data.length;
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
    const { term } = node.softState;
    let done = 0;
    try {
      while (done < this.#waiting.length) {
        const batch = this.#waiting.slice(done, this.#batchEnd(done));
        node.propose(...batch.map((each) => each.data));
        for (const { sequence } of batch) this.#pending.get(sequence)!.term = term;
        done += batch.length;
      }
      this.#waiting = [];
    } catch (error) {
      if (!(error instanceof RaftError)) throw error;
      this.#waiting = this.#waiting.slice(done);
      if (error.code === 'tooManyUncommitted') this.#refuseWaiting();
    }
  }

  #batchEnd(from: number): number {
    let bytes = this.#waiting[from]!.data.length;
    let to = from + 1;
    for (; to < this.#waiting.length; to += 1) {
      bytes += this.#waiting[to]!.data.length;
      if (bytes > BATCH_BYTES) break;
    }
    return to;
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
    const { role, term } = node.softState;
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
    if (!pending) return undefined;
    this.#pending.delete(sequence);
    this.#bytes -= pending.request.data.length;
    return pending;
  }

  /** Answers those whose time is over; they may yet be applied. */
  expire(now: number, leader: string, term: number): void {
    const before = this.#failed;
    for (const [sequence, pending] of this.#pending) {
      // They were added in the order of their deadlines.
      if (pending.deadline > now) break;
      const leaderFailed = leader === NONE || pending.term !== term;
      this.#fail(sequence, leaderFailed ? errors.timeoutLeaderFail() : errors.timeout());
    }
    if (this.#failed > before) this.#waiting = this.#waiting.filter(({ sequence }) => this.#pending.has(sequence));
  }

  failAll(error: () => unknown): void {
    for (const pending of this.#pending.values()) pending.reject(error());
    this.#pending.clear();
    this.#waiting = [];
    this.#bytes = 0;
  }
}
