import { Duplex } from 'node:stream';
import { type Metadata, status } from '@grpc/grpc-js';
import { type HeaderList, headerOf } from '../../http2/hpack-decoder.js';
import type { StreamSink } from '../../http2/stream.js';
import { containListeners } from '../../sockets/protect.js';
import { HeaderMetadata, metadataHeaders } from '../header-metadata.js';
import { type EncodedMessage, MessageReader } from '../message-reader.js';
import { type CallStatus, statusError, statusOf } from '../status.js';
import { Exchange } from './exchange.js';
import type { CallContext, OpenCall } from './method.js';

type Done = (error?: Error | null) => void;

/**
 * A call with a stream in either direction or both, with the face of grpc-js' server streams. Its flow control is
 * that of the client's: what is not read is not asked for, what is not taken keeps `write` at false.
 */
export class StreamCall extends Duplex implements StreamSink, OpenCall {
  readonly context: CallContext;
  cancelled = false;
  /** The request of a call that streams only its responses. */
  request: unknown;
  readonly #exchange: Exchange;
  readonly #reader: MessageReader;
  #metadata: Metadata | undefined;
  #written: Done | undefined;
  #unread = 0;

  constructor(context: CallContext) {
    super({ objectMode: true, autoDestroy: false });
    this.context = context;
    this.#exchange = new Exchange(context.stream, context.responseHeaders);
    this.#reader = new MessageReader(context.messageBytesMax, headerOf(context.headers, 'grpc-encoding') ?? '');
    // grpc-js' way for a handler to end a call with a status.
    this.on('error', (error) => this.#finish(statusOf(error)));
    containListeners(this, (error) => this.#finish(statusOf(error)));
    if (context.method.requestStream) this.#handle();
  }

  #handle(): void {
    try {
      this.context.method.handler(this, (error, value, trailers) => this.#answer(error, value, trailers));
    } catch (error) {
      this.#finish(statusOf(error));
    }
  }

  get metadata(): Metadata {
    this.#metadata ??= new HeaderMetadata(this.context.headers);
    return this.#metadata;
  }

  getAuthContext(): ReturnType<CallContext['peer']['authContext']> {
    return this.context.peer.authContext();
  }

  sendMetadata(metadata: Metadata): void {
    this.#exchange.start(metadataHeaders(metadata));
  }

  onHeaders(_trailers: HeaderList, end: boolean): void {
    if (end) this.#requestEnded();
  }

  onData(bytes: Buffer, end: boolean): void {
    this.#unread += bytes.length;
    if (this.#exchange.ended) return;
    try {
      this.#reader.push(bytes, (message) => this.#take(message));
    } catch (error) {
      this.interrupt(statusOf(error));
      return;
    }
    if (this.readableLength < this.readableHighWaterMark) this.#ask();
    if (end) this.#requestEnded();
  }

  #take(bytes: Buffer): void {
    let message: unknown;
    try {
      message = this.context.method.decode(bytes);
    } catch (error) {
      throw statusError(status.INTERNAL, `grpc: error unmarshalling request: ${(error as Error).message}`);
    }
    if (this.context.method.requestStream) this.push(message);
    else if (this.request === undefined) {
      this.request = message;
      this.#handle();
    } else throw statusError(status.INTERNAL, 'grpc: more than one request');
  }

  #requestEnded(): void {
    if (this.#exchange.ended) return;
    if (!this.#reader.isBetweenMessages || (!this.context.method.requestStream && this.request === undefined)) {
      this.interrupt({ code: status.INTERNAL, details: 'grpc: the request ended before its message' });
    } else this.push(null);
  }

  override _read(): void {
    this.#ask();
  }

  /** Lets the client send as much as was read. */
  #ask(): void {
    if (this.#unread === 0) return;
    const bytes = this.#unread;
    this.#unread = 0;
    this.context.stream.credit(bytes);
  }

  override _write(message: unknown, _encoding: string, done: Done): void {
    if (this.#exchange.ended) {
      done();
      return;
    }
    let bytes: EncodedMessage;
    try {
      bytes = this.context.method.encode(message);
    } catch (error) {
      done();
      this.#finish({ code: status.INTERNAL, details: `Error serializing response: ${(error as Error).message}` });
      return;
    }
    if (this.#exchange.message(bytes)) done();
    else this.#written = done;
  }

  onWritable(): void {
    this.#release();
  }

  #release(): void {
    const done = this.#written;
    this.#written = undefined;
    done?.();
  }

  override _final(done: Done): void {
    this.#finish({ code: status.OK, details: '' });
    done();
  }

  #answer(error: unknown, value: unknown, trailers: Metadata | undefined): void {
    this.#finish(this.#exchange.answer(this.context.method.encode, { error, value, trailers }));
  }

  #finish(result: CallStatus): void {
    if (this.#exchange.ended) return;
    this.#exchange.end(result);
    this.context.ended(this, result);
    this.#release();
    this.destroy();
  }

  interrupt(result: CallStatus): void {
    if (this.#exchange.ended) return;
    this.cancelled = true;
    this.#finish(result);
    this.emit('cancelled', 'cancelled');
  }

  onAborted(): void {
    if (this.#exchange.ended) return;
    this.#exchange.ended = true;
    this.cancelled = true;
    this.context.ended(this, { code: status.CANCELLED, details: 'context canceled' });
    this.emit('cancelled', 'cancelled');
    this.#release();
    this.destroy();
  }
}
