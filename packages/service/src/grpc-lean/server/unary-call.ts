import { EventEmitter } from 'node:events';
import { type Metadata, status } from '@grpc/grpc-js';
import { type HeaderList, headerOf } from '../../http2/hpack-decoder.js';
import type { StreamSink } from '../../http2/stream.js';
import { HeaderMetadata, metadataHeaders } from '../header-metadata.js';
import { MessageReader } from '../message-reader.js';
import { type CallStatus, statusError, statusOf } from '../status.js';
import { Exchange } from './exchange.js';
import type { CallContext, OpenCall } from './method.js';

/** A call of one request and one response, with the face of grpc-js' ServerUnaryCall. */
export class UnaryCall extends EventEmitter implements StreamSink, OpenCall {
  readonly context: CallContext;
  cancelled = false;
  request: unknown;
  readonly #exchange: Exchange;
  readonly #reader: MessageReader;
  #metadata: Metadata | undefined;
  #message: Buffer | undefined;

  constructor(context: CallContext) {
    super();
    this.context = context;
    this.#exchange = new Exchange(context.stream, context.responseHeaders);
    this.#reader = new MessageReader(context.messageBytesMax, headerOf(context.headers, 'grpc-encoding') ?? '');
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
    if (end) this.#run();
  }

  onData(bytes: Buffer, end: boolean): void {
    this.context.stream.credit(bytes.length);
    if (this.#exchange.ended) return;
    try {
      this.#reader.push(bytes, (message) => {
        if (this.#message) throw statusError(status.INTERNAL, 'grpc: more than one request in a unary call');
        this.#message = message;
      });
    } catch (error) {
      this.interrupt(statusOf(error));
      return;
    }
    if (end) this.#run();
  }

  #run(): void {
    const { method } = this.context;
    if (this.#message === undefined || !this.#reader.isBetweenMessages) {
      this.interrupt({ code: status.INTERNAL, details: 'grpc: the request ended before its message' });
      return;
    }
    try {
      this.request = method.decode(this.#message);
    } catch (error) {
      const details = `grpc: error unmarshalling request: ${(error as Error).message}`;
      this.interrupt({ code: status.INTERNAL, details });
      return;
    }
    try {
      method.handler(this, (error, value, trailers) => this.#answer(error, value, trailers));
    } catch (error) {
      this.#finish(statusOf(error));
    }
  }

  #answer(error: unknown, value: unknown, trailers: Metadata | undefined): void {
    this.#finish(this.#exchange.answer(this.context.method.encode, { error, value, trailers }));
  }

  #finish(result: CallStatus): void {
    if (this.#exchange.ended) return;
    this.#exchange.end(result);
    this.context.ended(this, result);
  }

  interrupt(result: CallStatus): void {
    if (this.#exchange.ended) return;
    this.cancelled = true;
    this.#finish(result);
    this.emit('cancelled', 'cancelled');
  }

  onWritable(): void {}

  onAborted(): void {
    if (this.#exchange.ended) return;
    this.#exchange.ended = true;
    this.cancelled = true;
    this.context.ended(this, { code: status.CANCELLED, details: 'context canceled' });
    this.emit('cancelled', 'cancelled');
  }
}
