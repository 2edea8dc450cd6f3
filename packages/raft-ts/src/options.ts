import { RaftError } from './errors.js';
import { NONE, type NodeId } from './messages.js';

export interface RaftOptions {
  readonly id: NodeId;
  /** Ticks without a leader before an election; the actual time is drawn from [n, 2n). */
  readonly electionTicks: number;
  /** Ticks between a leader's heartbeats. */
  readonly heartbeatTicks: number;
  /** An integer in [0, bound): the only source of chance. */
  readonly random: (bound: number) => number;
  /** Ask whether an election can be won before starting one, so that a node that was away disturbs nobody. */
  readonly preVote: boolean;
  /** A leader that hears from no quorum for an election timeout steps down. */
  readonly checkQuorum: boolean;
  /**
   * `safe` confirms leadership with a round of heartbeats. `lease` answers at once while the last confirmed round is so
   * young that no voter can be free yet: right as long as no member's ticks run more than a tenth faster than another's.
   * It needs checkQuorum.
   */
  readonly readOnly: 'safe' | 'lease';
  /** Send a follower's proposals to the leader instead of refusing them. */
  readonly forwardProposals: boolean;
  /** Bytes of entries in one append message (one entry always fits). */
  readonly appendBytesMax: number;
  /** Append messages, and bytes in them, on their way to one follower. */
  readonly inflightMessagesMax: number;
  readonly inflightBytesMax: number;
  /** Bytes proposed and not yet committed; one proposal always fits. */
  readonly uncommittedBytesMax: number;
  /** Bytes of committed entries handed out by one Ready (one entry always fits). */
  readonly committedBytesMax: number;
  /**
   * For so many ticks a leader's disk may complete nothing while a quorum's disks are ahead of it, before it gives up
   * leadership; a node whose write takes longer does not campaign until it is done. 0: never. A slow disk of one member
   * should not be that of all.
   */
  readonly diskStallTicks: number;
  /** Reads that wait for a confirmation or for the first commit of a term; more are refused. */
  readonly pendingReadsMax: number;
}

const DEFAULTS = {
  preVote: true,
  checkQuorum: true,
  readOnly: 'safe',
  forwardProposals: true,
  appendBytesMax: 1024 * 1024,
  inflightMessagesMax: 256,
  inflightBytesMax: 16 * 1024 * 1024,
  uncommittedBytesMax: 64 * 1024 * 1024,
  committedBytesMax: 4 * 1024 * 1024,
  diskStallTicks: 0,
  pendingReadsMax: 4096,
} satisfies Partial<RaftOptions>;

export type RaftSettings = Pick<RaftOptions, 'id' | 'electionTicks' | 'heartbeatTicks' | 'random'> &
  Partial<RaftOptions>;

/** Fills in defaults and refuses what cannot work. @throws RaftError `invalidOption` */
export function resolveOptions(settings: RaftSettings): RaftOptions {
  const options: RaftOptions = { ...DEFAULTS, ...settings };
  require(options.id !== NONE, 'id must not be empty');
  require(options.heartbeatTicks >= 1, 'heartbeatTicks must be at least 1');
  require(options.electionTicks > options.heartbeatTicks, 'electionTicks must be greater than heartbeatTicks');
  require(options.readOnly === 'safe' || options.checkQuorum, 'readOnly "lease" needs checkQuorum');
  require(options.diskStallTicks >= 0, 'diskStallTicks must not be negative');
  for (const name of LIMITS) require(options[name] >= 1, `${name} must be at least 1`);
  return options;
}

const LIMITS = [
  'appendBytesMax',
  'inflightMessagesMax',
  'inflightBytesMax',
  'uncommittedBytesMax',
  'committedBytesMax',
  'pendingReadsMax',
] as const;

function require(holds: boolean, message: string): void {
  if (!holds) throw new RaftError('invalidOption', message);
}
