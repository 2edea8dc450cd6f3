import { join } from 'node:path';
import type { Entry, HardState } from 'raft-ts';
import { DamagedError, StoreError } from '../errors.js';
import type { Disk, DiskFile } from './disk.js';
import {
  decodeEntry,
  decodeHardState,
  decodeSnapshotMark,
  encodeHardState,
  encodeHead,
  encodeSnapshotMark,
  RecordKind,
  RecordWriter,
  type SnapshotMark,
} from './record.js';
import { readHead, readSegment } from './segment.js';

export interface WalOptions {
  readonly directory: string;
  readonly clusterId: bigint;
  readonly memberId: bigint;
  readonly segmentBytes: number;
}

/** What a log holds: the last value of each, and entries without gaps or overlaps. */
export interface WalContent {
  readonly hardState: HardState;
  readonly snapshot: SnapshotMark;
  readonly entries: Entry[];
  readonly torn: boolean;
}

/** One batch: what one Ready, or several, ask to be made durable. */
export interface WalBatch {
  readonly hardState: HardState | undefined;
  readonly snapshot: SnapshotMark | undefined;
  readonly entries: readonly Entry[];
}

interface Segment {
  readonly name: string;
  readonly sequence: number;
  /** The last entry index in it or before it; what a compaction up to there lets go. */
  lastIndex: number;
}

const NAME = /^([0-9a-f]{16})\.wal$/;

/**
 * The write-ahead log: records in preallocated segments. One write and one sync a batch, both off the event loop;
 * a batch is durable when `append` resolves. Batches are appended one after another.
 */
export class Wal {
  readonly #options: WalOptions;
  readonly #disk: Disk;
  readonly #segments: Segment[] = [];
  #file: DiskFile | undefined;
  #offset = 0;
  #crc = 0;
  #lastIndex = 0;
  #hardState: HardState = { term: 0, vote: '', commit: 0 };
  #snapshot: SnapshotMark = { index: 0, term: 0 };
  /** The next segment, being made ready while the current one fills. */
  #next: Promise<string> | undefined;
  /** The tail of a torn write is still there: nothing is changed before something is to be written. */
  #torn = false;
  #failed: unknown;

  private constructor(options: WalOptions, disk: Disk) {
    this.#options = options;
    this.#disk = disk;
  }

  /** Opens the log of a directory, and leaves it as it is until something is written, or makes a new one. @throws StoreError */
  static async open(options: WalOptions, disk: Disk): Promise<{ wal: Wal; content: WalContent }> {
    const wal = new Wal(options, disk);
    await disk.makeDirectory(options.directory);
    const names = (await disk.list(options.directory)).filter((name) => NAME.test(name)).sort();
    const content = names.length === 0 ? await wal.#create() : await wal.#load(names);
    return { wal, content };
  }

  /** To whom the log of a directory belongs, if there is one. @throws StoreError */
  static async identity(
    directory: string,
    disk: Disk,
  ): Promise<{ readonly clusterId: bigint; readonly memberId: bigint } | undefined> {
    await disk.makeDirectory(directory);
    const [first] = (await disk.list(directory)).filter((name) => NAME.test(name)).sort();
    if (first === undefined) return undefined;
    const file = join(directory, first);
    return readHead(file, await disk.read(file)).head;
  }

  async #create(): Promise<WalContent> {
    await this.#rotate();
    return { hardState: this.#hardState, snapshot: this.#snapshot, entries: [], torn: false };
  }

