import { RaftError } from './errors.js';
import { type Entry, entrySize, type Knowledge, type Snapshot } from './messages.js';

/** What a node finds on its disk when it starts: the log after `snapshot`, as far as it was durable. */
export interface StoredLog {
  readonly snapshot: Snapshot;
  readonly entries: readonly Entry[];
  readonly commit: number;
  /** What the application has applied already; not below the snapshot. */
  readonly applied: number;
}

/**
 * The log since its last compaction, in memory. The driver writes it to disk beside; writes complete in order.
 *
 *     compacted ≤ applied ≤ applying ≤ committed ≤ last,   applying ≤ stable ≤ writing ≤ last
 *
 * While a snapshot is being installed `applied`, `applying` and `stable` lie before `compacted`.
 */
export class RaftLog {
  #entries: Entry[];
  #bytes = 0;
  #compacted: number;
  #compactedTerm: number;
  #committed: number;
  #applied: number;
  #applying: number;
  #stable: number;
  #writing: number;
  /** Writes handed out and not yet durable: up to which index each still counts. */
  readonly #writes: { readonly sequence: number; index: number }[] = [];
  #sequence = 0;
  /** Received from a leader and not yet handed out. */
  #incoming: Snapshot | undefined;
  /** The latest one the application can send. */
  #available: Snapshot;

  constructor(stored: StoredLog) {
    this.#entries = [...stored.entries];
    this.#bytes = sizeOf(this.#entries);
    this.#compacted = stored.snapshot.index;
    this.#compactedTerm = stored.snapshot.term;
    this.#available = stored.snapshot;
    this.#committed = Math.max(stored.commit, stored.applied);
    this.#applied = stored.applied;
    this.#applying = stored.applied;
    this.#stable = this.lastIndex;
    this.#writing = this.lastIndex;
    if (this.#committed > this.lastIndex || this.#applied < this.#compacted) {
      throw new RangeError(
        `the log [${this.#compacted}, ${this.lastIndex}] lacks entries: commit ${this.#committed}, applied ${this.#applied}`,
      );
    }
  }

  get firstIndex(): number {
    return this.#compacted + 1;
  }
  get lastIndex(): number {
    return this.#compacted + this.#entries.length;
  }
  get lastTerm(): number {
    return this.#entries.at(-1)?.term ?? this.#compactedTerm;
  }
  /** Bytes of the entries in memory. */
  get bytes(): number {
    return this.#bytes;
  }
  get committed(): number {
    return this.#committed;
  }
  get applied(): number {
    return this.#applied;
  }
  get stable(): number {
    return this.#stable;
  }
  /** The snapshot to send to a follower that needs compacted entries. */
  get availableSnapshot(): Snapshot {
    return this.#available;
  }

