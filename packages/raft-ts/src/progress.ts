import { Inflights } from './inflights.js';

/**
 * - `probe`: where the follower's log ends is unknown; one append at a time finds it.
 * - `replicate`: appends are sent ahead of their answers, up to the inflight limits.
 * - `snapshot`: what it needs is compacted; nothing is sent until a snapshot has arrived.
 */
export type ProgressState = 'probe' | 'replicate' | 'snapshot';

export interface ProgressLimits {
  readonly inflightMessagesMax: number;
  readonly inflightBytesMax: number;
}

/** What a leader knows of one follower. Invariant: match < next. */
export class Progress {
  state: ProgressState = 'probe';
  /** The follower's durable log equals the leader's up to here. */
  match = 0;
  /** The next entry to send. */
  next: number;
  /** The highest commit index told to the follower, as far as the leader knows. */
  sentCommit = 0;
  /** It knows durably that the log is committed up to here. */
  commit = 0;
  /** In `snapshot`: the index of the one that is on its way. */
  pendingSnapshot = 0;
  /** In `probe`: an append is out and unanswered. */
  probeSent = false;
  /** Send an append even if it would be empty, to find out whether earlier ones were lost. */
  nudge = false;
  /** It answered since the leader last checked its quorum. */
  recentActive = false;
  /** The latest read round it confirmed. */
  round = 0;
  #checkedAt = -1;
  #checkedMatch = -1;
  readonly inflights: Inflights;

  constructor(next: number, limits: ProgressLimits) {
    this.next = next;
    this.inflights = new Inflights(limits.inflightMessagesMax, limits.inflightBytesMax);
  }

  get paused(): boolean {
    if (this.state === 'probe') return this.probeSent;
    return this.state === 'snapshot' || this.inflights.full;
  }

  /** Its window may be full of appends that were lost: an empty one may go out all the same. */
  get asking(): boolean {
    return this.nudge && this.state === 'replicate';
  }

  /**
   * It answers heartbeats, but has acknowledged nothing since an earlier tick: an append may have been lost, and only a
   * further one tells.
   */
  isStuck(tick: number): boolean {
    if (tick === this.#checkedAt) return false;
    const stuck = this.match === this.#checkedMatch;
    this.#checkedAt = tick;
    this.#checkedMatch = this.match;
    return stuck;
  }

  becomeProbe(): void {
    const after = this.state === 'snapshot' ? Math.max(this.match, this.pendingSnapshot) : this.match;
    this.#reset('probe');
    this.next = after + 1;
    this.sentCommit = Math.min(this.sentCommit, after);
  }

  becomeReplicate(): void {
    this.#reset('replicate');
    this.next = this.match + 1;
  }

  becomeSnapshot(index: number): void {
    this.#reset('snapshot');
    this.pendingSnapshot = index;
    this.next = index + 1;
    this.sentCommit = index;
  }

  /** The snapshot did not arrive: find out where the follower is, but not before it is heard of. */
  snapshotFailed(): void {
    this.pendingSnapshot = 0;
    this.becomeProbe();
    this.probeSent = true;
  }

  #reset(state: ProgressState): void {
    this.state = state;
    this.probeSent = false;
    this.pendingSnapshot = 0;
    this.inflights.reset();
  }

  /** Records an append that was sent with entries up to `lastIndex`. */
  sent(lastIndex: number, bytes: number, commit: number): void {
    this.sentCommit = commit;
    this.nudge = false;
    if (this.state === 'probe') {
      this.probeSent = true;
    } else if (lastIndex >= this.next) {
      this.next = lastIndex + 1;
      this.inflights.add(lastIndex, bytes);
    }
  }

  /** Takes an acknowledgement up to `index`; false if it says nothing new. */
  acknowledge(index: number): boolean {
    if (index <= this.match) return false;
    this.match = index;
    this.next = Math.max(this.next, index + 1);
    this.probeSent = false;
    return true;
  }

  /** Takes the refusal of an append after `rejected`; the logs may match at `hint`. False if it is an old one. */
  reject(rejected: number, hint: number): boolean {
    if (this.state === 'snapshot') return false;
    if (this.state === 'replicate') {
      if (rejected <= this.match) return false;
      this.becomeProbe();
      return true;
    }
    if (this.next - 1 !== rejected) return false;
    this.next = Math.max(Math.min(rejected, hint + 1), this.match + 1);
    this.sentCommit = Math.min(this.sentCommit, this.next - 1);
    this.probeSent = false;
    return true;
  }
}
