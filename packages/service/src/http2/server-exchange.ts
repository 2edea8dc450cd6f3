import type { Socket } from 'node:net';
import { ErrorCode } from './frames.js';
import { encodeHeaders } from './hpack-encoder.js';
import type { RequestHead } from './request-head.js';
import { type BodySource, Http2Request } from './server-request.js';
import { Http2Response, type ResponseHeads } from './server-response.js';
import type { Http2Stream, StreamSink } from './stream.js';

const CONTINUE = encodeHeaders([':status', '100']);

/** One request over HTTP/2 with its answer. */
export class Http2Exchange implements StreamSink, BodySource {
  readonly request: Http2Request;
  readonly response: Http2Response;
  readonly #stream: Http2Stream;

  constructor(stream: Http2Stream, head: RequestHead, end: boolean, parts: { socket: Socket; heads: ResponseHeads }) {
    this.#stream = stream;
    this.request = new Http2Request(head, parts.socket, this, end);
    this.response = new Http2Response(stream, parts.heads, head.method === 'HEAD');
  }

  credit(bytes: number): void {
    if (bytes > 0) this.#stream.credit(bytes);
  }

  wanted(): void {
    const isAsked = this.request.headers.expect?.toLowerCase() === '100-continue';
    if (isAsked && !this.response.headersSent) this.#stream.sendHeaders(CONTINUE, false);
  }

  /** Trailers mean nothing here; a body ends with them. */
  onHeaders(_list: readonly string[], end: boolean): void {
    if (end) this.onData(NONE, true);
    else this.#malformed();
  }

  onData(bytes: Buffer, end: boolean): void {
    if (!this.request.take(bytes, end)) this.#malformed();
  }

  onWritable(): void {
    this.response.drained();
  }

  onAborted(): void {
    this.request.fail(new Error('the client left'));
    this.response.left();
  }

  #malformed(): void {
    this.#stream.reset(ErrorCode.protocol);
    this.request.fail(new Error('the request is malformed'));
    this.response.left();
  }
}

const NONE = Buffer.alloc(0);
