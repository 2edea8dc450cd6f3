import type { RequestOptions } from '@keelson/api';
import type { AuthorizationAttributes, Waiting } from '../auth/authorizer.js';
import { SUPERUSERS } from '../auth/user.js';
import type { WatchStream } from '../registry/watch.js';
import type { Limiter, Ticket } from './limiter.js';
import { Overloaded } from './overloaded.js';

/** No user has more watches than this at once: each costs something for as long as it stands. Superusers may. */
export class WatchBound implements Limiter {
  readonly #max: number;
  readonly #inner: Limiter;
  readonly #counts = new Map<string, number>();

  /** 0: as many as they like. */
  constructor(max: number, inner: Limiter) {
    this.#max = max;
    this.#inner = inner;
  }

  get inFlight() {
    return this.#inner.inFlight;
  }

  admit(
    asked: AuthorizationAttributes,
    options: RequestOptions | undefined,
    waiting: Waiting,
  ): Ticket | Promise<Ticket> {
    const { user, groups } = asked.user;
    if (asked.verb !== 'watch' || this.#max === 0 || groups.includes(SUPERUSERS))
      return this.#inner.admit(asked, options, waiting);
    if ((this.#counts.get(user) ?? 0) >= this.#max) throw new Overloaded(1);
    return this.#counted(user, () => this.#inner.admit(asked, options, waiting));
  }

  /** One that is refused, or never becomes a watch, does not count any more. */
  #counted(user: string, admit: () => Ticket | Promise<Ticket>): Ticket | Promise<Ticket> {
    this.#counts.set(user, (this.#counts.get(user) ?? 0) + 1);
    const forget = () => {
      const left = this.#counts.get(user)! - 1;
      if (left > 0) this.#counts.set(user, left);
      else this.#counts.delete(user);
    };
    try {
      const ticket = admit();
      if (!(ticket instanceof Promise)) return new WatchTicket(ticket, forget);
      return ticket.then(
        (admitted) => new WatchTicket(admitted, forget),
        (error: unknown) => {
          forget();
          throw error;
        },
      );
    } catch (error) {
      forget();
      throw error;
    }
  }
}

class WatchTicket implements Ticket {
  readonly #inner: Ticket;
  /** Undefined when it is done, or the watch's own matter. */
  #forget: (() => void) | undefined;

  constructor(inner: Ticket, forget: () => void) {
    this.#inner = inner;
    this.#forget = forget;
  }

  get by() {
    return this.#inner.by;
  }

  watching(stream: WatchStream): void {
    const forget = this.#forget;
    this.#forget = undefined;
    if (forget !== undefined) stream.onClose(forget);
    this.#inner.watching(stream);
  }

  release(): void {
    this.#forget?.();
    this.#forget = undefined;
    this.#inner.release();
  }
}