  async #load(names: readonly string[]): Promise<WalContent> {
    const entries: Entry[] = [];
    const take = (kind: number, payload: Buffer) => this.#take(kind, payload, entries);
    let torn = false;
    for (const [at, name] of names.entries()) {
      const file = join(this.#options.directory, name);
      const content = readSegment(file, await this.#disk.read(file), at === names.length - 1, take);
      this.#checkIdentity(content.head.clusterId, content.head.memberId);
      if (at > 0 && content.head.crc !== this.#crc) {
        throw new DamagedError(`the write-ahead log has a gap before ${file}: restore the missing segment or a backup`);
      }
      this.#crc = content.crc;
      this.#offset = content.end;
      torn = content.torn;
      this.#segments.push({ name, sequence: sequenceOf(name), lastIndex: this.#lastIndex });
    }
    this.#checkGaps(entries);
    this.#file = await this.#disk.open(this.#path);
    this.#torn = torn;
    this.#hardState = { ...this.#hardState, commit: Math.min(this.#hardState.commit, this.#endOf(entries)) };
    return { hardState: this.#hardState, snapshot: this.#snapshot, entries, torn };
  }

  /** The last entry that is there: of a batch that was cut short the commit may be known and its entry not be there. */
  #endOf(entries: readonly Entry[]): number {
    return entries.at(-1)?.index ?? this.#snapshot.index;
  }

  #checkIdentity(clusterId: bigint, memberId: bigint): void {
    const { directory } = this.#options;
    if (clusterId !== this.#options.clusterId) {
      throw new StoreError(
        `${directory} belongs to cluster ${clusterId.toString(16)}, not ${this.#options.clusterId.toString(16)}: ` +
          'check --initial-cluster and --initial-cluster-token, or choose another --data-dir',
      );
    }
    if (memberId !== this.#options.memberId) {
      throw new StoreError(
        `${directory} belongs to member ${memberId.toString(16)}, not ${this.#options.memberId.toString(16)}: ` +
          'check --name and --initial-advertise-peer-urls, or choose another --data-dir',
      );
    }
  }

