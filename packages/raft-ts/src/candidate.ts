import type { Core, Role } from './core.js';
import { RaftError } from './errors.js';
import { type Message, NONE, type NodeId, type VoteResponse } from './messages.js';
import { allVoters, quorumVote } from './quorum.js';

/** Asks for votes; as a pre-candidate only whether it would get them. */
export class Candidate implements Role {
  readonly name: 'preCandidate' | 'candidate';
  readonly #core: Core;
  readonly #force: boolean;
  readonly #votes = new Map<NodeId, boolean>();
  /** The requests have left. The time for answers begins then, however slow the own disk is. */
  #asked: boolean;

  constructor(core: Core, name: 'preCandidate' | 'candidate', force: boolean) {
    this.#core = core;
    this.name = name;
    this.#force = force;
    this.#asked = name === 'preCandidate';
  }

  start(): void {
    for (const id of [...allVoters(this.#core.config.voters)].sort()) {
      if (id !== this.#core.id) this.#ask(id);
    }
    if (this.name === 'preCandidate') this.#count(this.#core.id, true);
    else this.#voteForSelf();
  }

  /** A grant is for the term and the log that the request describes: they must be there after a crash as well. */
  #ask(to: NodeId): void {
    const { id: from, log, term } = this.#core;
    const last = { lastIndex: log.lastIndex, lastTerm: log.lastTerm, force: this.#force, ...log.knowledge() };
    if (this.name === 'candidate') this.#core.afterPersist.push({ type: 'vote', from, to, term, ...last });
    // A pre-vote binds nobody.
    else this.#core.send({ type: 'preVote', from, to, term: term + 1, ...last });
  }

  /** The own vote counts like any other: when it is durable. */
  #voteForSelf(): void {
    const { id, term, log } = this.#core;
    const vote = { from: id, to: id, term, reject: false, ...log.knowledge() };
    this.#core.afterPersist.push({ type: 'voteResponse', ...vote });
  }

  tick(): void {
    const core = this.#core;
    if (!this.#asked) return;
    core.electionElapsed += 1;
    if (core.electionElapsed >= core.electionTimeout) core.timeOut();
  }

  step(message: Message): void {
    switch (message.type) {
      case 'append':
      case 'heartbeat':
      case 'snapshot':
        this.#core.becomeFollower(message.term, message.from);
        this.#core.role.step(message);
        return;
      case 'voteResponse':
      case 'preVoteResponse':
        if (!this.#concerns(message)) return;
        if (message.from === this.#core.id) this.#requestsLeft();
        this.#count(message.from, !message.reject);
        return;
      case 'readIndexResponse':
        this.#core.readStates.push({ context: message.context, index: message.index });
        return;
      default:
    }
  }

  #requestsLeft(): void {
    this.#asked = true;
    this.#core.electionElapsed = 0;
  }

  #concerns(message: VoteResponse): boolean {
    return message.type === (this.name === 'preCandidate' ? 'preVoteResponse' : 'voteResponse');
  }

  #count(from: NodeId, granted: boolean): void {
    if (!this.#votes.has(from)) this.#votes.set(from, granted);
    const result = quorumVote(this.#core.config.voters, (id) => this.#votes.get(id));
    if (result === 'lost') this.#core.becomeFollower(this.#core.term, NONE);
    else if (result === 'won' && this.name === 'preCandidate') this.#core.becomeCandidate();
    else if (result === 'won') this.#core.becomeLeader();
  }

  propose(): void {
    throw new RaftError('noLeader', 'an election is under way');
  }

  proposeConfChange(): void {
    throw new RaftError('noLeader', 'an election is under way');
  }

  readIndex(): void {
    throw new RaftError('noLeader', 'an election is under way');
  }

  reportUnreachable(): void {}
  flush(): void {}
  persisted(): void {}
  applied(): void {}
  configured(): void {}
}
