import { acknowledge, answerVote } from './answers.js';
import type { ConfChange } from './confchange.js';
import { Config } from './config.js';
import { RaftError } from './errors.js';
import { Forwarding } from './forwarding.js';
import type { RaftLog } from './log.js';
import {
  type Knowledge,
  type Message,
  NONE,
  type NodeId,
  type ReadState,
  type Snapshot,
  type VoteRequest,
  type VoteResponse,
} from './messages.js';
import type { RaftOptions } from './options.js';

export type RoleName = 'follower' | 'preCandidate' | 'candidate' | 'leader';

/**
 * Why a leader leads no more: a later term was met, no quorum answered, its own disk took too long, it does not vote
 * any more, or its driver wished it.
 */
export type StepDownReason = 'laterTerm' | 'noQuorum' | 'diskStalled' | 'removed' | 'asked';

/** How a node behaves in one of its roles. A role lives as long as the node is in it. */
export interface Role {
  readonly name: RoleName;
  /** Called once the node is in the role; may leave it at once. */
  start(): void;
  tick(): void;
  /** Takes a message of the node's own term, or of none. */
  step(message: Message): void;
  /** @throws RaftError */
  propose(data: readonly Uint8Array[]): void;
  /** @throws RaftError */
  readIndex(context: string): void;
  /** @throws RaftError */
  proposeConfChange(change: ConfChange): void;
  /** Messages to this member got lost. */
  reportUnreachable(id: NodeId): void;
  /** Emits what has gathered since the last Ready, so that one message carries all of it. */
  flush(): void;
  /** The node's own log has become durable further. */
  persisted(): void;
  /** Entries up to `log.applied` are applied. */
  applied(): void;
  /** The configuration is another. */
  configured(): void;
}

export interface Roles {
  follower(core: Core): Role;
  candidate(core: Core, name: 'preCandidate' | 'candidate', force: boolean): Role;
  leader(core: Core): Role;
}

/** What a node is whatever its role: its term, its vote, its log, and the rules on terms that hold for all. */
export class Core {
  readonly id: NodeId;
  readonly options: RaftOptions;
  readonly log: RaftLog;
  readonly #roles: Roles;
  config: Config;
  term: number;
  vote: NodeId;
  leader: NodeId = NONE;
  role: Role;
  /** Ticks since the leader was heard of (as leader: since the quorum was checked). */
  electionElapsed = 0;
  electionTimeout = 0;
  /** It does not campaign, at its driver's wish. It still votes and follows. */
  resting = false;
  /** A write of its own has been under way for `diskStallTicks`: it does not campaign either. */
  stalled = false;
  #writeTicks = 0;
  readonly forwarding: Forwarding;
  /** Why it stepped down last. */
  stepDownReason: StepDownReason | undefined;
  /** Ticks since it heard of any leader; one that has just started may have done so a moment before. */
  #heardElapsed = 0;
  /** The leader wished, in this term, that this node campaign, which had to wait for a change to be applied. */
  #campaignTerm = 0;
  /** Messages to send now, and those that wait until everything handed out so far is durable. */
  outbox: Message[] = [];
  afterPersist: Message[] = [];
  readStates: ReadState[] = [];

  constructor(
    options: RaftOptions,
    log: RaftLog,
    config: Config,
    stored: { readonly term: number; readonly vote: NodeId },
    roles: Roles,
  ) {
    this.id = options.id;
    this.options = options;
    this.log = log;
    this.config = config;
    this.term = stored.term;
    this.vote = stored.vote;
    this.#roles = roles;
    this.forwarding = new Forwarding(options.random(SESSIONS), options);
    this.role = roles.follower(this);
    this.#reset(stored.term);
  }

  get isVoter(): boolean {
    return this.config.isVoter(this.id);
  }

  becomeFollower(term: number, leader: NodeId): void {
    if (this.role.name === 'leader' && term > this.term) this.stepDownReason = 'laterTerm';
    this.#reset(term);
    if (leader !== NONE) this.follow(leader);
    this.#enter(this.#roles.follower(this));
  }

  /** Changes neither term nor vote: whoever loses a pre-vote leaves no trace. */
  becomePreCandidate(): void {
    this.#reset(this.term);
    this.#enter(this.#roles.candidate(this, 'preCandidate', false));
  }

