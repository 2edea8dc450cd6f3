import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { raft } from '@keelson/protocol';
import { type Clock, type Timer, writeTo } from '@keelson/service';
import type { Snapshot } from 'raft-ts';
import { DamagedError, StoreError } from '../errors.js';
import { writeAll } from '../wal/disk.js';

const CHUNK_BYTES = 256 * 1024;
const DATABASE = /^db-([0-9a-f]{16})$/;
const DATABASE_FILE = /^db-[0-9a-f]{16}(-lock)?$/;
/** Copies on their way, in either direction. */
const LEFTOVER = /^(incoming|copy)-/;

type OutgoingCall = {
  readonly stream: Parameters<typeof writeTo>[0] & { end(): void; cancel(): void };
  readonly response: Promise<unknown>;
};
type IncomingCall = AsyncIterable<raft.SnapshotChunk> & { destroy(error: Error): void };

export interface SnapshotFilesOptions {
  /** Writes a durable copy of the database to a file and says what it stands for. */
  readonly copy: (file: string) => Promise<Snapshot>;
  readonly clock: Pick<Clock, 'after'>;
  /** A transfer in which nothing happens for so long is given up. */
  readonly stallMs: number;
}

/** A disk that reads slower is no member's. */
const READ_BACK_BYTES_PER_MS = 4 * 1024;

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
  readonly #options: SnapshotFilesOptions;
  #counter = 0;

  constructor(directory: string, options: SnapshotFilesOptions) {
    this.#directory = directory;
    this.#options = options;
  }

  /**
   * The database to start with, given up to where the log's last snapshot goes; nothing is changed. A log that goes back
   * to its beginning needs none. @throws DamagedError if the one that belongs to the log is not there
   */
  static async current(directory: string, marked: number): Promise<string> {
    const found = databasesAmong(await readdir(directory));
    const fitting = found.filter((index) => index <= marked);
    if (fitting.length > 0) return join(directory, databaseName(Math.max(...fitting)));
    const needed = `the log in ${join(directory, 'wal')} goes back to entry ${marked + 1}`;
    if (marked > 0)
      throw lost(`the database is missing: ${needed}, and what lies before is in no file db-… in ${directory}`);
    if (found.length === 0) return join(directory, databaseName(0));
    const names = found.map(databaseName).join(', ');
    throw lost(`the log does not belong to the database: ${needed}, and knows nothing of ${names} in ${directory}`);
  }

  /** There is a database, but no log to go with it. @throws DamagedError */
  static requireNone(directory: string, names: readonly string[]): void {
    const [index] = databasesAmong(names);
    if (index === undefined) return;
    throw lost(
      `the write-ahead log is missing: there is a database, ${join(directory, databaseName(index))}, but no segment of a ` +
        `log in ${join(directory, 'wal')}`,
    );
  }

  /** Removes what was left behind once `current` is known to go with the log: that has taken the place of all of it. */
  static async clean(directory: string, current: string): Promise<void> {
    const keep = basename(current);
    for (const name of await readdir(directory)) {
      const isDatabase = DATABASE_FILE.test(name) && name !== keep && name !== `${keep}-lock`;
      if (isDatabase || LEFTOVER.test(name)) await rm(join(directory, name), { force: true });
    }
  }

  databaseFile(index: number): string {
    return join(this.#directory, databaseName(index));
  }

  async copy(): Promise<DatabaseCopy> {
    this.#counter += 1;
    const file = join(this.#directory, `copy-${this.#counter}`);
    const snapshot = await this.#options.copy(file);
    return { file, snapshot };
  }

  /** Sends a copy of the database; resolves when the receiver has it durably. */
  async send({ stream, response }: OutgoingCall, raftTerm: number): Promise<void> {
    // It may fail long before it is waited for.
    const failed = response.then(() => undefined);
    failed.catch(() => undefined);
    const copy = await this.copy();
    const stall = this.#giveUp(() => stream.cancel());
    try {
      const { size } = await stat(copy.file);
      const { index, term, confState } = copy.snapshot;
      await writeTo(stream, { head: { raftTerm, index, term, confState, bytes: size } });
      const hash = createHash('sha256');
      for await (const data of createReadStream(copy.file, { highWaterMark: CHUNK_BYTES })) {
        hash.update(data as Buffer);
        await writeTo(stream, { data: data as Buffer });
        stall.extend();
      }
      await writeTo(stream, { sha256: hash.digest() });
      stream.end();
      // It is read once more there, however large.
      stall.extend(size / READ_BACK_BYTES_PER_MS);
      await failed;
    } catch (error) {
      if (stall.over)
        throw new StoreError(`a snapshot was given up: the receiver took nothing for ${this.#options.stallMs} ms`);
      // What the receiver says tells more than that the stream ended.
      await failed;
      throw error;
    } finally {
      stall.end();
      await rm(copy.file, { force: true });
    }
  }

  /** Takes a copy in; it is complete, durable and as it was sent when this resolves. */
  async receive(call: IncomingCall): Promise<{ term: number; snapshot: Snapshot }> {
    this.#counter += 1;
    const partial = join(this.#directory, `incoming-part-${this.#counter}`);
    const stall = this.#giveUp(() => call.destroy(new StoreError('a snapshot was given up: the sender sent no more')));
    try {
      const { head, sum } = await writePartial(call, partial, () => stall.extend());
      if (!head || !sum?.equals(await hashOf(partial))) {
        throw new StoreError('a snapshot arrived incomplete or damaged: its checksum does not match');
      }
      const { index, term, confState, raftTerm } = head;
      await rename(partial, this.#incoming(index));
      const empty = { voters: [], votersOutgoing: [], learners: [], learnersNext: [], autoLeave: false };
      return { term: raftTerm, snapshot: { index, term, confState: confState ?? empty } };
    } catch (error) {
      await rm(partial, { force: true });
      throw error;
    } finally {
      stall.end();
    }
  }

  /** Calls back once nothing has happened for too long. */
  #giveUp(run: () => void) {
    const { clock, stallMs } = this.#options;
    let timer: Timer | undefined;
    const state = {
      over: false,
      extend(moreMs = 0) {
        timer?.cancel();
        timer = clock.after(stallMs + moreMs, () => {
          state.over = true;
          run();
        });
      },
      end: () => timer?.cancel(),
    };
    state.extend();
    return state;
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

/** Writes what comes to a file; it is durable when this resolves. */
async function writePartial(
  call: IncomingCall,
  partial: string,
  progressed: () => void,
): Promise<{ head: raft.SnapshotHead | undefined; sum: Buffer | undefined }> {
  const file = await open(partial, 'w', 0o600);
  let head: raft.SnapshotHead | undefined;
  let sum: Buffer | undefined;
  let bytes = 0;
  try {
    for await (const part of call) {
      progressed();
      if (part.head) head = part.head;
      else if (part.sha256) sum = Buffer.from(part.sha256);
      else if (part.data) {
        await writeAll(file, [part.data], bytes);
        bytes += part.data.length;
      }
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return { head, sum };
}

/** Of the file as it is read: what is checked is what will be used. */
async function hashOf(file: string): Promise<Buffer> {
  const hash = createHash('sha256');
  for await (const data of createReadStream(file, { highWaterMark: CHUNK_BYTES })) hash.update(data as Buffer);
  return hash.digest();
}

function databasesAmong(names: readonly string[]): number[] {
  return names.flatMap((name) => {
    const index = DATABASE.exec(name)?.[1];
    return index === undefined ? [] : [Number.parseInt(index, 16)];
  });
}

function lost(what: string): DamagedError {
  return new DamagedError(
    `${what}. Nothing was changed: put back what is missing; or, if the other members are healthy, start this one with ` +
      '--repair-from-peers, or move its data directory away and start it as a new member; otherwise restore a backup',
  );
}

export function databaseName(index: number): string {
  return `db-${index.toString(16).padStart(16, '0')}`;
}
