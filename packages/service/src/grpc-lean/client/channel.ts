import { isIP, type Socket } from 'node:net';
import type { Clock, Timer } from '../../clock.js';
import { Http2Connection } from '../../http2/connection.js';
import { HpackEncoder } from '../../http2/hpack-encoder.js';
import { HTTP2_DEFAULTS } from '../../http2/options.js';
import { parseAddress } from '../../net.js';
import { connectTcp, connectTls } from '../../sockets/clients.js';
import { type ServerCheck, serverIdentityCheck, type TlsIdentity } from '../../tls.js';

export interface ChannelOptions {
  readonly connectMs: number;
  /** A pause after a failed attempt, doubled each time up to the longest. */
  readonly retryMs: number;
  readonly retryMaxMs: number;
  /** Silence after which the peer is asked whether it lives, and again after which it is given up. */
  readonly silenceMs: number;
  /** Calls that wait for a connection, or for one on it to end. */
  readonly waitingMax: number;
}

export interface ChannelDependencies {
  readonly clock: Clock;
  readonly tls?: TlsIdentity | undefined;
  readonly checkServer?: ServerCheck | undefined;
}

export const CHANNEL_DEFAULTS: ChannelOptions = {
  connectMs: 5_000,
  retryMs: 100,
  retryMaxMs: 500,
  silenceMs: 5_000,
  waitingMax: 100_000,
};

/** A connection that is up. */
export interface Line {
  readonly http2: Http2Connection;
  readonly headers: HpackEncoder;
}

interface Waiting {
  use(line: Line): void;
  fail(reason: string): void;
}

/** Keeps one connection to an address: made when it is needed, watched while it is up, made again when it broke. */
export class Channel {
  readonly address: string;
  readonly secure: boolean;
  readonly #tls: TlsIdentity | undefined;
  readonly #checkServer: ServerCheck | undefined;
  readonly #clock: Clock;
  readonly #options: ChannelOptions;
  #line: Line | undefined;
  #connecting: Socket | undefined;
  #waiting: Waiting[] = [];
  #failures = 0;
  #failedAt = -Infinity;
  #lastError = '';
  #watch: Timer | undefined;
  #closed = false;

  constructor(address: string, dependencies: ChannelDependencies, options: Partial<ChannelOptions> = {}) {
    this.address = address;
    this.secure = dependencies.tls !== undefined;
    this.#tls = dependencies.tls;
    this.#checkServer = dependencies.checkServer;
    this.#clock = dependencies.clock;
    this.#options = { ...CHANNEL_DEFAULTS, ...options };
  }

  /** Calls `use` with a connection, now or as soon as there is one, or `fail` with the reason why there is none. */
  withLine(use: (line: Line) => void, fail: (reason: string) => void): void {
    const line = this.#line?.http2.usable ? this.#line : undefined;
    if (line && this.#waiting.length === 0 && !line.http2.full) use(line);
    else if (this.#closed) fail('the channel is closed');
    else if (this.#waiting.length >= this.#options.waitingMax) fail('too many calls wait');
    else if (line) this.#waiting.push({ use, fail });
    else if (!this.#connecting && this.#clock.monotonic() - this.#failedAt < this.#pauseMs()) fail(this.#lastError);
    else {
      this.#waiting.push({ use, fail });
      if (!this.#connecting) this.#connect();
    }
  }

  #pauseMs(): number {
    const { retryMs, retryMaxMs } = this.#options;
    return this.#failures === 0 ? 0 : Math.min(retryMaxMs, retryMs * 2 ** Math.min(this.#failures - 1, 16));
  }

  #connect(): void {
    const { host, port } = parseAddress(this.address);
    const tls = this.#tls;
    const check = this.#checkServer;
    const verified = {
      ...(check === undefined ? {} : { checkServerIdentity: serverIdentityCheck(check) }),
      ...(isIP(host) ? {} : { servername: host }),
    };
    const socket: Socket = tls
      ? connectTls({ host, port, ...tls, ALPNProtocols: ['h2'], ...verified })
      : connectTcp({ host, port });
    this.#connecting = socket;
    socket.setNoDelay(true);
    const timer = this.#clock.after(this.#options.connectMs, () => socket.destroy(new Error('timed out')));
    const failed = (error?: Error) => {
      timer.cancel();
      if (this.#connecting !== socket) return;
      this.#connecting = undefined;
      this.#failed(error?.message ?? 'the connection was closed');
    };
    socket.on('error', failed);
    socket.once('close', () => failed());
    socket.once(tls ? 'secureConnect' : 'connect', () => {
      timer.cancel();
      if (this.#connecting !== socket) return;
      this.#connecting = undefined;
      this.#connected(socket);
    });
  }

  #failed(message: string): void {
    this.#failures += 1;
    this.#failedAt = this.#clock.monotonic();
    this.#lastError = message;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { fail } of waiting) fail(message);
  }

  #connected(socket: Socket): void {
    this.#failures = 0;
    const http2: Http2Connection = new Http2Connection(
      socket,
      { ...HTTP2_DEFAULTS, role: 'client' },
      { opened: refuseStreams, freed: () => this.#useWaiting(), closed: () => this.#lost(http2) },
      () => this.#clock.monotonic(),
    );
    this.#line = { http2, headers: new HpackEncoder() };
    this.#watchOver(http2);
    this.#useWaiting();
  }

  /** Lets as many begin as the peer takes. */
  #useWaiting(): void {
    while (this.#waiting.length > 0 && this.#line?.http2.usable && !this.#line.http2.full) {
      this.#waiting.shift()!.use(this.#line);
    }
  }

  #watchOver(http2: Http2Connection): void {
    let seen = 0;
    let asked = false;
    this.#watch?.cancel();
    this.#watch = this.#clock.every(this.#options.silenceMs, () => {
      if (http2.bytesReceived !== seen) asked = false;
      else if (asked) {
        http2.destroy();
        return;
      } else {
        http2.ping();
        asked = true;
      }
      seen = http2.bytesReceived;
    });
  }

  #lost(http2: Http2Connection): void {
    if (this.#line?.http2 !== http2) return;
    this.#line = undefined;
    this.#watch?.cancel();
    this.#watch = undefined;
    if (this.#waiting.length > 0 && !this.#closed) this.#connect();
  }

  close(): void {
    this.#closed = true;
    this.#watch?.cancel();
    this.#connecting?.destroy();
    this.#line?.http2.destroy();
    this.#line = undefined;
    this.#failed('the channel is closed');
  }
}

function refuseStreams(): never {
  throw new Error('a server opens no streams');
}
