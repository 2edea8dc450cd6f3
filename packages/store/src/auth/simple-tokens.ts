import type { Clock } from '@keelson/service';
import type { TokenBook } from './auth-store.js';

export interface SimpleTokenOptions {
  /** After its last use. */
  readonly ttlMs: number;
  /** Above this the token that was not used for longest ends. */
  readonly sessionsMax: number;
}

interface Session {
  readonly user: string;
  /** Monotonic milliseconds. */
  expires: number;
}

/**
 * etcd's simple tokens, "<random>.<index of the entry that made it>": known to every member that has applied that
 * entry, kept in memory, alive as long as they are used.
 */
export class SimpleTokens implements TokenBook {
  readonly #ttlMs: number;
  readonly #sessionsMax: number;
  readonly #clock: Pick<Clock, 'monotonic'>;
  /** In the order of their last use. */
  readonly #sessions = new Map<string, Session>();

  constructor(options: SimpleTokenOptions, dependencies: { readonly clock: Pick<Clock, 'monotonic'> }) {
    this.#ttlMs = options.ttlMs;
    this.#sessionsMax = options.sessionsMax;
    this.#clock = dependencies.clock;
  }

  add(token: string, user: string): void {
    this.#forgetExpired();
    const [oldest] = this.#sessions.keys();
    if (this.#sessions.size >= this.#sessionsMax && oldest !== undefined) this.#sessions.delete(oldest);
    this.#sessions.set(token, { user, expires: this.#clock.monotonic() + this.#ttlMs });
  }

  /** Whose it is; using it renews it. */
  userOf(token: string): string | undefined {
    this.#forgetExpired();
    const session = this.#sessions.get(token);
    if (!session) return undefined;
    this.#sessions.delete(token);
    this.#sessions.set(token, { ...session, expires: this.#clock.monotonic() + this.#ttlMs });
    return session.user;
  }

  #forgetExpired(): void {
    const now = this.#clock.monotonic();
    for (const [token, { expires }] of this.#sessions) {
      if (expires > now) return;
      this.#sessions.delete(token);
    }
  }

  revokeUser(user: string): void {
    for (const [token, session] of this.#sessions) if (session.user === user) this.#sessions.delete(token);
  }

  revokeAll(): void {
    this.#sessions.clear();
  }
}
