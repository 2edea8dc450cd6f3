import type { WatchSpec } from './watcher.js';

/** What watches a key or a range. */
interface Watching {
  readonly spec: Pick<WatchSpec, 'start' | 'end'>;
}

/** The watchers of one range. */
interface Group<T> {
  readonly start: Buffer;
  /** Empty: no upper bound. */
  readonly end: Buffer;
  readonly watchers: Set<T>;
}

/**
 * Finds the watchers of a key: those of the key itself by a look-up, those of ranges by an interval search, so that a
 * change costs what it concerns and not how many watch. Watchers of the same range count once.
 */
export class WatcherIndex<T extends Watching> {
  readonly #byKey = new Map<string, Set<T>>();
  /** In the order of their starts. */
  readonly #groups: Group<T>[] = [];
  /** For each group, the greatest end of those up to it; made when it is needed. */
  #reach: Buffer[] | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(watcher: T): void {
    this.#size += 1;
    const { start, end } = watcher.spec;
    if (end === undefined) {
      const key = start.toString('latin1');
      const set = this.#byKey.get(key);
      if (set) set.add(watcher);
      else this.#byKey.set(key, new Set([watcher]));
      return;
    }
    const at = this.#place(start, end);
    const found = this.#groups[at];
    if (found && isRange(found, start, end)) found.watchers.add(watcher);
    else {
      this.#groups.splice(at, 0, { start, end, watchers: new Set([watcher]) });
      this.#reach = undefined;
    }
  }

  remove(watcher: T): void {
    const { start, end } = watcher.spec;
    if (end === undefined) {
      const key = start.toString('latin1');
      const set = this.#byKey.get(key);
      if (set?.delete(watcher)) this.#size -= 1;
      if (set?.size === 0) this.#byKey.delete(key);
      return;
    }
    const at = this.#place(start, end);
    const group = this.#groups[at];
    if (!group || !isRange(group, start, end)) return;
    if (group.watchers.delete(watcher)) this.#size -= 1;
    if (group.watchers.size > 0) return;
    this.#groups.splice(at, 1);
    this.#reach = undefined;
  }

  /** The watchers of a key, by what they watch. */
  at(key: Buffer): ReadonlySet<T>[] {
    const found: ReadonlySet<T>[] = [];
    const ofKey = this.#byKey.size > 0 ? this.#byKey.get(key.toString('latin1')) : undefined;
    if (ofKey) found.push(ofKey);
    if (this.#groups.length === 0) return found;
    this.#reach ??= this.#measure();
    for (let at = this.#startingUpTo(key) - 1; at >= 0 && before(key, this.#reach[at]!); at -= 1) {
      const group = this.#groups[at]!;
      if (before(key, group.end)) found.push(group.watchers);
    }
    return found;
  }

  /** How many groups start at or before the key. */
  #startingUpTo(key: Buffer): number {
    return this.#search((group) => Buffer.compare(group.start, key) <= 0);
  }

  /** Where the range stands, or would. */
  #place(start: Buffer, end: Buffer): number {
    return this.#search((group) => {
      const order = Buffer.compare(group.start, start);
      return order < 0 || (order === 0 && compareEnds(group.end, end) < 0);
    });
  }

  #search(isBefore: (group: Group<T>) => boolean): number {
    let [low, high] = [0, this.#groups.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isBefore(this.#groups[middle]!)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #measure(): Buffer[] {
    let reach: Buffer | undefined;
    return this.#groups.map(({ end }) => {
      reach = reach === undefined || compareEnds(end, reach) > 0 ? end : reach;
      return reach;
    });
  }
}

function isRange(group: Group<unknown>, start: Buffer, end: Buffer): boolean {
  return group.start.equals(start) && group.end.equals(end);
}

function before(key: Buffer, end: Buffer): boolean {
  return end.length === 0 || Buffer.compare(key, end) < 0;
}

/** An empty end is after every other. */
function compareEnds(a: Buffer, b: Buffer): number {
  if (a.length === 0 || b.length === 0) return Number(b.length > 0) - Number(a.length > 0);
  return Buffer.compare(a, b);
}
