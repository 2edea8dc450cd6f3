import type { Backend, Databases, Overlay, Pair, ScanOptions } from '@keelson/store/internal';
import type { Snapshot } from 'raft-ts';
import sortedBtree from 'sorted-btree';
import type { Io } from './io.js';

const BTree = sortedBtree.default;
type Tree = InstanceType<typeof BTree<string, Buffer>>;

function newTree(): Tree {
  return new BTree<string, Buffer>(undefined, (a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

/** A database on the disk: what its last commit left there. */
export interface Image {
  tree: Tree;
}

export function newImage(): Image {
  return { tree: newTree() };
}

/** A database in memory that forgets, when its process dies, all that was not committed; a commit happens or not. */
export class SimBackend implements Backend {
  readonly image: Image;
  readonly #io: Io;
  readonly #view: Tree;
  #commits: Promise<unknown> = Promise.resolve();
  #pendingBytes = 0;
  #committing = false;

  constructor(image: Image, io: Io) {
    this.image = image;
    this.#io = io;
    this.#view = image.tree.clone();
  }

  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  get(key: Buffer): Buffer | undefined {
    return this.#view.get(key.toString('latin1'));
  }

  *scan(start: Buffer, end: Buffer, options: ScanOptions = {}): Generator<Pair> {
    const [from, to] = [start.toString('latin1'), end.toString('latin1')];
    const pairs = options.reverse ? this.#view.entriesReversed(to, undefined, true) : this.#view.entries(from);
    for (const [key, value] of pairs) {
      if (options.reverse ? key < from : key >= to) return;
      yield [Buffer.from(key, 'latin1'), value];
    }
  }

  put(key: Buffer, value: Buffer): void {
    this.#view.set(key.toString('latin1'), value);
    this.#pendingBytes += key.length + value.length;
  }

  remove(key: Buffer): void {
    this.#view.delete(key.toString('latin1'));
    this.#pendingBytes += key.length;
  }

  absorb(written: readonly Overlay[]): void {
    for (const overlay of written) {
      for (const [key, value] of overlay.entries()) {
        if (value) this.put(Buffer.from(key, 'latin1'), value);
        else this.remove(Buffer.from(key, 'latin1'));
      }
    }
  }

  /** As the product's: what is written after the call belongs to the next commit, but when one is under way. */
  commit(): Promise<void> {
    const done = this.#committing ? this.#commits.then(() => this.#commitNow()) : this.#commitNow();
    this.#commits = done.catch(() => undefined);
    return done;
  }

  async #commitNow(): Promise<void> {
    if (this.#pendingBytes === 0) return;
    const [tree, bytes] = [this.#view.clone(), this.#pendingBytes];
    this.#committing = true;
    try {
      await this.#io.do(() => {
        this.#io.requireSpace();
        this.image.tree = tree;
      });
      this.#pendingBytes -= bytes;
    } finally {
      this.#committing = false;
    }
  }

  size(): { total: number; inUse: number } {
    const bytes = this.#view.size * 100;
    return { total: bytes, inUse: bytes };
  }

  copyTo(): Promise<void> {
    return Promise.reject(new Error('a simulated database is copied by its image'));
  }

  async close(): Promise<void> {
    await this.#commits;
  }
}

/** The databases of a machine: they outlive processes. */
export class SimDatabases {
  readonly #images = new Map<number, Image>();
  #incoming = new Map<number, Image>();

  /** A leader's snapshot has arrived whole. */
  receive(index: number, image: Image): void {
    this.#incoming.set(index, image);
  }

  crash(): void {
    this.#incoming = new Map();
  }

  /** The databases as one run of a process uses them. */
  open(io: Io): Databases {
    const backends = new Map<Backend, number>();
    const openAt = (index: number) => {
      const backend = new SimBackend(this.#images.get(index)!, io);
      backends.set(backend, index);
      return backend;
    };
    return {
      current: (marked) =>
        io.do(() => {
          const best = Math.max(0, ...[...this.#images.keys()].filter((index) => index <= marked));
          if (!this.#images.has(best)) this.#images.set(best, newImage());
          return openAt(best);
        }),
      clean: (current) =>
        io.do(() => {
          for (const index of this.#images.keys()) if (index !== backends.get(current)) this.#images.delete(index);
        }),
      prepare: ({ index }: Snapshot) =>
        io.do(() => {
          const image = this.#incoming.get(index);
          if (!image) throw new Error(`no snapshot of ${index} has arrived`);
          this.#incoming.delete(index);
          this.#images.set(index, image);
        }),
      install: (index) => io.do(() => openAt(index)),
      discard: async (backend) => {
        await backend.close();
        await io.do(() => {
          this.#images.delete(backends.get(backend) ?? -1);
        });
      },
    };
  }
}