  /** The term of the entry, or undefined if it is compacted away or not there yet. */
  term(index: number): number | undefined {
    if (index === this.#compacted) return this.#compactedTerm;
    return this.#entries[index - this.#compacted - 1]?.term;
  }

  /** What is committed, up to `max`, for others to compare with their logs. */
  knowledge(max = Infinity): Knowledge {
    const commit = Math.min(max, this.#committed);
    return { commit, commitTerm: this.term(commit) ?? 0 };
  }

  /**
   * Compares what another member has at an index with what is committed here, as far as that is known.
   * @throws RaftError `diverged`
   */
  requireSame(index: number, term: number): void {
    const own = index <= this.#committed && term !== 0 ? this.term(index) : undefined;
    if (own === undefined || own === term) return;
    throw new RaftError(
      'diverged',
      `the committed entry ${index} is of term ${own} here and of term ${term} elsewhere`,
    );
  }

  matches(index: number, term: number): boolean {
    return this.term(index) === term;
  }

  /** Raft §5.4.1: a later last term, or as late and at least as long. */
  isUpToDate(lastIndex: number, lastTerm: number): boolean {
    return lastTerm > this.lastTerm || (lastTerm === this.lastTerm && lastIndex >= this.lastIndex);
  }

  /** Entries from `from` on, up to `to`, as many as fit in the bytes, but at least one. */
  slice(from: number, to: number, bytesMax: number): readonly Entry[] {
    const start = from - this.#compacted - 1;
    const end = Math.min(to, this.lastIndex) - this.#compacted;
    let at = start;
    for (let bytes = 0; at < end; at += 1) {
      bytes += entrySize(this.#entries[at]!);
      if (bytes > bytesMax && at > start) break;
    }
    return this.#entries.slice(start, at);
  }

  /** Adds entries after the last one (the leader's way). */
  push(entry: Entry): void {
    this.#entries.push(entry);
    this.#bytes += entrySize(entry);
  }

  /**
   * Takes a leader's entries after (prevIndex, prevTerm), replacing what conflicts with them.
   * Returns the index up to which the logs now match, or undefined if they do not match at `prevIndex`.
   */
  append(prevIndex: number, prevTerm: number, entries: readonly Entry[]): number | undefined {
    if (!this.matches(prevIndex, prevTerm)) return undefined;
    const fresh = entries.findIndex((entry) => !this.matches(entry.index, entry.term));
    if (fresh >= 0) {
      this.#truncate(entries[fresh]!.index);
      for (let at = fresh; at < entries.length; at += 1) this.push(entries[at]!);
    }
    return prevIndex + entries.length;
  }

  #truncate(from: number): void {
    if (from > this.lastIndex) return;
    if (from <= this.#committed) {
      throw new RaftError(
        'diverged',
        `entry ${from} would be replaced, and entries are committed up to ${this.#committed}`,
      );
    }
    this.#bytes -= sizeOf(this.#entries.splice(from - this.#compacted - 1));
    this.#unwrite(from - 1);
  }

  /** Nothing above `index` counts as written any more, not even by writes that are still under way. */
  #unwrite(index: number): void {
    this.#stable = Math.min(this.#stable, index);
    this.#writing = Math.min(this.#writing, index);
    for (const write of this.#writes) write.index = Math.min(write.index, index);
  }

  /** The highest index at or below `index` whose term is at most `term`: where logs that differ may meet. */
  conflictByTerm(index: number, term: number): { index: number; term: number } {
    for (let at = index; at > this.#compacted; at -= 1) {
      const found = this.term(at);
      if (found === undefined || found <= term) return { index: at, term: found ?? 0 };
    }
    return { index: this.#compacted, term: this.#compactedTerm };
  }

  /** Raises the commit index; false if that is nothing new. */
  commitTo(index: number): boolean {
    if (index <= this.#committed) return false;
    if (index > this.lastIndex) {
      throw new RaftError(
        'diverged',
        `entries up to ${index} are committed, and this log, which had acknowledged them, ends at ${this.lastIndex}`,
      );
    }
    this.#committed = index;
    return true;
  }

  /** Replaces the whole log by a leader's snapshot. */
  restore(snapshot: Snapshot): void {
    this.#unwrite(this.#committed);
    this.#entries = [];
    this.#bytes = 0;
    this.#compacted = snapshot.index;
    this.#compactedTerm = snapshot.term;
    this.#committed = snapshot.index;
    this.#writing = snapshot.index;
    this.#incoming = snapshot;
    this.#available = snapshot;
  }

  get hasWork(): boolean {
    return this.#incoming !== undefined || this.#writing < this.lastIndex || this.#applying < this.#appliable;
  }

  get #appliable(): number {
    return Math.min(this.#committed, this.#stable);
  }

  get writesPending(): number {
    return this.#writes.length;
  }

  /** A snapshot is in, and what it stands for is not applied yet. */
  get installing(): boolean {
    return this.#applied < this.#compacted;
  }

  /** Whether a change of the configuration is committed and not applied. */
  get hasUnappliedConfChange(): boolean {
    return this.hasConfChange(this.#applied, this.#committed);
  }

  /** Whether one of the entries after `after`, up to `to`, changes the configuration; of those that are in memory. */
  hasConfChange(after: number, to: number): boolean {
    for (let index = Math.max(after, this.#compacted) + 1; index <= to; index += 1) {
      if (this.#entries[index - this.#compacted - 1]!.type === 'confChange') return true;
    }
    return false;
  }

  /** Hands out what is to be written, and counts it as under way. */
  beginWrite(): { sequence: number; snapshot: Snapshot | undefined; entries: readonly Entry[] } {
    const snapshot = this.#incoming;
    const entries = this.#entries.slice(this.#writing - this.#compacted);
    this.#incoming = undefined;
    this.#writing = this.lastIndex;
    if (snapshot) this.#applying = snapshot.index;
    this.#sequence += 1;
    this.#writes.push({ sequence: this.#sequence, index: this.#writing });
    return { sequence: this.#sequence, snapshot, entries };
  }

  /** The write is durable, and with it all that came before. */
  endWrite(sequence: number): void {
    while (this.#writes.length > 0 && this.#writes[0]!.sequence <= sequence) {
      this.#stable = Math.max(this.#stable, this.#writes.shift()!.index);
    }
  }

  /** Hands out durable committed entries that were not handed out before. */
  beginApply(bytesMax: number): readonly Entry[] {
    if (this.#applying >= this.#appliable) return [];
    const entries = this.slice(this.#applying + 1, this.#appliable, bytesMax);
    this.#applying = entries.at(-1)!.index;
    return entries;
  }

  endApply(index: number): void {
    this.#applied = Math.max(this.#applied, index);
  }

  /** The application holds its state as of this applied index and can send it. */
  offerSnapshot(snapshot: Snapshot): void {
    if (snapshot.index > this.#available.index) this.#available = snapshot;
  }

  /** Drops entries up to `index`, at most up to the available snapshot. */
  compact(index: number): void {
    const to = Math.min(index, this.#available.index, this.#applied);
    if (to <= this.#compacted) return;
    this.#compactedTerm = this.term(to)!;
    this.#bytes -= sizeOf(this.#entries.splice(0, to - this.#compacted));
    this.#compacted = to;
  }

  /** Where to compact to so that the entries after it are at most so many bytes. */
  indexKeeping(bytesMax: number): number {
    let bytes = 0;
    let index = this.lastIndex;
    while (index > this.#compacted) {
      bytes += entrySize(this.#entries[index - this.#compacted - 1]!);
      if (bytes > bytesMax) break;
      index -= 1;
    }
    return index;
  }
}

function sizeOf(entries: readonly Entry[]): number {
  let bytes = 0;
  for (const entry of entries) bytes += entrySize(entry);
  return bytes;
}
