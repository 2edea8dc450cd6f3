import { Duplex } from 'node:stream';
import type { Headers } from './header-block.js';

type Done = (error?: Error | null) => void;

/** What a stream asks of its connection. */
export interface StreamOwner {
  send(stream: SpdyStream, chunk: Buffer, done: Done): void;
  finish(stream: SpdyStream, done: Done): void;
  /** The stream's reader has taken something. */
  taken(stream: SpdyStream): void;
  closed(stream: SpdyStream, broken: boolean): void;
}

/** One of a connection's streams; either side can end its half. */
export class SpdyStream extends Duplex {
  readonly id: number;
  readonly headers: Headers;
  readonly #owner: StreamOwner;
  /** Whether the client has ended its half. */
  #received = false;
  #isOver = false;

  constructor(id: number, headers: Headers, owner: StreamOwner) {
    super({ allowHalfOpen: true });
    this.id = id;
    this.headers = headers;
    this.#owner = owner;
    this.on('error', () => {}); // told to whoever reads or writes
  }

  /** Upstream's header for what a stream carries. */
  get type(): string {
    return this.headers.get('streamtype') ?? '';
  }

  /** The client's half alone: reading it to its end leaves ours open. */
  get input(): AsyncIterable<Buffer> {
    return { [Symbol.asyncIterator]: () => this.iterator({ destroyOnReturn: false }) };
  }

  /** Resolves once the bytes are handed on. */
  send(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => this.write(bytes, (error) => (error ? reject(error) : resolve())));
  }

  /** What the client sends; what comes after its end is passed over. */
  receive(chunk: Buffer, fin: boolean): void {
    if (this.#received || this.destroyed) return;
    if (chunk.length > 0) this.push(chunk);
    if (!fin) return;
    this.#received = true;
    this.push(null);
  }

  /** The other side takes nothing any more and sends nothing: what has come can still be read. */
  over(): void {
    this.receive(Buffer.alloc(0), true);
    this.#isOver = true;
  }

  override _read(): void {
    this.#owner.taken(this);
  }

  override _write(chunk: Buffer, _encoding: string, done: Done): void {
    if (this.#isOver) done();
    else this.#owner.send(this, chunk, done);
  }

  override _final(done: Done): void {
    if (this.#isOver) done();
    else this.#owner.finish(this, done);
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#owner.closed(this, !this.readableEnded || !this.writableFinished);
    done(error);
  }
}
