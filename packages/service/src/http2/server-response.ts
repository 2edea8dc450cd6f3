import { EventEmitter } from 'node:events';
import type { OutgoingHttpHeader, OutgoingHttpHeaders } from 'node:http';
import { ErrorCode } from './frames.js';
import type { HeaderList } from './hpack-decoder.js';
import type { Http2Stream, Written } from './stream.js';

/** What answers on one connection have in common. */
export interface ResponseHeads {
  /** A block of these headers, of which those with a name like `isCommon` come again. */
  head(code: number, headers: HeaderList): Buffer;
  /** Runs when a client that is sent something had time to read it. */
  afterRead(run: () => void): void;
}

/** Without a body, whatever is written. */
const BODILESS = new Set([204, 304]);

/**
 * An answer over HTTP/2; as node:http has them, as far as anybody asks. It is closed when all of it was handed to the
 * connection, or when the client left.
 */
export class Http2Response extends EventEmitter {
  statusCode = 200;
  headersSent = false;
  writableEnded = false;
  destroyed = false;
  /** Bytes that the client, or the connection, has not taken yet. */
  writableLength = 0;
  readonly #stream: Http2Stream;
  readonly #heads: ResponseHeads;
  readonly #isHead: boolean;
  readonly #headers = new Map<string, OutgoingHttpHeader | readonly string[]>();
  #isHeadWritten = false;

  constructor(stream: Http2Stream, heads: ResponseHeads, isHead: boolean) {
    super();
    this.#stream = stream;
    this.#heads = heads;
    this.#isHead = isHead;
  }

  setHeader(name: string, value: OutgoingHttpHeader | readonly string[]): this {
    this.#headers.set(name.toLowerCase(), value);
    return this;
  }

  getHeader(name: string): OutgoingHttpHeader | readonly string[] | undefined {
    return this.#headers.get(name.toLowerCase());
  }

  removeHeader(name: string): void {
    this.#headers.delete(name.toLowerCase());
  }

  /** The head goes out with what comes after it. */
  writeHead(code: number, headers: OutgoingHttpHeaders = {}): this {
    if (this.headersSent) throw new Error('the head of an answer is written once');
    this.headersSent = true;
    this.statusCode = code;
    for (const [name, value] of Object.entries(headers)) if (value !== undefined) this.setHeader(name, value);
    return this;
  }

  flushHeaders(): void {
    this.#writeHead(false);
  }

  /** False where some of it has to wait: `drain` follows. */
  write(chunk: string | Uint8Array, written?: Written): boolean {
    if (this.writableEnded || this.destroyed) {
      written?.(new Error('the answer has ended'));
      return false;
    }
    this.#writeHead(false);
    if (!this.#hasBody) {
      written?.();
      return true;
    }
    return this.#send(bytesOf(chunk), false, written);
  }

  end(chunk?: string | Uint8Array): this {
    if (this.writableEnded || this.destroyed) return this;
    this.writableEnded = true;
    const body = chunk === undefined || !this.#hasBody ? NONE : bytesOf(chunk);
    const isWhole = !this.#isHeadWritten && body.length === 0;
    this.#writeHead(isWhole);
    if (!isWhole) this.#send(body, true);
    if (this.#stream.localClosed) this.#finished();
    return this;
  }

  /** Cuts it off: the client learns that it is not whole. */
  destroy(error?: Error): this {
    if (this.destroyed) return this;
    this.#stream.reset(error === undefined ? ErrorCode.cancel : ErrorCode.internal);
    this.#close();
    return this;
  }

  get #hasBody(): boolean {
    return !this.#isHead && !BODILESS.has(this.statusCode);
  }

  #writeHead(end: boolean): void {
    if (this.#isHeadWritten || this.destroyed) return;
    this.#isHeadWritten = true;
    this.headersSent = true;
    const list: HeaderList = [];
    for (const [name, value] of this.#headers)
      for (const each of Array.isArray(value) ? value : [value]) list.push(name, String(each));
    this.#stream.sendHeaders(this.#heads.head(this.statusCode, list), end);
  }

  #send(bytes: Buffer, end: boolean, written?: Written): boolean {
    const sent = this.#stream.sendData(bytes, end, written);
    if (!sent) this.writableLength += bytes.length;
    return sent;
  }

  /** The connection took what waited. */
  drained(): void {
    this.writableLength = 0;
    if (this.writableEnded) this.#finished();
    else this.emit('drain');
  }

  /** The client left. */
  left(): void {
    this.#close();
  }

  #finished(): void {
    // What nobody will read need not be sent. Some clients drop an answer that they have not read when they learn that.
    if (!this.#stream.remoteClosed) this.#heads.afterRead(() => this.#stream.reset(ErrorCode.none));
    this.#close();
  }

  #close(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.writableLength = 0;
    this.emit('close');
  }
}

const NONE = Buffer.alloc(0);

function bytesOf(chunk: string | Uint8Array): Buffer {
  if (typeof chunk === 'string') return Buffer.from(chunk);
  return Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}
