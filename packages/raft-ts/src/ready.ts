import type { RoleName, StepDownReason } from './core.js';
import type { StoredLog } from './log.js';
import type { Entry, HardState, Message, NodeId, ReadState, Snapshot } from './messages.js';
import type { ProgressState } from './progress.js';

/**
 * What a node starts from: an empty log and its first members, or what it finds on its disk. The snapshot's confState
 * is the configuration as of `applied`.
 */
export interface StoredState extends Omit<StoredLog, 'commit'> {
  readonly hardState: HardState;
}

export interface SoftState {
  readonly role: RoleName;
  readonly term: number;
  readonly leader: NodeId;
  /** If it led before: why it stepped down. */
  readonly steppedDown?: StepDownReason;
}

/**
 * What the driver is to do. Writes are made in the order of the Readys; `messages` go out at once, beside the write;
 * `messagesAfterPersist` once this Ready's write, and those of all before it, are durable.
 */
export interface Ready {
  /** Counts the Readys, from 1. */
  readonly sequence: number;
  /** Write, if there: only a changed term or vote, or entries, need a sync (`mustSync`). */
  readonly hardState: HardState | undefined;
  /** Install before the entries; it replaces everything before them. */
  readonly snapshot: Snapshot | undefined;
  /** Write, in place of what was at or after the first one's index. */
  readonly entries: readonly Entry[];
  readonly mustSync: boolean;
  readonly messages: readonly Message[];
  readonly messagesAfterPersist: readonly Message[];
  /** Apply; they are durable here and committed by a quorum. */
  readonly committedEntries: readonly Entry[];
  readonly readStates: readonly ReadState[];
  /** There if it changed. */
  readonly softState: SoftState | undefined;
}

export interface PeerStatus {
  readonly match: number;
  readonly next: number;
  readonly state: ProgressState;
  readonly recentActive: boolean;
  /** It listens and does not vote. */
  readonly learner: boolean;
}

export interface RaftStatus extends SoftState {
  readonly id: NodeId;
  readonly commit: number;
  readonly applied: number;
  readonly firstIndex: number;
  readonly lastIndex: number;
  /** Bytes of the log that are in memory: everything since the last compaction. */
  readonly logBytes: number;
  /** As leader: what it knows of each member. */
  readonly peers: ReadonlyMap<NodeId, PeerStatus>;
}
