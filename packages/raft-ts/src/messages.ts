/** Names a member. Opaque; compared as text. The empty id stands for "nobody". */
export type NodeId = string;
export const NONE: NodeId = '';

/** What an entry is for: the application's data, or a change of the configuration. */
export type EntryType = 'normal' | 'confChange';

/** One slot of the log. An entry is the same everywhere if index and term are (Log Matching). */
export interface Entry {
  readonly index: number;
  readonly term: number;
  readonly type: EntryType;
  readonly data: Uint8Array;
}

/** What must be durable, besides entries, before a node answers for it. */
export interface HardState {
  readonly term: number;
  readonly vote: NodeId;
  readonly commit: number;
}

/** Who votes and who only listens; with `votersOutgoing` the configuration is joint. */
export interface ConfState {
  readonly voters: readonly NodeId[];
  readonly votersOutgoing: readonly NodeId[];
  readonly learners: readonly NodeId[];
  readonly learnersNext: readonly NodeId[];
  readonly autoLeave: boolean;
}

/** Stands for the log up to and including `index`. The application keeps and moves the state itself. */
export interface Snapshot {
  readonly index: number;
  readonly term: number;
  readonly confState: ConfState;
}

interface Envelope {
  readonly from: NodeId;
  readonly to: NodeId;
  /** The sender's term; 0 on forwarded reads, which belong to none. */
  readonly term: number;
}

/**
 * What the sender knows to be committed, and the term of that entry (0: not known any more). That is so for good and
 * everywhere: whoever has committed another entry there has found out that a promise was broken.
 */
export interface Knowledge {
  readonly commit: number;
  readonly commitTerm: number;
}

/**
 * Asks for a vote; as `preVote`, asks whether a vote would be given, in the term the asker would start. Whoever has the
 * entry that the sender knows to be committed may take it as committed, whoever says so: without this a member that was
 * removed as leader, and has a longer log than those that remain, could keep them from electing one of them for as long
 * as they do not know of the removal.
 */
export interface VoteRequest extends Envelope, Knowledge {
  readonly type: 'vote' | 'preVote';
  /** The leader itself asked for this election: its lease does not count. */
  readonly force: boolean;
  readonly lastIndex: number;
  readonly lastTerm: number;
}

export interface VoteResponse extends Envelope, Knowledge {
  readonly type: 'voteResponse' | 'preVoteResponse';
  readonly reject: boolean;
}

export interface AppendRequest extends Envelope, Knowledge {
  readonly type: 'append';
  readonly prevIndex: number;
  readonly prevTerm: number;
  readonly entries: readonly Entry[];
}

/**
 * Accepted: the log matches the leader's up to `index`. Rejected: nothing of term ≤ `hintTerm` above `hintIndex`
 * can match; `index` is the refused `prevIndex`. What it says, of the commit index too, is durable.
 */
export interface AppendResponse extends Envelope, Knowledge {
  readonly type: 'appendResponse';
  readonly index: number;
  readonly reject: boolean;
  readonly hintIndex: number;
  readonly hintTerm: number;
}

/** Keeps followers quiet. `round` counts the rounds of the leader's reads; an answer confirms it. */
export interface Heartbeat extends Envelope, Knowledge {
  readonly type: 'heartbeat';
  readonly round: number;
}

export interface HeartbeatResponse extends Envelope {
  readonly type: 'heartbeatResponse';
  readonly round: number;
}

/** Tells the driver to bring the follower the application's state; it may send a later one than named here. */
export interface InstallSnapshot extends Envelope {
  readonly type: 'snapshot';
  readonly snapshot: Snapshot;
}

/** The leader hands over: the receiver is to start an election now. */
export interface TimeoutNow extends Envelope {
  readonly type: 'timeoutNow';
}

/**
 * What a follower passes on to the leader of its term. The messages of a session are numbered from 1; the leader takes
 * each once and in order, so that one that may be lost can be sent again.
 */
export interface ForwardedProposal extends Envelope {
  readonly type: 'propose';
  readonly session: number;
  readonly sequence: number;
  readonly data: readonly Uint8Array[];
}

/** Up to which number the leader has taken a session's messages. */
export interface ForwardedProposalResponse extends Envelope {
  readonly type: 'proposeResponse';
  readonly session: number;
  readonly sequence: number;
}

export interface ReadIndexRequest extends Envelope {
  readonly type: 'readIndex';
  readonly context: string;
}

export interface ReadIndexResponse extends Envelope {
  readonly type: 'readIndexResponse';
  readonly context: string;
  readonly index: number;
}

export type Message =
  | VoteRequest
  | VoteResponse
  | AppendRequest
  | AppendResponse
  | Heartbeat
  | HeartbeatResponse
  | InstallSnapshot
  | TimeoutNow
  | ForwardedProposal
  | ForwardedProposalResponse
  | ReadIndexRequest
  | ReadIndexResponse;

/** The answer to `readIndex(context)`: once `index` is applied, a local read is linearizable. */
export interface ReadState {
  readonly context: string;
  readonly index: number;
}

/** Bytes an entry counts for against every limit: its data and a constant for the rest. */
export function entrySize(entry: Entry): number {
  return proposalSize(entry.data);
}

/** The same of what is to become one. */
export function proposalSize(data: Uint8Array): number {
  return data.length + ENTRY_OVERHEAD;
}

const ENTRY_OVERHEAD = 24;
