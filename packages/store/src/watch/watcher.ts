import type { ChangeEvent } from '../mvcc/mvcc.js';
import type { WatchEvent } from './event.js';
import { EventBatch } from './event-batch.js';

export interface WatchSpec {
  readonly start: Buffer;
  /** Undefined: only the key `start`; empty: no upper bound. */
  readonly end: Buffer | undefined;
  /** The first revision wanted; 0: whatever comes next. */
  readonly startRevision: number;
  readonly prevKv: boolean;
  readonly noPut: boolean;
  readonly noDelete: boolean;
  readonly fragment: boolean;
  readonly progressNotify: boolean;
}

/** Where a watcher's responses go. */
export interface WatcherSink {
  /** Its client takes no more for now. */
  readonly blocked: boolean;
  send(watcher: Watcher, batch: EventBatch): void;
  /** What the watcher would read next is compacted: it ends. */
  compacted(watcher: Watcher, compactRevision: number): void;
}

/** One watch: which changes it wants and how far it has got. */
export class Watcher {
  readonly id: number;
  readonly spec: WatchSpec;
  readonly sink: WatcherSink;
  /** It has been given every change below this revision. */
  next: number;
  /** Changes reach it as they are applied; otherwise it is reading history. */
  synced = false;
  /** It got events since the last periodic progress notice. */
  active = false;
  #pending = new EventBatch();
  #pendingFrom = 0;

  constructor(id: number, spec: WatchSpec, sink: WatcherSink, revision: number) {
    this.id = id;
    this.spec = spec;
    this.sink = sink;
    this.next = spec.startRevision > 0 ? spec.startRevision : revision + 1;
  }

  wants({ key, deleted }: ChangeEvent): boolean {
    const { start, end, noPut, noDelete } = this.spec;
    if (deleted ? noDelete : noPut) return false;
    if (end === undefined) return key.equals(start);
    return Buffer.compare(key, start) >= 0 && (end.length === 0 || Buffer.compare(key, end) < 0);
  }

  get hasPending(): boolean {
    return !this.#pending.isEmpty;
  }

  get pendingEvents(): number {
    return this.#pending.events.length;
  }

  get pendingBytes(): number {
    return this.#pending.bytes;
  }

  add(event: WatchEvent): void {
    if (this.#pending.isEmpty) this.#pendingFrom = event.change.main;
    this.#pending.add(event.encoded(this.spec.prevKv));
  }

  /** Sends what has gathered. */
  flush(): void {
    const batch = this.#pending;
    if (batch.isEmpty) return;
    this.#pending = new EventBatch();
    this.active = true;
    this.sink.send(this, batch);
  }

  /** Gives up what has gathered, to be read from history when its client takes more. */
  fallBehind(): void {
    this.next = this.#pendingFrom;
    this.synced = false;
    this.#pending = new EventBatch();
  }
}
