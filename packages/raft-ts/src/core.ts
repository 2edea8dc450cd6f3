import type { Config } from './config.js';
import type { RaftLog } from './log.js';
import { type Message, NONE, type NodeId, type ReadState, type Snapshot, type VoteRequest } from './messages.js';
import type { RaftOptions } from './options.js';

export type RoleName = 'follower' | 'preCandidate' | 'candidate' | 'leader';

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
  /** Emits what has gathered since the last Ready, so that one message carries all of it. */
  flush(): void;
  /** The node's own log has become durable further. */
  persisted(): void;
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
  /** It does not campaign: its disk takes no writes. It still votes and follows. */
  resting = false;
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
    this.role = roles.follower(this);
    this.#reset(stored.term);
  }

  get isVoter(): boolean {
    return this.config.isVoter(this.id);
  }

  becomeFollower(term: number, leader: NodeId): void {
    this.#reset(term);
    this.leader = leader;
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

  becomeLeader(): void {
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
    }
    this.leader = NONE;
    this.electionElapsed = 0;
    this.electionTimeout = this.options.electionTicks + this.options.random(this.options.electionTicks);
  }

  campaign(): void {
    if (!this.isVoter || this.resting || this.role.name === 'leader') return;
    if (this.options.preVote) this.becomePreCandidate();
    else this.becomeCandidate();
  }

  /** The leader is known to be gone: others may be voted for before the election timeout. */
  forgetLeader(): void {
    if (this.role.name === 'follower') this.leader = NONE;
  }

  step(message: Message): void {
    if (message.term > this.term) {
      if (!this.#enterTerm(message)) return;
    } else if (message.term !== 0 && message.term < this.term) {
      this.#answerOldTerm(message);
      return;
    }
    if (message.type === 'vote' || message.type === 'preVote') this.#answerVote(message);
    else this.role.step(message);
  }

  /** Meets a later term. False if the message ends here. */
  #enterTerm(message: Message): boolean {
    if (message.type === 'vote' || message.type === 'preVote') {
      // A node that hears from a leader lets nobody depose it: this is also what a leader's lease stands on.
      const leased = this.options.checkQuorum && this.leader !== NONE;
      if (leased && !message.force && this.electionElapsed < this.options.electionTicks) return false;
    }
    // A pre-vote is about a term that has not begun, and so is a grant of one.
    if (message.type === 'preVote' || (message.type === 'preVoteResponse' && !message.reject)) return true;
    const fromLeader = message.type === 'append' || message.type === 'heartbeat' || message.type === 'snapshot';
    this.becomeFollower(message.term, fromLeader ? message.from : NONE);
    return true;
  }

  #answerOldTerm(message: Message): void {
    if (message.type === 'append' || message.type === 'heartbeat' || message.type === 'snapshot') {
      // A leader of an older term that cannot be deposed by votes (they are ignored within its lease) learns of
      // the later term from this answer.
      if (this.options.checkQuorum || this.options.preVote) this.acknowledge(message.from, 0);
    } else if (message.type === 'preVote') {
      this.#sendVote(message, this.term, true);
    }
  }

  #answerVote(message: VoteRequest): void {
    const free =
      this.vote === message.from ||
      (this.vote === NONE && this.leader === NONE) ||
      (message.type === 'preVote' && message.term > this.term);
    const grant = free && this.log.isUpToDate(message.lastIndex, message.lastTerm);
    this.#sendVote(message, grant ? message.term : this.term, !grant);
    if (grant && message.type === 'vote') {
      this.electionElapsed = 0;
      this.vote = message.from;
    }
  }

  #sendVote(request: VoteRequest, term: number, reject: boolean): void {
    const type = request.type === 'vote' ? 'voteResponse' : 'preVoteResponse';
    this.afterPersist.push({ type, from: this.id, to: request.from, term, reject });
  }

  /** Tells a leader how far the log matches its own, once that is durable. */
  acknowledge(to: NodeId, index: number): void {
    this.afterPersist.push({
      type: 'appendResponse',
      from: this.id,
      to,
      term: this.term,
      index,
      reject: false,
      hintIndex: 0,
      hintTerm: 0,
    });
  }

  send(message: Message): void {
    this.outbox.push(message);
  }

  /** Takes a leader's snapshot in place of the log; false if the log has all of it. */
  restore(snapshot: Snapshot, toConfig: (snapshot: Snapshot) => Config): boolean {
    if (snapshot.index <= this.log.committed) return false;
    if (this.log.matches(snapshot.index, snapshot.term)) {
      this.log.commitTo(snapshot.index);
      return false;
    }
    this.log.restore(snapshot);
    this.config = toConfig(snapshot);
    return true;
  }
}
