import type { raft } from '@keelson/protocol';
import type { Clock, Logger, Timer } from '@keelson/service';
import type { InstallSnapshot, Message } from 'raft-ts';
import { toWire, WireError } from './wire.js';

/** A gRPC stream in either direction: calls and answers look the same from here. */
export interface ExchangeStream {
  write(batch: Parameters<typeof raft.MessageBatch.encode>[0]): boolean;
  end(): void;
  cancel?(): void;
  on(event: 'data', run: (batch: raft.MessageBatch) => void): unknown;
  on(event: 'drain' | 'end' | 'close' | 'cancelled', run: () => void): unknown;
  on(event: 'error', run: (error: Error) => void): unknown;
  /** The called side has answered, if only with headers. */
  on(event: 'metadata', run: () => void): unknown;
}

export interface PeerLinkOptions {
  /** Messages and bytes that wait while the peer takes none; more are lost, as on a network. */
  readonly queueMessagesMax: number;
  readonly queueBytesMax: number;
  readonly batchBytesMax: number;
  readonly redialMs: number;
  /** The side that usually waits for a call makes one itself after this time without. */
  readonly patientRedialMs: number;
}

export interface PeerLinkEvents {
  received(messages: readonly raft.Message[]): void;
  /** Messages to the peer were lost. */
  lost(): void;
  /** The stream broke. */
  disconnected(): void;
}

type Sendable = Exclude<Message, InstallSnapshot>;

/** The stream to one peer: made by one side, used by both; made again when it breaks. */
export class PeerLink {
  readonly #options: PeerLinkOptions;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #events: PeerLinkEvents;
  /** Not there for one whose address is not known: it calls. */
  readonly #dial: (() => ExchangeStream) | undefined;
  readonly #patient: boolean;
  #stream: ExchangeStream | undefined;
  #blocked = false;
  #queue: Sendable[] = [];
  #queueBytes = 0;
  #redial: Timer | undefined;
  #connectedSince: number | undefined;
  #closed = false;

  constructor(
    options: PeerLinkOptions,
    dependencies: {
      readonly clock: Clock;
      readonly logger: Logger;
      readonly dial: (() => ExchangeStream) | undefined;
      /** Of two that know each other only one need call. */
      readonly patient: boolean;
    },
    events: PeerLinkEvents,
  ) {
    this.#options = options;
    this.#clock = dependencies.clock;
    this.#logger = dependencies.logger;
    this.#dial = dependencies.dial;
    this.#patient = dependencies.patient;
    this.#events = events;
  }

  get connected(): boolean {
    return this.#stream !== undefined;
  }

  /** When the peer was first heard of on the present stream. */
  get connectedSince(): number | undefined {
    return this.#connectedSince;
  }

  open(): void {
    if (this.#patient) this.#dialLater();
    else this.#dialNow();
  }

  #dialNow(): void {
    if (this.#dial && !this.#closed) this.#attach(this.#dial());
  }

  #dialLater(): void {
    this.#redial?.cancel();
    if (!this.#dial) return;
    const { redialMs, patientRedialMs } = this.#options;
    this.#redial = this.#clock.after(this.#patient ? patientRedialMs : redialMs, () => this.#dialNow());
  }

  /** Takes the stream of a call from the peer: so it is there. */
  accept(stream: ExchangeStream): void {
    this.#attach(stream);
    this.#connectedSince = this.#clock.monotonic();
  }

  /** Takes a stream in place of the one before. */
  #attach(stream: ExchangeStream): void {
    const old = this.#stream;
    this.#stream = stream;
    this.#connectedSince = undefined;
    this.#blocked = false;
    this.#redial?.cancel();
    old?.end();
    old?.cancel?.();
    let ended = false;
    const end = (error?: Error) => {
      if (ended) return;
      ended = true;
      this.#detach(stream, error);
    };
    const heard = () => {
      if (this.#stream === stream) this.#connectedSince ??= this.#clock.monotonic();
    };
    stream.on('metadata', heard);
    stream.on('data', ({ messages }) => {
      if (ended) return;
      heard();
      try {
        this.#events.received(messages);
      } catch (error) {
        if (!(error instanceof WireError)) throw error;
        this.#logger.warn({ err: error }, 'a message that is not understood: dropped, the connection is closed');
        stream.end();
        stream.cancel?.();
        end(error);
      }
    });
    stream.on('drain', () => this.#resume());
    stream.on('end', () => {
      stream.end();
      end();
    });
    stream.on('close', () => end());
    stream.on('cancelled', () => end());
    stream.on('error', end);
    this.#flush();
  }

  #detach(stream: ExchangeStream, error: Error | undefined): void {
    if (this.#stream !== stream) return;
    this.#logger.debug({ err: error }, 'peer stream ended');
    this.#stream = undefined;
    this.#connectedSince = undefined;
    this.#queue = [];
    this.#queueBytes = 0;
    if (this.#closed) return;
    this.#dialLater();
    this.#events.disconnected();
  }

  send(messages: readonly Sendable[]): void {
    if (!this.#stream) {
      this.#events.lost();
      return;
    }
    for (const message of messages) {
      this.#queue.push(message);
      this.#queueBytes += sizeOf(message);
    }
    const { queueMessagesMax, queueBytesMax } = this.#options;
    if (this.#queue.length > queueMessagesMax || this.#queueBytes > queueBytesMax) this.#drop();
    this.#flush();
  }

  #drop(): void {
    this.#queue = [];
    this.#queueBytes = 0;
    this.#events.lost();
  }

  #flush(): void {
    while (this.#stream && !this.#blocked && this.#queue.length > 0) {
      const batch = this.#takeBatch();
      this.#blocked = !this.#stream.write({ messages: batch.map(toWire) });
    }
  }

  #takeBatch(): Sendable[] {
    let bytes = 0;
    let count = 0;
    while (count < this.#queue.length && (count === 0 || bytes < this.#options.batchBytesMax)) {
      bytes += sizeOf(this.#queue[count]!);
      count += 1;
    }
    this.#queueBytes -= bytes;
    return this.#queue.splice(0, count);
  }

  #resume(): void {
    this.#blocked = false;
    this.#flush();
  }

  close(): void {
    this.#closed = true;
    this.#redial?.cancel();
    this.#stream?.end();
    this.#stream?.cancel?.();
    this.#stream = undefined;
  }
}

function sizeOf(message: Sendable): number {
  let bytes = 64;
  if (message.type === 'append') for (const entry of message.entries) bytes += entry.data.length + 16;
  else if (message.type === 'propose') for (const data of message.data) bytes += data.length + 4;
  return bytes;
}
