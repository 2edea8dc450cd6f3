import type { NodeId } from './messages.js';

interface Forwarded {
  readonly sequence: number;
  readonly data: readonly Uint8Array[];
  readonly bytes: number;
}

/**
 * A follower's proposals on their way to the leader of the term. Each message is kept until the leader has said that it
 * took it, and sent again while it may be lost: within a term the leader takes none twice.
 */
export class Forwarding {
  readonly session: number;
  #waiting: Forwarded[] = [];
  #bytes = 0;
  #sequence = 0;
  #silentTicks = 0;
  /** Something may have been lost: send again at the next tick. */
  #doubt = false;

  /** `session` must be one that no earlier start of this node used in the same term. */
  constructor(session: number) {
    this.session = session;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Numbers the proposals that one message carries. */
  add(data: readonly Uint8Array[]): number {
    let bytes = 0;
    for (const each of data) bytes += each.length;
    this.#sequence += 1;
    this.#bytes += bytes;
    if (this.#waiting.length === 0) this.#silentTicks = 0;
    this.#waiting.push({ sequence: this.#sequence, data, bytes });
    return this.#sequence;
  }

  /** The leader has taken everything up to `sequence`. */
  taken(sequence: number): void {
    let count = 0;
    while (count < this.#waiting.length && this.#waiting[count]!.sequence <= sequence) count += 1;
    if (count === 0) return;
    this.#silentTicks = 0;
    for (const { bytes } of this.#waiting.splice(0, count)) this.#bytes -= bytes;
  }

  /** Messages to the leader may have been lost. */
  doubt(): void {
    this.#doubt = this.#waiting.length > 0;
  }

  /** A tick passed: whether to send everything that waits again, `patience` ticks after the last sign. */
  tick(patience: number): boolean {
    if (this.#waiting.length === 0) return false;
    this.#silentTicks += 1;
    return this.#doubt || this.#silentTicks >= patience;
  }

  /** What the leader is not known to have taken, in order. */
  again(): readonly Forwarded[] {
    this.#doubt = false;
    this.#silentTicks = 0;
    return this.#waiting;
  }

  /** A new term: what the old leader did not append is lost, and the application's to propose again. */
  reset(): void {
    this.#waiting = [];
    this.#bytes = 0;
    this.#sequence = 0;
    this.#doubt = false;
  }
}

/** Sessions remembered of one follower; it has a new one each time it starts. */
const SESSIONS_MAX = 64;

/** What a leader has taken of its followers' forwarded messages: each once and in order, whatever the network does. */
export class Intake {
  readonly #taken = new Map<NodeId, Map<number, number>>();
  #answers = new Map<NodeId, number>();

  /** Takes a message if it is the next of its session and `accept` has room for it. */
  take(from: NodeId, session: number, sequence: number, accept: () => boolean): void {
    const sessions = this.#sessions(from);
    const last = sessions.get(session) ?? 0;
    sessions.set(session, sequence === last + 1 && accept() ? sequence : last);
    this.#answers.set(from, session);
  }

  #sessions(from: NodeId): Map<number, number> {
    let sessions = this.#taken.get(from);
    if (!sessions) {
      sessions = new Map();
      this.#taken.set(from, sessions);
    }
    if (sessions.size > SESSIONS_MAX) sessions.delete(sessions.keys().next().value!);
    return sessions;
  }

  /** Whom to tell how far their messages were taken, since the last call. */
  takeAnswers(): readonly { readonly to: NodeId; readonly session: number; readonly sequence: number }[] {
    if (this.#answers.size === 0) return [];
    const answers = [...this.#answers].map(([to, session]) => ({
      to,
      session,
      sequence: this.#taken.get(to)!.get(session)!,
    }));
    this.#answers = new Map();
    return answers;
  }
}