  /** `force`: at the leader's own wish. */
  becomeCandidate(force = false): void {
    this.#reset(this.term + 1);
    this.vote = this.id;
    this.#enter(this.#roles.candidate(this, 'candidate', force));
  }

  /** Hears from the leader of its term. One that it had lost may not have got what was sent meanwhile. */
  follow(leader: NodeId): void {
    if (this.leader === NONE) this.forwarding.doubt();
    else if (this.leader !== leader) throw twoLeaders(this.term, this.leader, leader);
    this.leader = leader;
    this.electionElapsed = 0;
    this.#heardElapsed = 0;
  }

  /** Leads no more. */
  resign(reason: StepDownReason): void {
    this.stepDownReason = reason;
    this.becomeFollower(this.term, NONE);
  }

  becomeLeader(): void {
    this.stepDownReason = undefined;
    this.#reset(this.term);
    this.leader = this.id;
    this.#enter(this.#roles.leader(this));
  }

  #enter(role: Role): void {
    this.role = role;
    role.start();
  }

  #reset(term: number): void {
    if (term !== this.term) {
      this.term = term;
      this.vote = NONE;
      this.forwarding.reset();
    }
    this.leader = NONE;
    this.electionElapsed = 0;
    this.electionTimeout = this.options.electionTicks + this.options.random(this.options.electionTicks);
  }

  tick(): void {
    this.#heardElapsed += 1;
    this.#watchDisk();
    this.role.tick();
  }

  #watchDisk(): void {
    const { diskStallTicks } = this.options;
    this.#writeTicks = this.log.writesPending > 0 ? this.#writeTicks + 1 : 0;
    this.stalled = diskStallTicks > 0 && this.#writeTicks > diskStallTicks;
  }

  persisted(sequence: number): void {
    this.log.endWrite(sequence);
    this.#writeTicks = 0;
    this.stalled = false;
    this.role.persisted();
  }

  applied(index: number): void {
    this.log.endApply(index);
    this.role.applied();
    if (this.#campaignTerm === this.term) this.campaignForLeader();
  }

  /** Who takes part from now on: what a committed change says. */
  configure(config: Config): void {
    this.config = config;
    this.role.configured();
  }

  /**
   * Whether it may stand for election. With a change of the configuration committed and not applied it would count
   * the votes of the wrong members.
   */
  get #electable(): boolean {
    const { log } = this;
    return this.isVoter && !this.resting && !this.stalled && !log.installing && !log.hasUnappliedConfChange;
  }

  /** The election timeout has passed. */
  timeOut(): void {
    this.electionElapsed = 0;
    this.leader = NONE;
    this.campaign();
  }

  campaign(): void {
    if (this.role.name === 'leader' || !this.#electable) return;
    // Its own vote counts too: it must not be given while a leader may answer reads by its lease.
    if (this.options.readOnly === 'lease' && this.#bound) return;
    if (this.options.preVote) this.becomePreCandidate();
    else this.becomeCandidate();
  }

  /** The leader wishes to be followed by this node. */
  campaignForLeader(): void {
    this.#campaignTerm = 0;
    if (this.role.name !== 'follower') return;
    if (this.#electable) this.becomeCandidate(true);
    else if (this.log.hasUnappliedConfChange) this.#campaignTerm = this.term;
  }

  /**
   * It has told a leader of late that it follows: a vote for another would break what the leader's lease stands on.
   * Where reads rely on that, no later term that it meets, no campaign and no restart of its own set it free.
   */
  get #bound(): boolean {
    const { readOnly, electionTicks } = this.options;
    if (this.leader !== NONE && this.electionElapsed < electionTicks) return true;
    return readOnly === 'lease' && this.#heardElapsed < electionTicks;
  }

  /** The leader is thought to be gone: others may be voted for before the election timeout, unless reads rely on it. */
  forgetLeader(): void {
    if (this.role.name === 'follower' && this.options.readOnly === 'safe') this.leader = NONE;
  }

  step(message: Message): void {
    if ('commitTerm' in message) this.#compare(message);
    if (isAboutVotes(message)) this.#learnCommit(message);
    if (this.#mayNotVote(message)) return;
    if (message.term > this.term) {
      this.#enterTerm(message);
    } else if (message.term !== 0 && message.term < this.term) {
      this.#answerOldTerm(message);
      return;
    }
    if (message.type === 'vote' || message.type === 'preVote') this.#answerVote(message);
    else this.role.step(message);
  }

  /** Where promises were broken, sooner or later a message shows it: nothing must be built on what follows. */
  #compare({ commit, commitTerm, from, term }: Knowledge & Message): void {
    this.log.requireSame(commit, commitTerm);
    if (this.role.name === 'leader' && term === this.term && commit > this.log.lastIndex) {
      throw new RaftError(
        'diverged',
        `${from} has committed ${commit}; the leader's log ends at ${this.log.lastIndex}`,
      );
    }
  }

  /** An entry that is committed anywhere is committed for good, whoever says so. */
  #learnCommit({ commit, commitTerm }: VoteRequest | VoteResponse): void {
    if (this.role.name === 'leader' || commitTerm === 0 || !this.log.matches(commit, commitTerm)) return;
    if (!this.log.commitTo(commit) || !this.log.hasUnappliedConfChange) return;
    // The votes of an election that is under way would be counted by the old configuration.
    if (this.role.name !== 'follower') this.becomeFollower(this.term, NONE);
  }

  /** A node that hears from a leader lets nobody depose it: this is also what a leader's lease stands on. */
  #mayNotVote(message: Message): boolean {
    if ((message.type !== 'vote' && message.type !== 'preVote') || message.force || !this.#bound) return false;
    const { checkQuorum, readOnly } = this.options;
    return readOnly === 'lease' ? message.term >= this.term : checkQuorum && message.term > this.term;
  }

  /** Meets a later term. */
  #enterTerm(message: Message): void {
    // A pre-vote is about a term that has not begun, and so is a grant of one.
    if (message.type === 'preVote' || (message.type === 'preVoteResponse' && !message.reject)) return;
    const fromLeader = message.type === 'append' || message.type === 'heartbeat' || message.type === 'snapshot';
    this.becomeFollower(message.term, fromLeader ? message.from : NONE);
  }

  #answerOldTerm(message: Message): void {
    if (message.type === 'append' || message.type === 'heartbeat' || message.type === 'snapshot') {
      // A leader of an older term that cannot be deposed by votes (they are ignored within its lease, or this node does
      // not vote any more) learns of the later term from this answer.
      acknowledge(this, message.from, 0);
    } else if (message.type === 'preVote') {
      answerVote(this, message, this.term, true);
    }
  }

  #answerVote(message: VoteRequest): void {
    const free =
      this.vote === message.from ||
      (this.vote === NONE && this.leader === NONE) ||
      (message.type === 'preVote' && message.term > this.term);
    const grant = free && this.log.isUpToDate(message.lastIndex, message.lastTerm);
    answerVote(this, message, grant ? message.term : this.term, !grant);
    if (grant && message.type === 'vote') {
      this.electionElapsed = 0;
      this.vote = message.from;
    }
  }

  send(message: Message): void {
    this.outbox.push(message);
  }

  /** Takes a leader's snapshot in place of the log; false if the log has all of it. */
  restore(snapshot: Snapshot): boolean {
    this.log.requireSame(snapshot.index, snapshot.term);
    if (snapshot.index <= this.log.committed) return false;
    const config = new Config(snapshot.confState);
    // One in which it takes no part must be older than its own membership.
    if (!config.isMember(this.id)) return false;
    if (this.log.matches(snapshot.index, snapshot.term)) {
      this.log.commitTo(snapshot.index);
      return false;
    }
    this.log.restore(snapshot);
    this.configure(config);
    return true;
  }
}

function isAboutVotes(message: Message): message is VoteRequest | VoteResponse {
  const { type } = message;
  return type === 'vote' || type === 'preVote' || type === 'voteResponse' || type === 'preVoteResponse';
}

export function twoLeaders(term: number, one: NodeId, other: NodeId): RaftError {
  return new RaftError('diverged', `${one} and ${other} both lead term ${term}`);
}

/** Random numbers that name the sessions of forwarded proposals. */
const SESSIONS = 2 ** 31;
