import type { Http2Connection } from '../http2/connection.js';
import { FULL_TABLE_BYTES } from '../http2/frames.js';
import { encodeHeaders, encodeReference, encodeRemembered } from '../http2/hpack-encoder.js';

const STATUS_200 = ':status';
const CONTENT_TYPE: [string, string] = ['content-type', 'application/grpc'];
const STATUS_OK: [string, string] = ['grpc-status', '0'];

const PLAIN_HEADERS = encodeHeaders([STATUS_200, '200', ...CONTENT_TYPE]);
const PLAIN_OK = encodeHeaders(STATUS_OK);
const ONLY_STATUS = encodeHeaders([STATUS_200, '200']);
/** Tells the peer that its table is not used any more (RFC 7541 §6.3). */
const EMPTY_TABLE = Buffer.of(0x20);

/**
 * The header blocks of ordinary answers on one connection: what they all say is put into the client's table once and
 * is a byte from then on.
 */
export class ResponseHeaders {
  readonly #connection: Http2Connection;
  /** How many entries were put into the table before each of ours; undefined until it is there. */
  #contentType: number | undefined;
  #statusOk: number | undefined;
  #entries = 0;

  constructor(connection: Http2Connection) {
    this.#connection = connection;
  }

  headers(): Buffer {
    if (!this.#tableUsable()) return this.#leaveTable(PLAIN_HEADERS);
    const block = this.#entry(CONTENT_TYPE, this.#contentType);
    this.#contentType ??= this.#entries++;
    return Buffer.concat([ONLY_STATUS, block]);
  }

  okTrailers(): Buffer {
    if (!this.#tableUsable()) return this.#leaveTable(PLAIN_OK);
    const block = this.#entry(STATUS_OK, this.#statusOk);
    this.#statusOk ??= this.#entries++;
    return block;
  }

  /** A block of its own kind. */
  other(list: string[]): Buffer {
    const block = encodeHeaders(list);
    return this.#tableUsable() ? block : this.#leaveTable(block);
  }

  #tableUsable(): boolean {
    return this.#connection.peerTableBytes >= FULL_TABLE_BYTES;
  }

  #entry([name, value]: [string, string], position: number | undefined): Buffer {
    return position === undefined ? encodeRemembered(name, value) : encodeReference(this.#entries - 1 - position);
  }

  #leaveTable(block: Buffer): Buffer {
    if (this.#entries === 0) return block;
    this.#entries = 0;
    this.#contentType = undefined;
    this.#statusOk = undefined;
    return Buffer.concat([EMPTY_TABLE, block]);
  }
}
