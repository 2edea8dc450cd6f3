import type { Metadata } from '@grpc/grpc-js';
import type { HeaderList } from '../../http2/hpack-decoder.js';
import type { Http2Stream } from '../../http2/stream.js';
import type { Interruptible } from '../deadlines.js';
import type { EncodedMessage } from '../message-reader.js';
import type { CallStatus } from '../status.js';
import type { ResponseHeaders } from './response-headers.js';

/** A method with its handler, in grpc-js' terms. */
export interface ServedMethod {
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  readonly decode: (bytes: Buffer) => unknown;
  readonly encode: (message: unknown) => EncodedMessage;
  readonly handler: (call: unknown, callback: AnswerCallback) => void;
}

export type AnswerCallback = (error: unknown, value?: unknown, trailers?: Metadata) => void;

/** The client's end of the connection. */
export interface Peer {
  /** Its certificate as node:tls gives it; none without TLS. */
  authContext(): { sslPeerCertificate?: object };
}

/** What every call has. */
export interface CallContext {
  readonly method: ServedMethod;
  readonly headers: HeaderList;
  readonly stream: Http2Stream;
  readonly responseHeaders: ResponseHeaders;
  readonly peer: Peer;
  readonly messageBytesMax: number;
  readonly ended: (call: OpenCall, result: CallStatus) => void;
}

export interface OpenCall extends Interruptible {
  readonly context: CallContext;
}
