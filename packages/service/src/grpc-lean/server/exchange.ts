import { type Metadata, status } from '@grpc/grpc-js';
import { ErrorCode } from '../../http2/frames.js';
import type { Http2Stream } from '../../http2/stream.js';
import { type EncodedMessage, frameMessage } from '../message-reader.js';
import { type CallStatus, statusOf, statusTrailers } from '../status.js';
import type { ResponseHeaders } from './response-headers.js';

/** What a handler calls back with. */
export interface Answer {
  readonly error: unknown;
  readonly value: unknown;
  readonly trailers: Metadata | undefined;
}

/** The answering half of a call: headers once, messages, a status at last. */
export class Exchange {
  readonly stream: Http2Stream;
  readonly #headers: ResponseHeaders;
  #started = false;
  ended = false;

  constructor(stream: Http2Stream, headers: ResponseHeaders) {
    this.stream = stream;
    this.#headers = headers;
  }

  /** Sends the headers, with some of the handler's own. */
  start(extra: readonly string[] = []): void {
    if (this.#started || this.ended) return;
    this.#started = true;
    const block = extra.length === 0 ? this.#headers.headers() : this.#headers.more(extra);
    this.stream.sendHeaders(block, false);
  }

  /** False if it waits for the client to take more. */
  message(encoded: EncodedMessage): boolean {
    if (this.ended) return true;
    this.start();
    const framed = frameMessage(encoded);
    if (Buffer.isBuffer(framed)) return this.stream.sendData(framed, false);
    let sent = true;
    for (const part of framed) sent = this.stream.sendData(part, false);
    return sent;
  }

  /** Sends the one response of a call, if it has one; how the call is to end. */
  answer(encode: (message: unknown) => EncodedMessage, { error, value, trailers }: Answer): CallStatus {
    if (error) return statusOf(error);
    if (this.ended) return { code: status.CANCELLED, details: '' };
    try {
      this.message(encode(value));
    } catch (failure) {
      return { code: status.INTERNAL, details: `Error serializing response: ${(failure as Error).message}` };
    }
    return { code: status.OK, details: '', metadata: trailers };
  }

  end(result: CallStatus): void {
    if (this.ended) return;
    this.ended = true;
    this.stream.sendHeaders(this.#lastBlock(result), true);
    // The client need not send what nobody will read.
    if (this.stream.localClosed && !this.stream.remoteClosed) this.stream.reset(ErrorCode.none);
  }

  #lastBlock(result: CallStatus): Buffer {
    if (this.#started && result.code === 0 && result.metadata === undefined) return this.#headers.okTrailers();
    const trailers = statusTrailers(result);
    return this.#started ? this.#headers.trailers(trailers) : this.#headers.more(trailers);
  }
}
