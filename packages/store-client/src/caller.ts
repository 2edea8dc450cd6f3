import { Metadata, status } from '@grpc/grpc-js';
import type { CallSettings, Connection } from '@keelson/protocol';
import type { Clock } from '@keelson/service';
import type { Endpoints } from './endpoints.js';
import { StoreClientError } from './errors.js';
import type { Session } from './session.js';

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
  readonly #session: Session | undefined;

  /** With a session, calls carry its user's token. */
  constructor(
    options: CallerOptions,
    dependencies: { readonly endpoints: Endpoints; readonly clock: Clock; readonly session?: Session | undefined },
  ) {
    this.#options = options;
    this.#endpoints = dependencies.endpoints;
    this.#clock = dependencies.clock;
    this.#session = dependencies.session;
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
    const connection = this.#endpoints.connection(endpoint);
    const attempt = async () => {
      const metadata = new Metadata();
      await this.#sign(metadata, connection, timeout);
      return await send(connection, { metadata, signal: options.signal, timeout });
    };
    try {
      return await attempt().catch((error: unknown) => {
        if (!this.#session?.endedBy(StoreClientError.from(error))) throw error;
        return attempt();
      });
    } catch (error) {
      throw StoreClientError.from(error);
    }
  }

  /** What calls carry: whether a member without a leader should refuse, and the user's token. */
  async metadata(connection: Connection, timeoutMs: number = this.#options.timeoutMs): Promise<Metadata> {
    const metadata = new Metadata();
    if (this.#options.requireLeader) metadata.set('hasleader', 'true');
    await this.#sign(metadata, connection, timeoutMs);
    return metadata;
  }

  async #sign(metadata: Metadata, connection: Connection, timeoutMs: number): Promise<void> {
    const token = await this.#session?.token(connection, timeoutMs);
    if (token !== undefined) metadata.set('token', token);
  }

  /** The token was refused: the next call gets a new one. */
  tokenRefused(error: StoreClientError): boolean {
    return this.#session?.endedBy(error) === true;
  }

  async #call<T>(send: Send<T>, options: CallOptions, mayRetry: (error: StoreClientError) => boolean): Promise<T> {
    const deadline = this.#clock.monotonic() + (options.timeoutMs ?? this.#options.timeoutMs);
    let signedAgain = false;
    for (let attempt = 1; ; attempt += 1) {
      const timeout = deadline - this.#clock.monotonic();
      const endpoint = this.#endpoints.current;
      try {
        const connection = this.#endpoints.connection(endpoint);
        const metadata = await this.metadata(connection, timeout);
        return await send(connection, { metadata, signal: options.signal, timeout });
      } catch (reason) {
        const error = StoreClientError.from(reason);
        if (error.code === status.UNAVAILABLE) this.#endpoints.failed(endpoint);
        if (!signedAgain && this.tokenRefused(error)) {
          // Who is not known has had nothing done: even a write may be sent again.
          signedAgain = true;
          continue;
        }
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
