import { Metadata, status } from '@grpc/grpc-js';
import type { CallSettings, Connection } from '@keelson/protocol';
import type { Clock } from '@keelson/service';
import type { Endpoints } from './endpoints.js';
import { StoreClientError } from './errors.js';

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** For the call with all its retries. */
  readonly timeoutMs?: number | undefined;
}

export interface CallerOptions {
  readonly timeoutMs: number;
  readonly retryDelayMs: number;
  readonly retryDelayMaxMs: number;
  /** Have members without a leader refuse at once, so that another one is asked. */
  readonly requireLeader: boolean;
}

export type Send<T> = (connection: Connection, settings: CallSettings) => Promise<T>;

/**
 * Calls, and calls again where that is safe: a read whenever a member is unavailable, a write only if it was certainly
 * not sent. Each retry goes to the next endpoint.
 */
export class Caller {
  readonly #options: CallerOptions;
  readonly #endpoints: Endpoints;
  readonly #clock: Clock;

  constructor(options: CallerOptions, dependencies: { readonly endpoints: Endpoints; readonly clock: Clock }) {
    this.#options = options;
    this.#endpoints = dependencies.endpoints;
    this.#clock = dependencies.clock;
  }

  read<T>(send: Send<T>, options: CallOptions = {}): Promise<T> {
    return this.#call(send, options, (error) => error.code === status.UNAVAILABLE);
  }

  write<T>(send: Send<T>, options: CallOptions = {}): Promise<T> {
    return this.#call(send, options, (error) => error.isNeverSent);
  }

  /** Asks one endpoint, once. */
  async once<T>(endpoint: string, send: Send<T>, options: CallOptions = {}): Promise<T> {
    const timeout = options.timeoutMs ?? this.#options.timeoutMs;
    try {
      return await send(this.#endpoints.connection(endpoint), { signal: options.signal, timeout });
    } catch (error) {
      throw StoreClientError.from(error);
    }
  }

  /** What calls carry: whether a member without a leader should refuse. */
  metadata(): Metadata {
    const metadata = new Metadata();
    if (this.#options.requireLeader) metadata.set('hasleader', 'true');
    return metadata;
  }

  async #call<T>(send: Send<T>, options: CallOptions, mayRetry: (error: StoreClientError) => boolean): Promise<T> {
    const deadline = this.#clock.monotonic() + (options.timeoutMs ?? this.#options.timeoutMs);
    for (let attempt = 1; ; attempt += 1) {
      const timeout = deadline - this.#clock.monotonic();
      const endpoint = this.#endpoints.current;
      try {
        const connection = this.#endpoints.connection(endpoint);
        return await send(connection, { metadata: this.metadata(), signal: options.signal, timeout });
      } catch (reason) {
        const error = StoreClientError.from(reason);
        if (error.code === status.UNAVAILABLE) this.#endpoints.failed(endpoint);
        const delay = this.#delay(attempt);
        if (!mayRetry(error) || this.#clock.monotonic() + delay >= deadline) throw error;
        if (delay > 0) await this.#clock.sleep(delay, options.signal);
      }
    }
  }

  /** None until every endpoint has been tried once. */
  #delay(attempt: number): number {
    const round = Math.floor(attempt / this.#endpoints.count);
    if (round === 0) return 0;
    return Math.min(this.#options.retryDelayMaxMs, this.#options.retryDelayMs * 2 ** Math.min(round - 1, 10));
  }
}
