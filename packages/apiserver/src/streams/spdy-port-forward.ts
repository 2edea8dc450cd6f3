import type { Duplex } from 'node:stream';
import type { Clock, Timer } from '@keelson/service';
import type { SpdyStream } from '@keelson/service/spdy';
import { SpdyConnection } from '@keelson/service/spdy';
import type { PodHost } from './pod-target.js';
import { forwardFailure, forwardPort, portIn } from './port-forward.js';

/** For a client to open the other stream of a pair. */
const PAIR_MS = 30_000;

interface Pair {
  readonly timer: Timer;
  data?: SpdyStream;
  error?: SpdyStream;
}

/** Forwarded ports over SPDY: each of the client's connections is a stream for its data and one for what goes wrong. */
export class SpdyPortForward {
  readonly #host: PodHost;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #pairs = new Map<string, Pair>();

  constructor(host: PodHost, transport: Duplex, signal: AbortSignal, dependencies: { clock: Clock }) {
    this.#host = host;
    this.#clock = dependencies.clock;
    this.#signal = signal;
    const connection = new SpdyConnection(transport, (stream) => this.#accept(stream));
    signal.addEventListener('abort', () => connection.destroy(), { once: true });
    transport.once('close', () => {
      for (const { timer } of this.#pairs.values()) timer.cancel();
      this.#pairs.clear();
    });
  }

  #accept(stream: SpdyStream): void {
    const { type } = stream;
    if (type !== 'data' && type !== 'error') {
      stream.destroy();
      return;
    }
    const id = requestOf(stream);
    const pair = this.#pairs.get(id) ?? this.#newPair(id);
    if (pair[type] !== undefined) {
      stream.destroy();
      return;
    }
    pair[type] = stream;
    if (pair.data === undefined || pair.error === undefined) return;
    pair.timer.cancel();
    this.#pairs.delete(id);
    void this.#forward(pair.data, pair.error);
  }

  #newPair(id: string): Pair {
    const timer = this.#clock.after(PAIR_MS, () => {
      this.#pairs.delete(id);
      pair.data?.destroy();
      pair.error?.destroy();
    });
    const pair: Pair = { timer };
    this.#pairs.set(id, pair);
    return pair;
  }

  async #forward(data: SpdyStream, error: SpdyStream): Promise<void> {
    error.resume();
    const text = data.headers.get('port') ?? '';
    const port = portIn(text);
    const gone = new AbortController();
    data.once('close', () => gone.abort());
    try {
      if (port === undefined) throw new Error(`"${text}" is not a port`);
      const client = { input: data.input, write: (bytes: Uint8Array) => data.send(bytes) };
      await forwardPort(this.#host, port, client, AbortSignal.any([gone.signal, this.#signal]));
    } catch (cause) {
      if (!gone.signal.aborted) error.write(forwardFailure(this.#host, port ?? 0, cause));
    }
    for (const stream of [error, data]) if (!stream.destroyed) stream.end();
  }
}

/** Clients of old do not number their requests: they open the stream for errors right before that for data. */
function requestOf({ id, type, headers }: SpdyStream): string {
  return headers.get('requestid') ?? `#${type === 'error' ? id : id - 2}`;
}
