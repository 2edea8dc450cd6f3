import type { Socket } from 'node:net';
import type { Clock, Timer } from '../clock.js';
import { Http2Connection } from './connection.js';
import type { HeaderList } from './hpack-decoder.js';
import { HpackEncoder } from './hpack-encoder.js';
import type { Http2Options } from './options.js';
import { requestHead } from './request-head.js';
import { Http2Exchange } from './server-exchange.js';
import type { Http2Request } from './server-request.js';
import type { Http2Response, ResponseHeads } from './server-response.js';

/** How often a client is asked whether it is there, and how long it may take to answer. */
const ASK_MS = 30_000;
const ANSWER_MS = 30_000;
/** For a client to read why it is sent away. */
const REASON_MS = 5_000;
/** For a client to read its answer before it hears that the rest of its body is not wanted. */
const READ_MS = 100;

/** Headers whose values are the same for many answers. */
const COMMON = /^(cache-control|content-type|content-encoding|vary|x-content-type-options|x-kubernetes-pf-.*)$/;

/** Serves HTTP/2 on connections on which that was agreed upon. */
export class Http2Server {
  readonly #options: Http2Options;
  readonly #clock: Clock;
  readonly #onRequest: (request: Http2Request, response: Http2Response) => void;
  readonly #connections = new Set<Http2Connection>();
  /** The second that it is, and its text. */
  #date = { second: Number.NaN, text: '' };

  constructor(
    options: Omit<Http2Options, 'role'>,
    clock: Clock,
    onRequest: (request: Http2Request, response: Http2Response) => void,
  ) {
    this.#options = { ...options, role: 'server' };
    this.#clock = clock;
    this.#onRequest = onRequest;
  }

  serve(socket: Socket): void {
    socket.setNoDelay(true);
    const closed = () => {
      this.#connections.delete(connection);
      asking.cancel();
      if (socket.destroyed) return;
      const impatience = this.#clock.after(REASON_MS, () => socket.destroy());
      socket.once('close', () => impatience.cancel());
    };
    const opened = (...[stream, list, end]: Parameters<Opened>) => {
      const head = requestHead(list);
      if (head === undefined) return undefined;
      const exchange = new Http2Exchange(stream, head, end, { socket, heads });
      stream.sink = exchange;
      this.#onRequest(exchange.request, exchange.response);
      return exchange;
    };
    const connection = new Http2Connection(socket, this.#options, { opened, closed }, () => this.#clock.monotonic());
    const heads = this.#heads(connection);
    const asking = this.#watchOver(connection, socket);
    this.#connections.add(connection);
  }

  #heads(connection: Http2Connection): ResponseHeads {
    const encoder = new HpackEncoder();
    return {
      afterRead: (run) => void this.#clock.after(READ_MS, run),
      head: (code, headers) => {
        const common: HeaderList = [':status', String(code)];
        const own: HeaderList = [];
        let isDated = false;
        for (let at = 0; at < headers.length; at += 2) {
          const name = headers[at]!;
          (COMMON.test(name) ? common : own).push(name, headers[at + 1]!);
          isDated ||= name === 'date';
        }
        if (!isDated) own.push('date', this.#dateText());
        return encoder.encode(common, connection.peerTableBytes, own);
      },
    };
  }

  #dateText(): string {
    const second = Math.floor(this.#clock.now() / 1000);
    if (second !== this.#date.second) this.#date = { second, text: new Date(second * 1000).toUTCString() };
    return this.#date.text;
  }

  /** Ends a connection whose client says nothing any more, not even when it is asked. */
  #watchOver(connection: Http2Connection, socket: Socket): Timer {
    let late: Timer | undefined;
    const asking = this.#clock.every(ASK_MS, () => {
      const heard = connection.bytesReceived;
      connection.ping();
      late = this.#clock.after(ANSWER_MS, () => {
        if (connection.bytesReceived === heard) socket.destroy();
      });
    });
    return {
      cancel: () => {
        asking.cancel();
        late?.cancel();
      },
    };
  }

  /** Takes no new requests; each connection ends once those that it has are answered. */
  goAway(): void {
    for (const connection of [...this.#connections]) connection.goAway();
  }
}

type Opened = ConstructorParameters<typeof Http2Connection>[2]['opened'];
