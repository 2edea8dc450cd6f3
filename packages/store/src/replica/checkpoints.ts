import type { Clock, Logger, Timer } from '@keelson/service';
import type { RaftNode } from 'raft-ts';
import type { StateMachine } from '../apply/state-machine.js';
import type { LogWriter } from './log-writer.js';

export interface CheckpointOptions {
  /** Between commits of the database; the log covers what lies between. */
  readonly commitIntervalMs: number;
  /** Entries after which the log is compacted, and how many stay for followers that lag. */
  readonly snapshotCount: number;
  readonly catchUpEntries: number;
  /** Bytes of entries in memory above which the log is compacted however few they are. */
  readonly logBytesMax: number;
  readonly diskRetryMs: number;
}

export interface CheckpointEvents {
  /** The database takes writes, or does not. */
  writable(writable: boolean): void;
  /** A commit is over: more may be applied. */
  committed(): void;
}

/** Makes what is applied durable in the database, again and again, and lets go of the log that this leaves useless. */
export class Checkpoints {
  readonly #options: CheckpointOptions;
  readonly #node: RaftNode;
  readonly #writer: LogWriter;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #events: CheckpointEvents;
  #machine: StateMachine;
  #timer: Timer | undefined;
  /** Of the database only; never rejects. */
  #committing: Promise<unknown> = Promise.resolve();
  #writable = true;
  #replacing = false;
  #closed = false;

  constructor(
    options: CheckpointOptions,
    dependencies: {
      readonly node: RaftNode;
      readonly machine: StateMachine;
      readonly writer: LogWriter;
      readonly clock: Clock;
      readonly logger: Logger;
    },
    events: CheckpointEvents,
  ) {
    this.#options = options;
    this.#node = dependencies.node;
    this.#machine = dependencies.machine;
    this.#writer = dependencies.writer;
    this.#clock = dependencies.clock;
    this.#logger = dependencies.logger;
    this.#events = events;
  }

  get machine(): StateMachine {
    return this.#machine;
  }

  /** Another database is taking the place of the present one: nothing is to be asked of that any more. */
  get replacing(): boolean {
    return this.#replacing;
  }

  /** Entries were applied: they are to be durable soon. */
  schedule(): void {
    if (this.#timer || this.#replacing || this.#closed) return;
    this.#timer = this.#clock.after(this.#options.commitIntervalMs, () => void this.#checkpoint());
  }

  async #checkpoint(): Promise<void> {
    if (this.#replacing) {
      this.#timer = undefined;
      return;
    }
    try {
      const commit = this.#machine.commit();
      this.#committing = commit.catch(() => undefined);
      await commit;
      if (!this.#writable) this.#setWritable(true);
      if (!this.#closed && !this.#replacing) await this.#compactLog();
    } catch (error) {
      this.#logger.error(
        { err: error },
        'the database cannot be written (is the disk full?): writes are refused, nothing is lost, trying again',
      );
      this.#setWritable(false);
      await this.#clock.sleep(this.#options.diskRetryMs);
    } finally {
      this.#timer = undefined;
      this.#scheduleRest();
      this.#events.committed();
    }
  }

  #scheduleRest(): void {
    if (this.#machine.applied > this.#machine.durable) this.schedule();
  }

  #setWritable(writable: boolean): void {
    this.#writable = writable;
    this.#events.writable(writable);
  }

  /** Lets go of entries that the database holds durably and that no follower is likely to need. */
  async #compactLog(): Promise<void> {
    const { snapshotCount, catchUpEntries, logBytesMax } = this.#options;
    const { firstIndex, logBytes } = this.#node.status;
    const { durable } = this.#machine;
    if (durable - firstIndex < snapshotCount + catchUpEntries && logBytes < logBytesMax) return;
    const term = this.#node.term(durable);
    const index = Math.min(durable, Math.max(durable - catchUpEntries, this.#node.indexKeeping(logBytesMax / 2)));
    const markTerm = this.#node.term(index);
    if (term === undefined || markTerm === undefined) return;
    this.#node.offerSnapshot({ index: durable, term, confState: this.#machine.confState });
    this.#node.compact(index);
    await this.#writer.mark({ index, term: markTerm });
  }

  /** No commit is under way, or begins, while another database takes the place of the present one. */
  async replace(install: () => Promise<StateMachine>): Promise<void> {
    this.#replacing = true;
    try {
      await this.#committing;
      this.#machine = await install();
    } finally {
      this.#replacing = false;
      this.#scheduleRest();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#machine.commit();
  }
}
