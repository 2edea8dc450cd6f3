import type { NodeId } from './messages.js';

export interface PendingRead {
  /** Who asked: the leader itself or a follower that forwarded. */
  readonly from: NodeId;
  readonly context: string;
  /** The commit index when the read was asked for. */
  readonly index: number;
  readonly round: number;
}

/**
 * Reads that wait for proof that the leader still led after they were asked. All reads asked before a round of
 * heartbeats is sent share that round; once a quorum has answered round n, every read of rounds up to n is good.
 */
export class ReadOnly {
  readonly #max: number;
  #waiting: PendingRead[] = [];
  /** Asked before the first commit of the term, when the commit index may still be that of an older leader. */
  #postponed: { readonly from: NodeId; readonly context: string }[] = [];
  #round = 0;
  #dirty = false;
  /** When each round that is not confirmed yet was begun, in ticks. */
  #begun: { readonly round: number; readonly tick: number }[] = [];
  #confirmedAt = -Infinity;

  constructor(max: number) {
    this.#max = max;
  }

  /** The round that heartbeats carry. */
  get round(): number {
    return this.#round;
  }

  get needsRound(): boolean {
    return this.#dirty;
  }

  get #full(): boolean {
    return this.#waiting.length + this.#postponed.length >= this.#max;
  }

  /** False if there is no room. */
  postpone(from: NodeId, context: string): boolean {
    if (this.#full) return false;
    this.#postponed.push({ from, context });
    return true;
  }

  takePostponed(): readonly { readonly from: NodeId; readonly context: string }[] {
    const taken = this.#postponed;
    this.#postponed = [];
    return taken;
  }

  /** False if there is no room. */
  add(from: NodeId, context: string, index: number): boolean {
    if (this.#full) return false;
    this.#waiting.push({ from, context, index, round: this.#round + 1 });
    this.#dirty = true;
    return true;
  }

  /** Starts the round that the reads added since the last one wait for. */
  beginRound(tick: number): void {
    this.#round += 1;
    this.#dirty = false;
    this.#begun.push({ round: this.#round, tick });
  }

  /** The tick at which the latest confirmed round was begun: until then at least a quorum followed. */
  get confirmedAt(): number {
    return this.#confirmedAt;
  }

  /** Another quorum counts from now on. */
  forgetConfirmed(): void {
    this.#confirmedAt = -Infinity;
  }

  /** Takes the reads that a quorum's answer to `round` makes good. */
  confirm(round: number): readonly PendingRead[] {
    while (this.#begun.length > 0 && this.#begun[0]!.round <= round) this.#confirmedAt = this.#begun.shift()!.tick;
    let count = 0;
    while (count < this.#waiting.length && this.#waiting[count]!.round <= round) count += 1;
    return count === 0 ? [] : this.#waiting.splice(0, count);
  }
}