  #checkGaps(entries: readonly Entry[]): void {
    const first = entries[0]?.index;
    if (first !== undefined && first !== this.#snapshot.index + 1) {
      throw new DamagedError(
        `the write-ahead log in ${this.#options.directory} begins at entry ${first}, but the database needs ` +
          `${this.#snapshot.index + 1}: restore the missing segments or a backup`,
      );
    }
  }

  #take(kind: number, payload: Buffer, entries: Entry[]): void {
    if (kind === RecordKind.hardState) this.#hardState = decodeHardState(payload);
    else if (kind === RecordKind.snapshot) this.#takeSnapshot(decodeSnapshotMark(payload), entries);
    else if (kind === RecordKind.entry) {
      const entry = decodeEntry(payload);
      const first = entries[0]?.index ?? entry.index;
      entries.length = Math.max(0, Math.min(entries.length, entry.index - first));
      entries.push(entry);
      this.#lastIndex = entry.index;
    }
  }

  /** A snapshot from a leader replaces the log; a mark of a compaction only says what is not needed any more. */
  #takeSnapshot(mark: SnapshotMark, entries: Entry[]): void {
    // Every segment repeats it.
    if (mark.index <= this.#snapshot.index) return;
    this.#snapshot = mark;
    // What stands before the first entry went with a segment that was removed.
    if (entries.length > 0 && mark.index < entries[0]!.index) return;
    const at = entries.findIndex((entry) => entry.index === mark.index);
    if (at >= 0 && entries[at]!.term === mark.term) entries.splice(0, at + 1);
    else entries.length = 0;
    this.#lastIndex = Math.max(this.#lastIndex, mark.index);
  }

  get #path(): string {
    return join(this.#options.directory, this.#segments.at(-1)!.name);
  }

  /** Overwrites what a torn write left after the last good record: what is written next need not cover all of it. */
  async #clearTail(): Promise<void> {
    const size = (await this.#disk.read(this.#path)).length;
    await this.#file!.write([Buffer.alloc(Math.max(size, this.#options.segmentBytes) - this.#offset)], this.#offset);
    await this.#file!.sync();
    this.#torn = false;
  }

  /** The next batch begins a new segment. */
  get atSegmentEnd(): boolean {
    return this.#offset >= this.#options.segmentBytes;
  }

  /**
   * Makes a batch durable. On a full disk it fails without effect and can be tried again; after any other failure
   * nothing more is taken, for what the disk holds is unknown.
   */
  async append(batch: WalBatch): Promise<void> {
    if (this.#failed !== undefined) throw this.#failed;
    if (this.#torn) await this.#clearTail();
    if (this.atSegmentEnd) await this.#rotate();
    const writer = new RecordWriter(this.#crc, this.#offset);
    // First, so that no entry of a batch that a crash cuts short is there without what was known of term and commit.
    if (batch.hardState) writer.add(RecordKind.hardState, encodeHardState(batch.hardState));
    if (batch.snapshot) writer.add(RecordKind.snapshot, encodeSnapshotMark(batch.snapshot));
    for (const entry of batch.entries) writer.addEntry(entry);
    if (writer.bytes === 0) return;
    try {
      await this.#write(writer);
    } catch (error) {
      if (!isDiskFull(error)) this.#failed = error;
      throw error;
    }
    this.#remember(batch);
    if (this.#offset >= this.#options.segmentBytes / 2) this.#prepare();
  }

  async #write(writer: RecordWriter): Promise<void> {
    await this.#file!.write(writer.chunks, this.#offset);
    await this.#file!.sync();
    this.#offset += writer.bytes;
    this.#crc = writer.crc;
  }

  #remember(batch: WalBatch): void {
    if (batch.hardState) this.#hardState = batch.hardState;
    if (batch.snapshot && batch.snapshot.index > this.#snapshot.index) this.#snapshot = batch.snapshot;
    const last = batch.entries.at(-1)?.index ?? batch.snapshot?.index;
    if (last !== undefined) this.#lastIndex = last;
    this.#segments.at(-1)!.lastIndex = Math.max(this.#segments.at(-1)!.lastIndex, this.#lastIndex);
  }

  /** Makes the next segment's file while the current one is in use, so that a change of segment costs little. */
  #prepare(): void {
    if (this.#next !== undefined) return;
    this.#next = this.#makeSpare();
    // A failure shows when the segment is needed.
    this.#next.catch(() => {
      this.#next = undefined;
    });
  }

  async #makeSpare(): Promise<string> {
    const spare = join(this.#options.directory, 'next.tmp');
    await this.#disk.preallocate(spare, this.#options.segmentBytes);
    return spare;
  }

  /** Starts the next segment: it repeats the state, so that the ones before can be removed. */
  async #rotate(): Promise<void> {
    const { clusterId, memberId, directory } = this.#options;
    const next = this.#next ?? this.#makeSpare();
    this.#next = undefined;
    const spare = await next;
    const sequence = (this.#segments.at(-1)?.sequence ?? 0) + 1;
    const name = `${sequence.toString(16).padStart(16, '0')}.wal`;
    const file = await this.#disk.open(spare);
    const writer = new RecordWriter(this.#crc, 0);
    writer.add(RecordKind.head, encodeHead({ clusterId, memberId, crc: this.#crc }));
    writer.add(RecordKind.snapshot, encodeSnapshotMark(this.#snapshot));
    writer.add(RecordKind.hardState, encodeHardState(this.#hardState));
    await file.write(writer.chunks, 0);
    await file.sync();
    // The name appears only once its head is durable: a segment without one is damage.
    await this.#disk.rename(spare, join(directory, name));
    await this.#disk.syncDirectory(directory);
    await this.#file?.close();
    this.#file = file;
    this.#offset = writer.bytes;
    this.#crc = writer.crc;
    this.#segments.push({ name, sequence, lastIndex: this.#lastIndex });
  }

  /** Removes segments whose entries are all at or below `index`; only those a durable snapshot stands for. */
  async release(index: number): Promise<void> {
    while (this.#segments.length > 1 && this.#segments[0]!.lastIndex <= index) {
      const [segment] = this.#segments.splice(0, 1);
      await this.#disk.remove(join(this.#options.directory, segment!.name));
      // One that came back without those before and after it would be a gap.
      await this.#disk.syncDirectory(this.#options.directory);
    }
  }

  async close(): Promise<void> {
    await this.#next?.catch(() => undefined);
    await this.#file?.close();
    this.#file = undefined;
  }
}

export function isDiskFull(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return code === 'ENOSPC' || code === 'EDQUOT';
}

function sequenceOf(name: string): number {
  return Number.parseInt(NAME.exec(name)![1]!, 16);
}
