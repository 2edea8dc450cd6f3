import type { Clock } from '@keelson/service';

/** Expectations that were not met after this long are given up: the event was lost or will not come. */
const TIMEOUT_MS = 5 * 60_000;

interface Expected {
  creations: number;
  /** Keys (uids) whose deletion is to be seen. */
  readonly deletions: Set<string>;
  readonly since: number;
}

/**
 * What a controller did and has not seen in its cache yet. Until it has, what the cache shows is too old to decide on:
 * a second look would create what is on its way again. After a restart the cache starts fresh, so nothing is lost.
 */
export class Expectations {
  readonly #clock: Clock;
  readonly #expected = new Map<string, Expected>();

  constructor(dependencies: { clock: Clock }) {
    this.#clock = dependencies.clock;
  }

  satisfied(key: string): boolean {
    const expected = this.#expected.get(key);
    if (expected === undefined) return true;
    if (expected.creations <= 0 && expected.deletions.size === 0) return true;
    return this.#clock.monotonic() - expected.since > TIMEOUT_MS;
  }

  expect(key: string, creations: number, deletions: Iterable<string> = []): void {
    this.#expected.set(key, { creations, deletions: new Set(deletions), since: this.#clock.monotonic() });
  }

  /** A creation was seen, or it failed. */
  created(key: string, count = 1): void {
    const expected = this.#expected.get(key);
    if (expected !== undefined) expected.creations -= count;
  }

  deleted(key: string, uid: string): void {
    this.#expected.get(key)?.deletions.delete(uid);
  }

  forget(key: string): void {
    this.#expected.delete(key);
  }
}
