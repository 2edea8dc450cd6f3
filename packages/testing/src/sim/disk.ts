import type { Disk, DiskFile } from '@keelson/store/internal';
import type { Dice } from './dice.js';
import type { Io } from './io.js';

const SECTOR = 512;

interface Write {
  readonly offset: number;
  readonly data: Buffer;
}

/** What a file holds: as processes see it, and as it is on the platter. */
class FileNode {
  content: Buffer;
  durable: Buffer;
  unsynced: Write[] = [];

  constructor(content: Buffer) {
    this.content = content;
    this.durable = Buffer.from(content);
  }

  write(data: Buffer, offset: number): void {
    if (offset + data.length > this.content.length) {
      this.content = Buffer.concat([this.content], offset + data.length);
    }
    data.copy(this.content, offset);
    this.unsynced.push({ offset, data });
  }

  sync(): void {
    for (const write of this.unsynced) this.#settle(write, () => true);
    this.unsynced = [];
  }

  /** Power is gone: of what was not synced all, nothing or some sectors are there. */
  crash(dice: Dice): void {
    for (const write of this.unsynced) {
      const kind = dice.integer(3);
      this.#settle(write, () => kind === 0 || (kind === 1 && dice.chance(0.5)));
    }
    this.unsynced = [];
    this.content = Buffer.from(this.durable);
  }

  #settle({ offset, data }: Write, arrives: () => boolean): void {
    const end = offset + data.length;
    if (end > this.durable.length) this.durable = Buffer.concat([this.durable], end);
    for (let from = offset; from < end; ) {
      const to = Math.min(from - (from % SECTOR) + SECTOR, end);
      if (arrives()) data.copy(this.durable, from, from - offset, to - offset);
      from = to;
    }
  }
}

/** The disk of a machine: it outlives processes. Changes of names are durable, in order, once the directory is synced. */
export class SimDisk {
  readonly #dice: Dice;
  #names = new Map<string, FileNode>();
  #durableNames = new Map<string, FileNode>();
  #unsyncedNames: ((names: Map<string, FileNode>) => void)[] = [];

  constructor(dice: Dice) {
    this.#dice = dice;
  }

  crash(): void {
    const kept = this.#dice.integer(this.#unsyncedNames.length + 1);
    for (const change of this.#unsyncedNames.slice(0, kept)) change(this.#durableNames);
    this.#unsyncedNames = [];
    this.#names = new Map(this.#durableNames);
    for (const node of new Set(this.#names.values())) node.crash(this.#dice);
  }

  /** Turns one bit of a file over, and gives a way to turn it back. Undefined if there is no such file. */
  flipBit(choose: (files: readonly { name: string; bytes: Buffer }[]) => { name: string; bit: number } | undefined) {
    const files = [...this.#names].map(([name, node]) => ({ name, bytes: node.durable }));
    const chosen = choose(files);
    const node = chosen && this.#names.get(chosen.name);
    if (!chosen || !node) return undefined;
    const flip = () => {
      node.durable[chosen.bit >>> 3]! ^= 1 << (chosen.bit & 7);
      node.content = Buffer.from(node.durable);
    };
    flip();
    return { ...chosen, flipBack: flip };
  }

  #rename(change: (names: Map<string, FileNode>) => void): void {
    change(this.#names);
    this.#unsyncedNames.push(change);
  }

  /** The disk as one run of a process uses it. */
  open(io: Io): Disk {
    const nodeOf = (file: string): FileNode => {
      const node = this.#names.get(file);
      if (!node) throw Object.assign(new Error(`ENOENT: no such file, ${file}`), { code: 'ENOENT' });
      return node;
    };
    return {
      makeDirectory: () => io.do(() => undefined),
      list: (directory) =>
        io.do(() => {
          const prefix = `${directory}/`;
          return [...this.#names.keys()]
            .filter((name) => name.startsWith(prefix))
            .map((name) => name.slice(prefix.length));
        }),
      read: (file) => io.do(() => Buffer.from(nodeOf(file).content)),
      preallocate: (file, bytes) =>
        io.do(() => {
          io.requireSpace();
          const node = new FileNode(Buffer.alloc(bytes));
          this.#names.set(file, node);
          this.#durableNames.set(file, node);
        }),
      open: (file) => io.do(() => openFile(nodeOf(file), io)),
      rename: (from, to) =>
        io.do(() => {
          const node = nodeOf(from);
          this.#rename((names) => {
            names.delete(from);
            names.set(to, node);
          });
        }),
      remove: (file) =>
        io.do(() => {
          nodeOf(file);
          this.#rename((names) => names.delete(file));
        }),
      syncDirectory: () =>
        io.do(() => {
          for (const change of this.#unsyncedNames.splice(0)) change(this.#durableNames);
        }),
    };
  }
}

function openFile(node: FileNode, io: Io): DiskFile {
  return {
    write: (chunks, offset) => {
      const data = Buffer.concat(chunks);
      return io.do(() => {
        io.requireSpace();
        node.write(data, offset);
      });
    },
    sync: () => io.do(() => node.sync()),
    close: () => io.do(() => undefined),
  };
}
