import type { Clock } from '@keelson/service';
import type { Store } from './store.js';

/** Objects with the same time to live share a lease for this long. */
const SHARE_MS = 60_000;

/** Store leases for objects that are to be forgotten: one serves all that come within a minute, as upstream has it. */
export class LeasePool {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #leases = new Map<number, { id: Promise<bigint>; until: number }>();

  constructor(dependencies: { store: Store; clock: Clock }) {
    this.#store = dependencies.store;
    this.#clock = dependencies.clock;
  }

  /** A lease that ends no sooner than in `seconds`, and no later than a minute after. */
  async take(seconds: number): Promise<bigint> {
    const now = this.#clock.monotonic();
    const known = this.#leases.get(seconds);
    if (known !== undefined && known.until > now) return known.id;
    const id = this.#store.lease.grant({ TTL: seconds + SHARE_MS / 1000 }).then((response) => response.ID);
    const fresh = { id, until: now + SHARE_MS };
    this.#leases.set(seconds, fresh);
    // A lease that could not be granted must not be handed out again.
    id.catch(() => this.#leases.get(seconds) === fresh && this.#leases.delete(seconds));
    return id;
  }
}
