import type { Core } from './core.js';
import type { NodeId } from './messages.js';
import { quorumValue } from './quorum.js';
import { ReadOnly } from './read-only.js';

/** How many times as long as another's a leader's tick may take. */
const DRIFT_MAX = 1.1;

/** Answers reads as a leader: at once where nobody else can lead, else when a quorum has answered a round of heartbeats. */
export class LeaderReads {
  readonly #core: Core;
  readonly #waiting: ReadOnly;
  /** The latest round that a member has answered. */
  readonly #answeredBy: (id: NodeId) => number;
  #ticks = 0;
  /** Somebody was asked to take over in this term: votes given at the leader's wish heed no lease. */
  #handedOver = false;

  constructor(core: Core, answeredBy: (id: NodeId) => number) {
    this.#core = core;
    this.#waiting = new ReadOnly(core.options.pendingReadsMax);
    this.#answeredBy = answeredBy;
  }

  /** The round that heartbeats carry. */
  get round(): number {
    return this.#waiting.round;
  }

  /** Reads wait for a round that has not begun. */
  get needsRound(): boolean {
    return this.#waiting.needsRound;
  }

  tick(): void {
    this.#ticks += 1;
  }

  /** Heartbeats are about to be sent: each round that a quorum answers is proof, for reads that wait and for the lease. */
  beginRound(): void {
    if (this.needsRound || this.#core.options.readOnly === 'lease') this.#waiting.beginRound(this.#ticks);
  }

  handOver(): void {
    this.#handedOver = true;
  }

  /** False if there is no room for it; whoever passed it on asks again. */
  read(from: NodeId, context: string): boolean {
    const { config, id, log, term } = this.#core;
    if (log.term(log.committed) !== term) return this.#waiting.postpone(from, context);
    if (!config.isSingleton(id) && !this.#holdsLease()) return this.#waiting.add(from, context, log.committed);
    this.#answer(from, context, log.committed);
    return true;
  }

  /** A quorum said of late that it follows, and nobody was asked to take over since. */
  #holdsLease(): boolean {
    const { readOnly, electionTicks } = this.#core.options;
    if (readOnly !== 'lease' || this.#handedOver) return false;
    // Between two ticks there is time too. Of n ticks here less than n + 1 times their length has passed; those who heard
    // of the round stay bound for more than an election timeout less one of their ticks.
    const passed = this.#ticks - this.#waiting.confirmedAt + 1;
    return passed * DRIFT_MAX <= electionTicks - 1;
  }

  #answer(to: NodeId, context: string, index: number): void {
    const { id, term } = this.#core;
    if (to === id) this.#core.readStates.push({ context, index });
    else this.#core.send({ type: 'readIndexResponse', from: id, to, term, context, index });
  }

  /** Members have answered rounds. */
  confirm(): void {
    const { config, id } = this.#core;
    const roundOf = (member: NodeId) => (member === id ? this.round : this.#answeredBy(member));
    for (const read of this.#waiting.confirm(quorumValue(config.voters, roundOf))) {
      this.#answer(read.from, read.context, read.index);
    }
  }

  /** Other members vote now. */
  configured(): void {
    this.#waiting.forgetConfirmed();
    this.confirm();
  }

  /** More is committed: maybe the first entry of the term, for which reads have waited. */
  committed(): void {
    for (const read of this.#waiting.takePostponed()) this.read(read.from, read.context);
  }
}
