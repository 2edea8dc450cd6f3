import type { Duplex } from 'node:stream';
import {
  ControlType,
  controlFrame,
  dataFrame,
  FLAG_FIN,
  FrameReader,
  ResetStatus,
  SpdyError,
  streamIdIn,
  words,
} from './frames.js';
import { HeaderReader, type Headers, HeaderWriter } from './header-block.js';
import { SpdyStream } from './stream.js';

export interface SpdyOptions {
  /** Streams that a client may have open; more are refused. */
  readonly streamsMax: number;
  /** What may wait in one stream until the whole connection is held back. */
  readonly backlogBytesMax: number;
}

const DEFAULTS: SpdyOptions = { streamsMax: 2_000, backlogBytesMax: 1024 * 1024 };
/** Streams take turns after so many bytes. */
const DATA_BYTES_MAX = 64 * 1024;
/** Control frames in one turn of the event loop: what they carry has to be unpacked, each by itself. */
const CONTROLS_PER_TURN = 64;
/** What may wait for a client that asks and does not read. */
const UNREAD_BYTES_MAX = 1024 * 1024;
/** In SYN_STREAM: the stream, the one that it belongs to, priority and slot. */
const SYN_STREAM_BYTES = 10;

/**
 * A side of SPDY/3.1 over a stream of bytes: a server is told of streams by `onStream`, a client opens them. Kubernetes' clients know no windows: they neither heed nor send
 * WINDOW_UPDATE, so what holds a side back is the transport alone.
 */
export class SpdyConnection {
  readonly #transport: Duplex;
  readonly #options: SpdyOptions;
  readonly #onStream: (stream: SpdyStream) => void;
  readonly #streams = new Map<number, SpdyStream>();
  /** Those whose readers are far behind. */
  readonly #behind = new Set<SpdyStream>();
  /** Whether what has come is being looked at, a turn at a time. */
  #isBusy = false;
  #isUnread = false;
  readonly #reader: FrameReader;
  readonly #headersIn = new HeaderReader();
  readonly #headersOut = new HeaderWriter();
  #lastStream = 0;
  readonly #opened = new WeakSet<SpdyStream>();
  /** A client's are odd. */
  #nextStream = 1;
  #closing = false;

