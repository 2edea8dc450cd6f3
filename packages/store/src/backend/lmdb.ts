import { chmodSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { open, type RootDatabase } from 'lmdb';
import type { Backend, Pair, ScanOptions } from './backend.js';
import { mergedScan, Overlay, overlaid } from './overlay.js';

export interface LmdbOptions {
  readonly file: string;
  /** Address space to reserve; the database cannot grow beyond it. */
  readonly mapBytes: number;
}

/** Writes that LMDB is handed at a time: some milliseconds of work. */
const WRITES_PER_STEP = 1_000;
/** Up to so many, a commit is handed over in one go. */
const WRITES_AT_ONCE = 5_000;
/** What is absorbed joins the newest writes one by one, up to so many. */
const ABSORBED_SINGLY = 1_000;

/** {@link Backend} on LMDB. Commits run in LMDB's own thread; until they are done, reads go through overlays. */
export class LmdbBackend implements Backend {
  readonly #database: RootDatabase<Buffer, Buffer>;
  readonly file: string;
  #active = new Overlay();
  /** Everything not on disk, the newest first: the active overlay, what was absorbed and what is being committed. */
  #layers: readonly Overlay[] = [this.#active];
  #running: Promise<void> | undefined;
  /** The commit after the running one: whoever asks meanwhile shares it. */
  #following: Promise<void> | undefined;
  readonly #copies = new Set<Promise<unknown>>();

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
    // LMDB makes its files readable to everybody.
    for (const each of [options.file, `${options.file}-lock`]) chmodSync(each, 0o600);
  }

  get pendingBytes(): number {
    return this.#layers.reduce((sum, each) => sum + each.bytes, 0);
  }

  get(key: Buffer): Buffer | undefined {
    const text = key.toString('latin1');
    for (const layer of this.#layers) {
      const value = layer.get(text);
      if (value !== undefined) return value ?? undefined;
    }
    return this.#database.getBinary(key);
  }

  put(key: Buffer, value: Buffer): void {
    this.#active.set(key.toString('latin1'), value);
  }

  remove(key: Buffer): void {
    this.#active.set(key.toString('latin1'), null);
  }

  absorb(written: readonly Overlay[]): void {
    const [only] = written;
    if (only && written.length === 1 && only.size <= ABSORBED_SINGLY) {
      for (const [key, value] of only.entries()) this.#active.set(key, value);
      return;
    }
    this.#layers = [...written.toReversed(), ...this.#layers];
    this.#freeze();
  }

  /** What is written from now on comes over everything else. */
  #freeze(): void {
    this.#active = new Overlay();
    this.#layers = [this.#active, ...this.#layers.filter((each) => each.size > 0)];
  }

  scan(start: Buffer, end: Buffer, options: ScanOptions = {}): Iterable<Pair> {
    const reverse = options.reverse === true;
    const changes = mergedScan(this.#layers, start.toString('latin1'), end.toString('latin1'), reverse);
    return overlaid(changes, this.#stored(start, end, reverse), STORED, reverse);
  }

  #stored(start: Buffer, end: Buffer, reverse: boolean): Iterator<Stored> {
    const range = reverse
      ? { start: end, end: start, reverse: true, exclusiveStart: true, inclusiveEnd: true }
      : { start, end };
    return this.#database.getRange(range)[Symbol.iterator]() as Iterator<Stored>;
  }

  /** What is written after the call belongs to the next commit, but when one is under way: callers wait for that. */
  commit(): Promise<void> {
    if (this.#following) return this.#following;
    if (!this.#running) return this.#begin();
    const next = () => {
      this.#following = undefined;
      return this.#begin();
    };
    this.#following = this.#running.then(next, next);
    return this.#following;
  }

  #begin(): Promise<void> {
    const run = this.#commitNow();
    this.#running = run;
    const ended = () => {
      if (this.#running === run) this.#running = undefined;
    };
    run.then(ended, ended);
    return run;
  }

  async #commitNow(): Promise<void> {
    this.#freeze();
    const layers = this.#layers.slice(1);
    if (layers.length === 0) return;
    const oldestFirst = layers.toReversed();
    try {
      if (layers.reduce((sum, each) => sum + each.size, 0) <= WRITES_AT_ONCE) await this.#writeAtOnce(oldestFirst);
      else await this.#writeInSteps(oldestFirst);
    } catch (error) {
      // Nothing of it is on disk. It stays below what is newer, to be tried again.
      throw await reasonOf(error);
    }
    this.#layers = this.#layers.filter((each) => !layers.includes(each));
    this.#database.resetReadTxn();
  }

  async #writeAtOnce(oldestFirst: readonly Overlay[]): Promise<void> {
    await this.#database.batch(() => {
      for (const overlay of oldestFirst) for (const [key, value] of overlay.entries()) this.#write(key, value);
    });
  }

  /** One transaction, between whose parts everything else goes on. */
  async #writeInSteps(oldestFirst: readonly Overlay[]): Promise<void> {
    await this.#database.childTransaction(async () => {
      let written = 0;
      for (const overlay of oldestFirst) {
        for (const [key, value] of overlay.entries()) {
          this.#write(key, value);
          written += 1;
          if (written % WRITES_PER_STEP === 0) await new Promise((resolve) => setImmediate(resolve));
        }
      }
    });
  }

  #write(text: string, value: Buffer | null): void {
    const key = Buffer.from(text, 'latin1');
    if (value === null) void this.#database.remove(key);
    else void this.#database.put(key, value);
  }

  size(): { total: number; inUse: number } {
    const stats = this.#database.getStats() as LmdbStats;
    const { pageSize, treeBranchPageCount, treeLeafPageCount, overflowPages } = stats.root;
    const pages = treeBranchPageCount + treeLeafPageCount + overflowPages;
    return { total: (stats.lastPageNumber + 1) * pageSize, inUse: pages * pageSize };
  }

  async copyTo(file: string): Promise<void> {
    const copy = this.#database.backup(file, false);
    this.#copies.add(copy);
    try {
      await copy;
    } finally {
      this.#copies.delete(copy);
    }
    await chmod(file, 0o600);
  }

  /** Ends once nothing uses the database any more. */
  async close(): Promise<void> {
    await Promise.allSettled([this.#running, this.#following, ...this.#copies]);
    await this.#database.close();
  }
}

interface Stored {
  readonly key: Buffer;
  readonly value: Buffer;
}

const STORED = { keyOf: ({ key }: Stored) => key, toPair: ({ key, value }: Stored): Pair => [key, value] };

interface LmdbStats {
  readonly lastPageNumber: number;
  readonly root: {
    readonly pageSize: number;
    readonly treeBranchPageCount: number;
    readonly treeLeafPageCount: number;
    readonly overflowPages: number;
  };
}

/** lmdb says why a commit failed in a promise of its own. */
async function reasonOf(error: unknown): Promise<unknown> {
  const { commitError } = error as { commitError?: Promise<never> };
  return commitError === undefined ? error : await commitError.catch((reason: unknown) => reason);
}
