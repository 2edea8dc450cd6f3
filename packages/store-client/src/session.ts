import { status } from '@grpc/grpc-js';
import { type Connection, etcd } from '@keelson/protocol';
import { StoreClientError } from './errors.js';

export interface Credentials {
  readonly name: string;
  readonly password: string;
}

/** A user's token: asked for when it is first needed, and again when the store says that it has ended. */
export class Session {
  readonly #credentials: Credentials;
  #token: Promise<string | undefined> | undefined;

  constructor(credentials: Credentials) {
    this.#credentials = credentials;
  }

  /** Undefined while the store has authentication switched off. @throws StoreClientError */
  async token(connection: Connection, timeoutMs: number): Promise<string | undefined> {
    const asked = this.#token ?? this.#ask(connection, timeoutMs);
    this.#token = asked;
    try {
      const token = await asked;
      if (token === undefined) this.#forget(asked);
      return token;
    } catch (error) {
      this.#forget(asked);
      throw StoreClientError.from(error);
    }
  }

  #forget(asked: Promise<string | undefined>): void {
    if (this.#token === asked) this.#token = undefined;
  }

  async #ask(connection: Connection, timeout: number): Promise<string | undefined> {
    try {
      return (await connection.service(etcd.AuthService).authenticate(this.#credentials, { timeout })).token;
    } catch (error) {
      if (StoreClientError.from(error).details === NOT_ENABLED) return undefined;
      throw error;
    }
  }

  /** Whether an error means that a new token may help; forgets the old one then. */
  endedBy(error: StoreClientError): boolean {
    const ended = error.code === status.UNAUTHENTICATED || ENDED.has(error.details);
    if (ended) this.#token = undefined;
    return ended;
  }
}

const NOT_ENABLED = 'etcdserver: authentication is not enabled';
const ENDED: ReadonlySet<string> = new Set([
  'etcdserver: revision of auth store is old',
  'etcdserver: user name is empty',
]);
