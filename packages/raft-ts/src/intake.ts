import type { Forwarded, ForwardingLimits } from './forwarding.js';
import type { NodeId } from './messages.js';

/** Sessions remembered of one follower; it has a new one each time it starts. */
const SESSIONS_MAX = 64;

export interface IntakeAnswer {
  readonly to: NodeId;
  readonly session: number;
  readonly sequence: number;
}

/** What was taken of one follower, and what it sent that cannot be taken yet. */
class Sender {
  /** Up to which message each session was taken, oldest first. */
  readonly taken = new Map<number, number>();
  session = 0;
  readonly early = new Map<number, Forwarded>();
  earlyBytes = 0;

  /** Turns to what this session sends: nothing else of an earlier one is to be expected. */
  open(session: number): void {
    if (this.session === session && this.taken.has(session)) return;
    this.session = session;
    this.early.clear();
    this.earlyBytes = 0;
    if (!this.taken.has(session)) this.taken.set(session, 0);
    if (this.taken.size > SESSIONS_MAX) this.taken.delete(this.taken.keys().next().value!);
  }

  /** Unless it was taken, or is there already. The next one must find a place: the others wait for it. */
  keep(message: Forwarded, { inflightMessagesMax, inflightBytesMax }: ForwardingLimits): void {
    const last = this.taken.get(this.session)!;
    if (message.sequence <= last || this.early.has(message.sequence)) return;
    const full = this.early.size >= inflightMessagesMax || this.earlyBytes + message.bytes > inflightBytesMax;
    if (full && message.sequence > last + 1) return;
    this.early.set(message.sequence, message);
    this.earlyBytes += message.bytes;
  }

  /** Takes what is next, as long as it is there and accepted. */
  advance(accept: (data: readonly Uint8Array[]) => boolean): boolean {
    const before = this.taken.get(this.session)!;
    let last = before;
    for (let next = this.early.get(last + 1); next && accept(next.data); next = this.early.get(last + 1)) {
      last += 1;
      this.early.delete(last);
      this.earlyBytes -= next.bytes;
    }
    this.taken.set(this.session, last);
    return last > before;
  }
}

/**
 * What a leader has taken of its followers' forwarded messages: each once and in order, whatever the network does. What
 * comes before its turn, or when there is no room for it, is kept, as much of it as a follower may have on its way.
 */
export class Intake {
  readonly #limits: ForwardingLimits;
  readonly #accept: (data: readonly Uint8Array[]) => boolean;
  readonly #senders = new Map<NodeId, Sender>();
  readonly #toAnswer = new Set<NodeId>();

  /** `accept` says whether there is room; it has taken the proposals then. */
  constructor(limits: ForwardingLimits, accept: (data: readonly Uint8Array[]) => boolean) {
    this.#limits = limits;
    this.#accept = accept;
  }

  take(from: NodeId, session: number, message: Forwarded): void {
    let sender = this.#senders.get(from);
    if (!sender) {
      sender = new Sender();
      this.#senders.set(from, sender);
    }
    sender.open(session);
    sender.keep(message, this.#limits);
    sender.advance(this.#accept);
    this.#toAnswer.add(from);
  }

  /** There may be room now for what had to wait. */
  takeMore(): void {
    for (const [from, sender] of this.#senders) {
      if (sender.early.size > 0 && sender.advance(this.#accept)) this.#toAnswer.add(from);
    }
  }

  /** Whom to tell how far their messages were taken, since the last call. */
  takeAnswers(): readonly IntakeAnswer[] {
    if (this.#toAnswer.size === 0) return [];
    const answers = [...this.#toAnswer].map((to) => {
      const { session, taken } = this.#senders.get(to)!;
      return { to, session, sequence: taken.get(session)! };
    });
    this.#toAnswer.clear();
    return answers;
  }
}
