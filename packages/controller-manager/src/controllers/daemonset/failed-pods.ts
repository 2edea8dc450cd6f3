const FIRST_MS = 1_000;
const MAX_MS = 15 * 60_000;

interface Entry {
  /** How long the next failed pod stays. */
  readonly delay: number;
  readonly since: number;
}

/** How long a failed pod stays on its node before it is replaced: longer each time, lest the node refuse one after another. */
export class FailedPods {
  readonly #entries = new Map<string, Entry>();

  /** Milliseconds that a failed pod has to stay still. */
  heldBack(key: string, now: number): number {
    const entry = this.#entries.get(key);
    return entry === undefined ? 0 : Math.max(0, entry.since + entry.delay - now);
  }

  /** One is being replaced. */
  replaced(key: string, now: number): void {
    const before = this.#entries.get(key);
    const delay = before === undefined || isForgotten(before, now) ? FIRST_MS : Math.min(before.delay * 2, MAX_MS);
    // The last is the latest, so that what is long past is found at the beginning.
    this.#entries.delete(key);
    this.#entries.set(key, { delay, since: now });
    for (const [old, entry] of this.#entries) {
      if (!isForgotten(entry, now)) break;
      this.#entries.delete(old);
    }
  }
}

function isForgotten({ since }: Entry, now: number): boolean {
  return now - since > 2 * MAX_MS;
}
