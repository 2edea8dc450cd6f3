import type { Overlay } from './overlay.js';

/** A key and its value, both as bytes. */
export type Pair = readonly [key: Buffer, value: Buffer];

export interface ScanOptions {
  readonly reverse?: boolean;
}

/** An ordered map of bytes to bytes. Writes show at once to reads. Keys are at most 1978 bytes. */
export interface OrderedMap {
  get(key: Buffer): Buffer | undefined;
  /** Pairs with start ≤ key < end. Do not write, and do not wait, while iterating. */
  scan(start: Buffer, end: Buffer, options?: ScanOptions): Iterable<Pair>;
  put(key: Buffer, value: Buffer): void;
  remove(key: Buffer): void;
}

/** An ordered map on disk. Writes become durable together, in the order they were made, by `commit`. */
export interface Backend extends OrderedMap {
  /** Takes what was written aside, the older part first, as if all of it were written now. */
  absorb(written: readonly Overlay[]): void;
  /**
   * Makes durable, in one transaction, all that was written before the call. Off the event loop. Called again while
   * it runs, it may take what is written until its turn comes.
   */
  commit(): Promise<void>;
  /** Bytes written and not yet durable. */
  readonly pendingBytes: number;
  /** Size on disk, and how much of it is in use. */
  size(): { readonly total: number; readonly inUse: number };
  /** Writes a copy of all that is durable to a file. */
  copyTo(file: string): Promise<void>;
  close(): Promise<void>;
}
