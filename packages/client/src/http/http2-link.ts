import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  constants,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
} from 'node:http2';
import type { Socket } from 'node:net';
import type { Clock } from '@keelson/service';
import { openHttp2 } from '@keelson/service/sockets';
import { type HttpRequest, type HttpResponse, NotSentError } from './http-exchange.js';

/** Until the server has said how many streams it takes. */
const STREAMS_ASSUMED = 100;
const STREAM_WINDOW_BYTES = 1024 * 1024;
/** No limit beside those of the streams. */
const CONNECTION_WINDOW_BYTES = 2 ** 30;
const PING_EVERY_MS = 10_000;
const PING_MAX_MS = 5_000;

/** A connection over which HTTP/2 is spoken. Pings find out when nobody is at its other end any more. */
export class Http2Link {
  readonly #session: ClientHttp2Session;
  readonly #clock: Clock;
  readonly #authority: string;
  #open = 0;
  #streamsMax = STREAMS_ASSUMED;
  #isRetired = false;

  constructor(options: { server: URL; socket: Socket; onClose: () => void }, dependencies: { clock: Clock }) {
    const { server, socket, onClose } = options;
    this.#clock = dependencies.clock;
    this.#authority = server.host;
    this.#session = openHttp2(server.origin, {
      createConnection: () => socket,
      settings: { enablePush: false, initialWindowSize: STREAM_WINDOW_BYTES },
    });
    this.#session.once('connect', () => this.#session.setLocalWindowSize(CONNECTION_WINDOW_BYTES));
    this.#session.on('remoteSettings', ({ maxConcurrentStreams = STREAMS_ASSUMED }) => {
      this.#streamsMax = maxConcurrentStreams;
    });
    const pings = this.#clock.every(PING_EVERY_MS, () => this.#ping());
    this.#session.once('close', () => {
      pings.cancel();
      onClose();
    });
  }

  get isUsable(): boolean {
    return !this.#isRetired && !this.#session.closed && !this.#session.destroyed;
  }

  get hasRoom(): boolean {
    return this.isUsable && this.#open < this.#streamsMax;
  }

  /** Nothing new is asked over it; it closes once all that was asked has ended. */
  retire(): void {
    this.#isRetired = true;
    this.#closeIfDone();
  }

  destroy(): void {
    this.#session.destroy();
  }

  async request({ method, path, headers, body, signal }: HttpRequest): Promise<HttpResponse> {
    const stream = this.#stream(
      { ':method': method, ':path': path, ':authority': this.#authority, ...headers },
      // Node ends a DELETE at once unless told that it has a body.
      { endStream: body === undefined },
    );
    const abort = () => stream.close(constants.NGHTTP2_CANCEL);
    signal?.addEventListener('abort', abort, { once: true });
    this.#open += 1;
    stream.once('close', () => {
      this.#open -= 1;
      this.#closeIfDone();
      signal?.removeEventListener('abort', abort);
    });
    if (signal?.aborted) abort();
    if (body !== undefined) stream.end(body);
    const answered = await responseOf(stream);
    return { status: Number(answered[':status']), headers: answered, body: wholeBody(stream), discard: abort };
  }

  #stream(headers: Record<string, string | string[]>, options: { endStream: boolean }): ClientHttp2Stream {
    try {
      const stream = this.#session.request(headers, options);
      stream.on('error', () => {}); // reported to whoever reads the stream
      return stream;
    } catch (error) {
      throw new NotSentError('the connection is closing', { cause: error });
    }
  }

  /** Not before all is read: a session that is told to close ends streams that are not read to their end. */
  #closeIfDone(): void {
    if (this.#isRetired && this.#open === 0 && !this.#session.closed) this.#session.close();
  }

  #ping(): void {
    if (this.#session.destroyed) return;
    const timer = this.#clock.after(PING_MAX_MS, () => {
      this.#session.destroy(new Error(`the server did not answer a ping within ${PING_MAX_MS / 1000} s`));
    });
    try {
      this.#session.ping(() => timer.cancel());
    } catch {
      timer.cancel(); // it closes just now
    }
  }
}

/** Where the connection is lost Node ends a stream as if all had come. */
async function* wholeBody(stream: ClientHttp2Stream): AsyncIterable<Buffer> {
  yield* stream as AsyncIterable<Buffer>;
  if (stream.rstCode !== constants.NGHTTP2_NO_ERROR) throw new Error('the connection closed within an answer');
}

function responseOf(stream: ClientHttp2Stream): Promise<IncomingHttpHeaders & IncomingHttpStatusHeader> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => {
      const isUnseen = stream.rstCode === constants.NGHTTP2_REFUSED_STREAM || stream.id === undefined;
      reject(isUnseen ? new NotSentError(error.message, { cause: error }) : error);
    };
    stream.once('response', resolve);
    stream.once('error', fail);
    stream.once('close', () => fail(new Error('the connection closed before an answer')));
  });
}
