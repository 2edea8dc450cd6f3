import { open, type RootDatabase } from 'lmdb';
import type { Backend, Pair, ScanOptions } from './backend.js';
import { Overlay } from './overlay.js';
import { Table } from './tables.js';

export interface LmdbOptions {
  readonly file: string;
  /** Address space to reserve; the database cannot grow beyond it. */
  readonly mapBytes: number;
}

/** {@link Backend} on LMDB. Commits run in LMDB's own thread; until they are done, reads go through the overlay. */
export class LmdbBackend implements Backend {
  readonly #database: RootDatabase<Buffer, Buffer>;
  readonly file: string;
  #active = newOverlay();
  /** On its way to the disk. */
  #committing: Overlay | undefined;
  #commits: Promise<unknown> = Promise.resolve();

  constructor(options: LmdbOptions) {
    this.file = options.file;
    this.#database = open<Buffer, Buffer>({
      path: options.file,
      noSubdir: true,
      encoding: 'binary',
      keyEncoding: 'binary',
      mapSize: options.mapBytes,
      overlappingSync: false,
      commitDelay: 0,
      // A commit is one explicit batch; batches that lmdb makes by itself have promises nobody could handle.
      eventTurnBatching: false,
    });
  }

  get pendingBytes(): number {
    return this.#active.bytes + (this.#committing?.bytes ?? 0);
  }

  get(key: Buffer): Buffer | undefined {
    const text = key.toString('latin1');
    let value = this.#active.get(text);
    if (value === undefined) value = this.#committing?.get(text);
    if (value !== undefined) return value ?? undefined;
    return this.#database.getBinary(key);
  }

  put(key: Buffer, value: Buffer): void {
    this.#active.set(key.toString('latin1'), value);
  }

  remove(key: Buffer): void {
    this.#active.set(key.toString('latin1'), null);
  }

  *scan(start: Buffer, end: Buffer, options: ScanOptions = {}): Generator<Pair> {
    const reverse = options.reverse === true;
    const [from, to] = [start.toString('latin1'), end.toString('latin1')];
    const newer = this.#active.scan(from, to, reverse);
    const older = (this.#committing ?? EMPTY).scan(from, to, reverse);
    yield* mergePairs(mergeOverlays(newer, older, reverse), this.#stored(start, end, reverse), reverse);
  }

  #stored(start: Buffer, end: Buffer, reverse: boolean): Iterator<{ key: Buffer; value: Buffer }> {
    const range = reverse
      ? { start: end, end: start, reverse: true, exclusiveStart: true, inclusiveEnd: true }
      : { start, end };
    return this.#database.getRange(range)[Symbol.iterator]() as Iterator<{ key: Buffer; value: Buffer }>;
  }

  commit(): Promise<void> {
    // What is written after the call belongs to the next commit, but when one is under way: callers wait for that.
    const done = this.#committing ? this.#commits.then(() => this.#commitNow()) : this.#commitNow();
    this.#commits = done.catch(() => undefined);
    return done;
  }

  async #commitNow(): Promise<void> {
    if (this.#active.size === 0) return;
    const overlay = this.#active;
    this.#committing = overlay;
    this.#active = newOverlay();
    try {
      const done = this.#database.batch(() => {
        overlay.forEach((text, value) => {
          const key = Buffer.from(text, 'latin1');
          if (value === null) void this.#database.remove(key);
          else void this.#database.put(key, value);
        });
      });
      await done;
    } catch (error) {
      this.#restore(overlay);
      throw await reasonOf(error);
    }
    this.#committing = undefined;
    this.#database.resetReadTxn();
  }

  /** Nothing of a failed commit is on disk: its writes go back under the newer ones, to be tried again. */
  #restore(overlay: Overlay): void {
    const newer = this.#active;
    this.#committing = undefined;
    this.#active = overlay;
    newer.forEach((key, value) => {
      overlay.set(key, value);
    });
  }

  size(): { total: number; inUse: number } {
    const stats = this.#database.getStats() as LmdbStats;
    const { pageSize, treeBranchPageCount, treeLeafPageCount, overflowPages } = stats.root;
    const pages = treeBranchPageCount + treeLeafPageCount + overflowPages;
    return { total: (stats.lastPageNumber + 1) * pageSize, inUse: pages * pageSize };
  }

  async copyTo(file: string): Promise<void> {
    await this.#database.backup(file, false);
  }

  async close(): Promise<void> {
    await this.#commits;
    await this.#database.close();
  }
}

interface LmdbStats {
  readonly lastPageNumber: number;
  readonly root: {
    readonly pageSize: number;
    readonly treeBranchPageCount: number;
    readonly treeLeafPageCount: number;
    readonly overflowPages: number;
  };
}

/** Revisions only grow: the history is written in order. */
function newOverlay(): Overlay {
  return new Overlay(String.fromCharCode(Table.history));
}

const EMPTY = newOverlay();

/** lmdb says why a commit failed in a promise of its own. */
async function reasonOf(error: unknown): Promise<unknown> {
  const { commitError } = error as { commitError?: Promise<never> };
  return commitError === undefined ? error : await commitError.catch((reason: unknown) => reason);
}

type Change = [string, Buffer | null];

/** Both in order; where both have a key, the newer one's value. */
function* mergeOverlays(newer: Iterator<Change>, older: Iterator<Change>, reverse: boolean): Generator<Change> {
  let [a, b] = [newer.next(), older.next()];
  while (!a.done || !b.done) {
    const order = a.done ? 1 : b.done ? -1 : compare(a.value[0], b.value[0], reverse);
    if (order <= 0) yield a.value;
    else yield b.value;
    if (order <= 0) a = newer.next();
    if (order >= 0) b = older.next();
  }
}

/** The overlay's changes over what is stored; removals leave nothing. */
function* mergePairs(
  changes: Iterator<Change>,
  stored: Iterator<{ key: Buffer; value: Buffer }>,
  reverse: boolean,
): Generator<Pair> {
  let change = changes.next();
  let pair = stored.next();
  try {
    while (!change.done || !pair.done) {
      const order = change.done
        ? 1
        : pair.done
          ? -1
          : compare(change.value[0], pair.value.key.toString('latin1'), reverse);
      if (order > 0) yield [pair.value.key, pair.value.value];
      else if (change.value[1] !== null) yield [Buffer.from(change.value[0], 'latin1'), change.value[1]];
      if (order <= 0) change = changes.next();
      if (order >= 0) pair = stored.next();
    }
  } finally {
    if (!pair.done) stored.return?.();
  }
}

function compare(a: string, b: string, reverse: boolean): number {
  const order = a < b ? -1 : a > b ? 1 : 0;
  return reverse ? -order : order;
}
