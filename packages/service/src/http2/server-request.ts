import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import type { HeaderList } from './hpack-decoder.js';
import type { RequestHead } from './request-head.js';

/** Headers of which the first counts; others that come twice are joined. */
const SINGLE = new Set(
  [
    'age authorization content-length content-type date etag expires from host if-modified-since if-unmodified-since',
    'last-modified location max-forwards proxy-authorization referer retry-after server user-agent',
  ].flatMap((line) => line.split(' ')),
);

/** Where a request's body goes once somebody wants it. */
interface BodyReader {
  data(bytes: Buffer): void;
  end(): void;
  failed(error: Error): void;
}

/** What a request's body needs of its stream. */
export interface BodySource {
  /** The reader is done with so many bytes. */
  credit(bytes: number): void;
  /** Somebody is going to read the body. */
  wanted(): void;
}

/** A request over HTTP/2; as node:http has them, as far as anybody asks. */
export class Http2Request {
  readonly method: string;
  readonly url: string;
  readonly socket: Socket;
  readonly #head: RequestHead;
  readonly #source: BodySource;
  #headers: IncomingHttpHeaders | undefined;
  /** What came before anybody read. */
  #early: Buffer[] = [];
  #received = 0;
  #complete: boolean;
  #failure: Error | undefined;
  #reader: BodyReader | undefined;

  constructor(head: RequestHead, socket: Socket, source: BodySource, end: boolean) {
    this.method = head.method;
    this.url = head.path;
    this.socket = socket;
    this.#head = head;
    this.#source = source;
    this.#complete = end;
  }

  /** Names and values in turn. */
  get rawHeaders(): HeaderList {
    return this.#head.fields;
  }

  get headers(): IncomingHttpHeaders {
    this.#headers ??= headersOf(this.#head);
    return this.#headers;
  }

  /** The whole body; undefined: it is longer than `bytesMax`. Rejects where the client leaves before its end. */
  async collect(bytesMax: number): Promise<Buffer | undefined> {
    // Most bodies came with their heads.
    if (this.#complete && this.#reader === undefined) {
      const early = this.#early;
      this.#early = [];
      if (this.#received > bytesMax) return undefined;
      return early.length === 1 ? early[0] : Buffer.concat(early, this.#received);
    }
    return await new Promise((resolve, reject) => {
      const parts: Buffer[] = [];
      let size = 0;
      this.#read({
        data: (bytes) => {
          size += bytes.length;
          if (size > bytesMax) resolve(undefined);
          else {
            parts.push(bytes);
            this.#source.credit(bytes.length);
          }
        },
        end: () => resolve(Buffer.concat(parts, size)),
        failed: reject,
      });
    });
  }

  /** The body as a stream, which may be read once. */
  readable(): Readable {
    let unread = 0;
    const body = new Readable({
      read: () => {
        this.#source.credit(unread);
        unread = 0;
      },
    });
    this.#read({
      data: (bytes) => {
        unread += bytes.length;
        body.push(bytes);
      },
      end: () => void body.push(null),
      failed: (error) => void body.destroy(error),
    });
    return body;
  }

  #read(reader: BodyReader): void {
    if (this.#failure !== undefined) {
      reader.failed(this.#failure);
      return;
    }
    this.#reader = reader;
    this.#source.wanted();
    const early = this.#early;
    this.#early = [];
    for (const bytes of early) reader.data(bytes);
    if (this.#complete) reader.end();
  }

  /** Some of the body came, of what was read: it is copied. False: it is not as long as was said. */
  take(bytes: Buffer, end: boolean): boolean {
    const { length } = this.#head;
    this.#received += bytes.length;
    if (length !== undefined && (this.#received > length || (end && this.#received < length))) return false;
    if (bytes.length > 0) {
      const own = Buffer.from(bytes);
      if (this.#reader === undefined) this.#early.push(own);
      else this.#reader.data(own);
    }
    if (end) {
      this.#complete = true;
      this.#reader?.end();
    }
    return true;
  }

  /** No more of it comes. */
  fail(error: Error): void {
    if (this.#complete || this.#failure !== undefined) return;
    this.#failure = error;
    this.#early = [];
    this.#reader?.failed(error);
  }
}

function headersOf({ fields, authority }: RequestHead): IncomingHttpHeaders {
  const headers: Record<string, string | string[]> = Object.create(null) as Record<string, string>;
  for (let at = 0; at < fields.length; at += 2) {
    const [name, value] = [fields[at]!, fields[at + 1]!];
    const known = headers[name];
    if (name === 'set-cookie') headers[name] = known === undefined ? [value] : [...(known as string[]), value];
    else if (known === undefined) headers[name] = value;
    else if (!SINGLE.has(name)) headers[name] = `${known as string}${name === 'cookie' ? '; ' : ', '}${value}`;
  }
  if (authority !== '') headers['host'] ??= authority;
  return headers;
}
