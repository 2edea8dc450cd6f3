const MAX = 5_000;

/** Objects whose owners are of kinds that nobody serves: they are looked at again when such a kind comes. */
export class AwaitedKinds {
  readonly #waiting = new Map<string, Set<string>>();
  #size = 0;

  /** Beyond what can be remembered an object is looked at when its back-off is over. */
  add(apiVersion: string, kind: string, uid: string): void {
    const key = `${apiVersion}/${kind}`;
    const known = this.#waiting.get(key) ?? new Set();
    if (known.has(uid) || this.#size >= MAX) return;
    this.#waiting.set(key, known.add(uid));
    this.#size += 1;
  }

  /** Those that wait for the kind, which do so no more. */
  take(apiVersion: string, kind: string): ReadonlySet<string> {
    const key = `${apiVersion}/${kind}`;
    const found = this.#waiting.get(key) ?? new Set();
    this.#waiting.delete(key);
    this.#size -= found.size;
    return found;
  }
}
