import type { Clock, Logger } from '@keelson/service';
import type { Entry, HardState, Ready, Snapshot } from 'raft-ts';
import type { SnapshotMark } from '../wal/record.js';
import { isDiskFull, type Wal, type WalBatch } from '../wal/wal.js';

export interface LogWriterEvents {
  /** Durable, in order. */
  written(ready: Ready): void;
  /** A leader's snapshot will be recorded in the log: from then on a restart must find its database. */
  prepare(snapshot: Snapshot): Promise<void>;
  /** It is recorded, and takes the place of the database now. */
  install(snapshot: Snapshot): Promise<void>;
  diskFull(full: boolean): void;
  /** The disk failed: what it holds is unknown. */
  failed(error: unknown): void;
}

/** Writes what Readys ask for: while one write is under way the next ones gather and share a sync. */
export class LogWriter {
  readonly #wal: Wal;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #events: LogWriterEvents;
  readonly #retryMs: number;
  #queue: Ready[] = [];
  #marks: SnapshotMark[] = [];
  #running: Promise<void> | undefined;

  constructor(
    options: { readonly retryMs: number },
    dependencies: { readonly wal: Wal; readonly clock: Clock; readonly logger: Logger },
    events: LogWriterEvents,
  ) {
    this.#retryMs = options.retryMs;
    this.#wal = dependencies.wal;
    this.#clock = dependencies.clock;
    this.#logger = dependencies.logger;
    this.#events = events;
  }

  push(ready: Ready): void {
    if (!this.#running && !ready.mustSync) {
      this.#events.written(ready);
      return;
    }
    this.#queue.push(ready);
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    try {
      while (this.#queue.length > 0 || this.#marks.length > 0) {
        await this.#writeMark();
        await this.#writeBatch(this.#takeBatch());
      }
    } catch (error) {
      this.#queue = [];
      this.#events.failed(error);
    }
    // In the same turn in which nothing was left: what comes a turn later must find nobody at it.
    this.#running = undefined;
  }

  async #writeMark(): Promise<void> {
    const mark = this.#marks.pop();
    if (!mark) return;
    this.#marks = [];
    await this.#append({ snapshot: mark, hardState: undefined, entries: [] });
    await this.#wal.release(mark.index);
  }

  /** All that waits, but a snapshot begins a batch of its own. */
  #takeBatch(): Ready[] {
    const cut = this.#queue.findIndex((ready, at) => at > 0 && ready.snapshot !== undefined);
    return this.#queue.splice(0, cut < 0 ? this.#queue.length : cut);
  }

  async #writeBatch(readys: readonly Ready[]): Promise<void> {
    const snapshot = readys[0]?.snapshot;
    if (snapshot) await this.#events.prepare(snapshot);
    if (readys.some((ready) => ready.mustSync)) await this.#append(merge(readys));
    if (snapshot) await this.#events.install(snapshot);
    for (const ready of readys) this.#events.written(ready);
  }

  async #append(batch: WalBatch): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.#wal.append(batch);
        if (attempt > 1) this.#events.diskFull(false);
        return;
      } catch (error) {
        if (!isDiskFull(error)) throw error;
        if (attempt === 1) {
          this.#logger.error({ err: error }, 'the disk is full: free some space; writes are refused until then');
          this.#events.diskFull(true);
        }
        await this.#clock.sleep(this.#retryMs);
      }
    }
  }

  /** Records that the log begins after `mark` now, and removes what lies before. */
  async mark(mark: SnapshotMark): Promise<void> {
    this.#marks.push(mark);
    this.#running ??= this.#run();
    await this.#running;
  }

  async close(): Promise<void> {
    await this.#running;
  }
}

function merge(readys: readonly Ready[]): WalBatch {
  const entries: Entry[] = [];
  let hardState: HardState | undefined;
  for (const ready of readys) {
    for (const entry of ready.entries) entries.push(entry);
    hardState = ready.hardState ?? hardState;
  }
  return { hardState, entries, snapshot: readys[0]?.snapshot };
}