  constructor(transport: Duplex, onStream: (stream: SpdyStream) => void, options: Partial<SpdyOptions> = {}) {
    this.#transport = transport;
    this.#onStream = onStream;
    this.#options = { ...DEFAULTS, ...options };
    this.#reader = new FrameReader({
      control: (type, flags, payload) => this.#control(type, flags, payload),
      data: (id, chunk, fin) => this.#data(id, chunk, fin),
    });
    transport.on('data', (chunk: Buffer) => this.#take(chunk));
    transport.on('drain', () => {
      this.#isUnread = false;
      this.#flow();
    });
    transport.on('end', () => this.#lost());
    transport.on('close', () => this.#lost());
    transport.on('error', () => this.#lost());
  }

  /** As a client. Names of headers are in lower case. */
  open(headers: Headers): SpdyStream {
    const id = this.#nextStream;
    this.#nextStream += 2;
    const stream = this.#made(id, headers);
    this.#opened.add(stream);
    const head = Buffer.concat([words(id, 0), Buffer.alloc(SYN_STREAM_BYTES - 8)]);
    this.#send(controlFrame(ControlType.SYN_STREAM, 0, Buffer.concat([head, this.#headersOut.write(headers)])));
    return stream;
  }

  /** Ends the connection once everything that was written is on its way. */
  close(): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#transport.end();
    this.#transport.resume();
  }

  destroy(): void {
    this.#closing = true;
    this.#transport.destroy();
    this.#lost();
  }

  #take(chunk: Buffer): void {
    try {
      this.#isBusy = this.#reader.push(chunk, CONTROLS_PER_TURN);
      this.#isUnread = this.#transport.writableLength > UNREAD_BYTES_MAX;
      this.#flow();
      if (this.#isBusy) setImmediate(() => this.#transport.destroyed || this.#take(Buffer.alloc(0)));
    } catch (error) {
      if (!(error instanceof SpdyError)) throw error;
      this.#send(controlFrame(ControlType.GOAWAY, 0, words(this.#lastStream, 1)));
      this.destroy();
    }
  }

  #control(type: number, flags: number, payload: Buffer): void {
    if (type === ControlType.SYN_STREAM) this.#open(flags, payload);
    else if (type === ControlType.PING) this.#send(controlFrame(ControlType.PING, 0, payload));
    else if (type === ControlType.RST_STREAM) this.#over(this.#streams.get(streamIdIn(payload)), 'reset by the client');
    // Headers of every block count for what later blocks refer to.
    else if (type === ControlType.HEADERS || type === ControlType.SYN_REPLY) this.#headersIn.read(payload.subarray(4));
  }

  #open(flags: number, payload: Buffer): void {
    const id = streamIdIn(payload);
    const headers = this.#headersIn.read(payload.subarray(SYN_STREAM_BYTES));
    if (id % 2 === 0 || id <= this.#lastStream) throw new SpdyError(`stream ${id} is not a new one of a client`);
    this.#lastStream = id;
    if (this.#closing || this.#streams.size >= this.#options.streamsMax) {
      this.#reset(id, ResetStatus.REFUSED_STREAM);
      return;
    }
    const stream = this.#made(id, headers);
    this.#send(controlFrame(ControlType.SYN_REPLY, 0, Buffer.concat([words(id), this.#headersOut.write(new Map())])));
    if ((flags & FLAG_FIN) !== 0) stream.receive(Buffer.alloc(0), true);
    this.#onStream(stream);
  }

  #made(id: number, headers: Headers): SpdyStream {
    const stream = new SpdyStream(id, headers, {
      send: (_stream, chunk, done) => this.#sendData(id, chunk, done),
      finish: (_stream, done) => this.#send(dataFrame(id, Buffer.alloc(0), true), done),
      taken: (it) => this.#pace(it, false),
      closed: (it, broken) => this.#closed(it, broken),
    });
    this.#streams.set(id, stream);
    return stream;
  }

  #data(id: number, chunk: Buffer, fin: boolean): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) return; // reset meanwhile
    stream.receive(chunk, fin);
    this.#pace(stream, stream.readableLength > this.#options.backlogBytesMax);
  }

  /** A stream whose reader is far behind holds the connection back: SPDY without windows knows no other way. */
  #pace(stream: SpdyStream, isBehind: boolean): void {
    if (isBehind && !stream.destroyed) this.#behind.add(stream);
    else if (!this.#behind.delete(stream)) return;
    this.#flow();
  }

  #flow(): void {
    if (this.#behind.size > 0 || this.#isBusy || this.#isUnread) this.#transport.pause();
    else this.#transport.resume();
  }

  #sendData(id: number, chunk: Buffer, done: (error?: Error | null) => void): void {
    for (let at = 0; at < chunk.length; at += DATA_BYTES_MAX) {
      const part = chunk.subarray(at, at + DATA_BYTES_MAX);
      const isLast = at + DATA_BYTES_MAX >= chunk.length;
      this.#send(dataFrame(id, part, false), isLast ? done : undefined);
    }
  }

  #send(frame: Buffer, done?: (error?: Error | null) => void): void {
    if (this.#transport.destroyed || this.#transport.writableEnded) done?.(new Error('the connection is closed'));
    else this.#transport.write(frame, done);
  }

  #closed(stream: SpdyStream, broken: boolean): void {
    this.#pace(stream, false);
    if (this.#streams.delete(stream.id) && broken && !this.#closing) this.#reset(stream.id, ResetStatus.CANCEL);
  }

  #reset(id: number, status: number): void {
    this.#send(controlFrame(ControlType.RST_STREAM, 0, words(id, status)));
  }

  /** A client that leaves wants nothing any more; a server that is done says so by this, and what it sent is to be read. */
  #over(stream: SpdyStream | undefined, why: string): void {
    if (stream === undefined) return;
    if (this.#opened.has(stream)) stream.over();
    else stream.destroy(new Error(why));
  }

  #lost(): void {
    this.#closing = true;
    for (const stream of [...this.#streams.values()]) this.#over(stream, 'the connection is closed');
    this.#streams.clear();
    if (!this.#transport.destroyed) this.#transport.destroy();
  }
}
