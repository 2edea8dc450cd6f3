import { proposalSize } from './messages.js';

export interface Forwarded {
  readonly sequence: number;
  readonly data: readonly Uint8Array[];
  readonly bytes: number;
}

export interface ForwardingLimits {
  /** Bytes in one message; one proposal always fits. */
  readonly appendBytesMax: number;
  /** Messages, and bytes in them, that may be on their way. */
  readonly inflightMessagesMax: number;
  readonly inflightBytesMax: number;
}

/**
 * A follower's proposals on their way to the leader of the term. Each message is kept until the leader has said that it
 * took it. Where messages may have been lost, the first that was not taken is sent again, alone; with each that turns
 * out to have been lost twice as many may follow: so little more is sent twice than what got lost.
 */
export class Forwarding {
  readonly session: number;
  readonly #limits: ForwardingLimits;
  #waiting: Forwarded[] = [];
  /** How many of those that wait, from the first, have been sent since the last doubt; and their bytes. */
  #sent = 0;
  #sentBytes = 0;
  /** How many may be on their way. */
  #window: number;
  #bytes = 0;
  #sequence = 0;
  #silentTicks = 0;
  #doubt = false;
  /** The last message that was under way when there was doubt: once it is taken, so is all that may have been lost. */
  #doubted = 0;

  /** `session` must be one that no earlier start of this node used in the same term. */
  constructor(session: number, limits: ForwardingLimits) {
    this.session = session;
    this.#limits = limits;
    this.#window = limits.inflightMessagesMax;
  }

  /** Of all that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Puts proposals in line, in as many messages as they need. */
  add(data: readonly Uint8Array[]): void {
    if (this.#waiting.length === 0) this.#silentTicks = 0;
    for (let from = 0; from < data.length; ) {
      let bytes = proposalSize(data[from]!);
      let to = from + 1;
      for (; to < data.length; to += 1) {
        const more = proposalSize(data[to]!);
        if (bytes + more > this.#limits.appendBytesMax) break;
        bytes += more;
      }
      this.#sequence += 1;
      this.#bytes += bytes;
      this.#waiting.push({ sequence: this.#sequence, data: data.slice(from, to), bytes });
      from = to;
    }
  }

  /** The next message to send now, if any. */
  next(): Forwarded | undefined {
    const message = this.#waiting[this.#sent];
    const full = this.#sent >= this.#window || this.#sentBytes >= this.#limits.inflightBytesMax;
    if (!message || full) return undefined;
    this.#sent += 1;
    this.#sentBytes += message.bytes;
    return message;
  }

  /** The leader has taken everything up to `sequence`. */
  taken(sequence: number): void {
    let count = 0;
    while (count < this.#waiting.length && this.#waiting[count]!.sequence <= sequence) count += 1;
    if (count === 0) return;
    this.#silentTicks = 0;
    const { inflightMessagesMax } = this.#limits;
    // What was under way before the doubt and arrived says nothing of what was sent again since.
    const grown = this.#window + Math.min(count, this.#sent);
    this.#window = sequence >= this.#doubted ? inflightMessagesMax : Math.min(grown, inflightMessagesMax);
    this.#waiting.splice(0, count).forEach(({ bytes }, at) => {
      this.#bytes -= bytes;
      if (at < this.#sent) this.#sentBytes -= bytes;
    });
    this.#sent = Math.max(0, this.#sent - count);
  }

  /** Messages to the leader may have been lost. */
  doubt(): void {
    this.#doubt = this.#waiting.length > 0;
  }

  /** A tick passed: `patience` of them without a word about what waits make doubt too. */
  tick(patience: number): void {
    if (this.#waiting.length === 0) return;
    this.#silentTicks += 1;
    if (!this.#doubt && this.#silentTicks < patience) return;
    this.#doubt = false;
    this.#silentTicks = 0;
    if (this.#sent > 0) this.#doubted = Math.max(this.#doubted, this.#waiting[this.#sent - 1]!.sequence);
    this.#sent = 0;
    this.#sentBytes = 0;
    this.#window = 1;
  }

  /** A new term: what the old leader did not append is lost, and the application's to propose again. */
  reset(): void {
    this.#waiting = [];
    this.#sent = 0;
    this.#sentBytes = 0;
    this.#window = this.#limits.inflightMessagesMax;
    this.#bytes = 0;
    this.#sequence = 0;
    this.#doubt = false;
    this.#doubted = 0;
  }
}
