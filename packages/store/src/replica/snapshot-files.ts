import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { raft } from '@keelson/protocol';
import { writeTo } from '@keelson/service';
import type { Snapshot } from 'raft-ts';
import { StoreError } from '../errors.js';

const CHUNK_BYTES = 256 * 1024;
const DATABASE = /^db-([0-9a-f]{16})$/;

type OutgoingCall = {
  readonly stream: Parameters<typeof writeTo>[0] & { end(): void };
  readonly response: Promise<unknown>;
};
type IncomingCall = AsyncIterable<raft.SnapshotChunk>;

/** A durable copy of the database with the place in the log that it stands for. */
export interface DatabaseCopy {
  readonly file: string;
  readonly snapshot: Snapshot;
}

/**
 * The database files of a data directory and their way between members. The database that began as the snapshot of
 * index n is `db-n`; one that was made here is `db-0`. A snapshot on its way in is `incoming-…` until the log says
 * that it takes over.
 */
export class SnapshotFiles {
  readonly #directory: string;
  readonly #copy: (file: string) => Promise<Snapshot>;
  #counter = 0;

  /** `copy` writes a durable copy of the database to a file and says what it stands for. */
  constructor(directory: string, copy: (file: string) => Promise<Snapshot>) {
    this.#directory = directory;
    this.#copy = copy;
  }

  /** The database to start with, given up to where the log's last snapshot goes; removes what a crash left behind. */
  static async current(directory: string, marked: number): Promise<string> {
    const names = await readdir(directory);
    let best = 0;
    for (const name of names) {
      const index = Number.parseInt(DATABASE.exec(name)?.[1] ?? '-1', 16);
      if (index > best && index <= marked) best = index;
    }
    const keep = databaseName(best);
    for (const name of names) {
      const stale = /^(incoming|copy)-/.test(name) || (/^db-/.test(name) && !name.startsWith(keep));
      if (stale) await rm(join(directory, name), { force: true });
    }
    return join(directory, keep);
  }

  databaseFile(index: number): string {
    return join(this.#directory, databaseName(index));
  }

  async copy(): Promise<DatabaseCopy> {
    this.#counter += 1;
    const file = join(this.#directory, `copy-${this.#counter}`);
    const snapshot = await this.#copy(file);
    return { file, snapshot };
  }

  /** Sends a copy of the database; resolves when the receiver has it durably. */
  async send({ stream, response }: OutgoingCall, raftTerm: number): Promise<void> {
    // It may fail long before it is waited for.
    const failed = response.then(() => undefined);
    failed.catch(() => undefined);
    const copy = await this.copy();
    try {
      const { size } = await stat(copy.file);
      const { index, term, confState } = copy.snapshot;
      await writeTo(stream, { head: { raftTerm, index, term, confState, bytes: size } });
      const hash = createHash('sha256');
      for await (const data of createReadStream(copy.file, { highWaterMark: CHUNK_BYTES })) {
        hash.update(data as Buffer);
        await writeTo(stream, { data: data as Buffer });
      }
      await writeTo(stream, { sha256: hash.digest() });
      stream.end();
      await failed;
    } finally {
      await rm(copy.file, { force: true });
    }
  }

  /** Takes a copy in; it is complete and durable when this resolves. */
  async receive(call: IncomingCall): Promise<{ term: number; snapshot: Snapshot }> {
    this.#counter += 1;
    const partial = join(this.#directory, `incoming-part-${this.#counter}`);
    const file = await open(partial, 'w', 0o600);
    const hash = createHash('sha256');
    let head: raft.SnapshotHead | undefined;
    let sum: Buffer | undefined;
    try {
      for await (const part of call) {
        if (part.head) head = part.head;
        else if (part.sha256) sum = Buffer.from(part.sha256);
        else if (part.data) {
          hash.update(part.data);
          await file.write(part.data);
        }
      }
      await file.sync();
    } finally {
      await file.close();
    }
    if (!head || !sum?.equals(hash.digest())) {
      await rm(partial, { force: true });
      throw new StoreError('a snapshot arrived incomplete or damaged: its checksum does not match');
    }
    const { index, term, confState, raftTerm } = head;
    await rename(partial, this.#incoming(index));
    const empty = { voters: [], votersOutgoing: [], learners: [], learnersNext: [], autoLeave: false };
    return { term: raftTerm, snapshot: { index, term, confState: confState ?? empty } };
  }

  /** Makes an incoming snapshot the database that a restart finds, if the log says so. */
  async prepare(snapshot: Snapshot): Promise<void> {
    await rename(this.#incoming(snapshot.index), this.databaseFile(snapshot.index));
    const directory = await open(this.#directory, 'r');
    await directory.sync().finally(() => directory.close());
  }

  #incoming(index: number): string {
    return join(this.#directory, `incoming-${index}`);
  }
}

export function databaseName(index: number): string {
  return `db-${index.toString(16).padStart(16, '0')}`;
}
