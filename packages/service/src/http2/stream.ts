import type { HeaderList } from './hpack-decoder.js';

/** Who uses a stream. */
export interface StreamSink {
  /** On a server: the trailers of a request; on a client: the headers and then the trailers of a response. */
  onHeaders(list: HeaderList, end: boolean): void;
  /** A view of what was read: copy what outlives the call. */
  onData(bytes: Buffer, end: boolean): void;
  /** What was sent is on its way: the stream takes more. */
  onWritable(): void;
  /** It ended before its time: reset by the peer (with its code), or the connection is gone. */
  onAborted(code: number): void;
}

/** Told that the socket has taken something, or that it will not. */
export type Written = (error?: Error | null) => void;

/** What a stream needs of its connection. */
export interface StreamHost {
  readonly peerWindow: number;
  readonly receiveWindow: number;
  headersFrame(stream: Http2Stream, block: Buffer, end: boolean): void;
  /** Sends what windows and socket allow; the number of bytes sent. */
  dataFrames(stream: Http2Stream, payload: Buffer, end: boolean): number;
  resetFrame(stream: Http2Stream, code: number): void;
  windowFrame(stream: Http2Stream, bytes: number): void;
  /** Tells when all that was sent until now is written. */
  whenWritten(done: Written): void;
  waits(stream: Http2Stream): void;
  forget(stream: Http2Stream): void;
}

interface Pending {
  payload: Buffer;
  readonly end: boolean;
  readonly written: Written | undefined;
}

const NONE = Buffer.alloc(0);

/** One exchange on a connection: both directions with their flow control. */
export class Http2Stream {
  readonly id: number;
  sink!: StreamSink;
  /** Bytes that the peer takes, and that it may still send. */
  sendWindow: number;
  receiveWindow: number;
  /** When the peer opened it, in monotonic milliseconds. */
  openedAt = 0;
  /** Something was sent on it. */
  answered = false;
  localClosed = false;
  remoteClosed = false;
  readonly #host: StreamHost;
  #pending: Pending[] = [];
  /** How many of them are sent. */
  #sent = 0;
  #trailers: Buffer | undefined;
  #credit = 0;

  constructor(id: number, host: StreamHost) {
    this.id = id;
    this.#host = host;
    this.sendWindow = host.peerWindow;
    this.receiveWindow = host.receiveWindow;
  }

  sendHeaders(block: Buffer, end: boolean): void {
    if (this.localClosed) return;
    if (this.#pending.length > 0) {
      this.#trailers = block;
      return;
    }
    this.answered = true;
    this.#host.headersFrame(this, block, end);
    if (end) this.closeLocal();
  }

  /**
   * False if some of it waits for the peer or the socket: `writable` follows. Once `written` is told the payload may be
   * used again.
   */
  sendData(payload: Buffer, end: boolean, written?: Written): boolean {
    if (this.localClosed) {
      written?.(new Error('the stream is closed'));
      return true;
    }
    if (this.#pending.length === 0) {
      const sent = this.#host.dataFrames(this, payload, end);
      if (sent === payload.length) {
        if (written !== undefined) this.#host.whenWritten(written);
        if (end) this.closeLocal();
        return true;
      }
      this.#pending.push({ payload: sent === 0 ? payload : payload.subarray(sent), end, written });
    } else this.#pending.push({ payload, end, written });
    this.#host.waits(this);
    return false;
  }

  /** Sends on what waits, as far as it may. */
  flush(): void {
    for (; this.#sent < this.#pending.length; this.#sent += 1) {
      const next = this.#pending[this.#sent]!;
      const sent = this.#host.dataFrames(this, next.payload, next.end);
      if (sent < next.payload.length) {
        next.payload = next.payload.subarray(sent);
        this.#forgetSent();
        this.#host.waits(this);
        return;
      }
      next.payload = NONE;
      if (next.written !== undefined) this.#host.whenWritten(next.written);
      if (next.end) this.closeLocal();
    }
    this.#forgetSent();
    if (this.#trailers) {
      this.#host.headersFrame(this, this.#trailers, true);
      this.#trailers = undefined;
      this.closeLocal();
    }
    this.sink.onWritable();
  }

  /** Once it is the greater part: that costs less than each by itself. */
  #forgetSent(): void {
    if (2 * this.#sent < this.#pending.length) return;
    this.#pending.splice(0, this.#sent);
    this.#sent = 0;
  }

  /** The receiver is done with so many bytes: the peer may send as many more. */
  credit(bytes: number): void {
    this.#credit += bytes;
    if (this.remoteClosed || 2 * this.#credit < this.#host.receiveWindow) return;
    this.receiveWindow += this.#credit;
    this.#host.windowFrame(this, this.#credit);
    this.#credit = 0;
  }

  reset(code: number): void {
    if (this.localClosed && this.remoteClosed) return;
    this.#host.resetFrame(this, code);
    this.#drop();
  }

  /** The peer reset it, or the connection is gone. */
  abort(code: number): void {
    if (this.localClosed && this.remoteClosed) return;
    this.#drop();
    this.sink.onAborted(code);
  }

  #drop(): void {
    const unsent = this.#pending.slice(this.#sent);
    this.#pending = [];
    this.#sent = 0;
    this.#trailers = undefined;
    this.localClosed = true;
    this.remoteClosed = true;
    this.#host.forget(this);
    for (const { written } of unsent) written?.(new Error('the stream is closed'));
  }

  closeLocal(): void {
    this.localClosed = true;
    if (this.remoteClosed) this.#host.forget(this);
  }

  closeRemote(): void {
    this.remoteClosed = true;
    if (this.localClosed) this.#host.forget(this);
  }
}
