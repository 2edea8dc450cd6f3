import type { Http2Connection } from '../../http2/connection.js';
import { HpackEncoder } from '../../http2/hpack-encoder.js';

const HEADERS = [':status', '200', 'content-type', 'application/grpc'];
const OK_TRAILERS = ['grpc-status', '0'];

/** The header blocks of answers on one connection. */
export class ResponseHeaders {
  readonly #connection: Http2Connection;
  readonly #encoder = new HpackEncoder();

  constructor(connection: Http2Connection) {
    this.#connection = connection;
  }

  headers(): Buffer {
    return this.#encoder.encode(HEADERS, this.#connection.peerTableBytes);
  }

  okTrailers(): Buffer {
    return this.#encoder.encode(OK_TRAILERS, this.#connection.peerTableBytes);
  }

  /** Headers with more than the usual: the handler's own, or a status with its text. */
  more(list: readonly string[]): Buffer {
    return this.#encoder.encodeOnce([...HEADERS, ...list], this.#connection.peerTableBytes);
  }

  trailers(list: readonly string[]): Buffer {
    return this.#encoder.encodeOnce([...list], this.#connection.peerTableBytes);
  }
}
