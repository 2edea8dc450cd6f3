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

  constructor(core: Core, name: 'preCandidate' | 'candidate', force: boolean) {
    this.#core = core;
    this.name = name;
    this.#force = force;
  }

  start(): void {
    for (const id of [...allVoters(this.#core.config.voters)].sort()) {
      if (id !== this.#core.id) this.#ask(id);
    }
    if (this.name === 'preCandidate') this.#count(this.#core.id, true);
    else this.#voteForSelf();
  }

  #ask(to: NodeId): void {
    const { id, log, term } = this.#core;
    const last = { lastIndex: log.lastIndex, lastTerm: log.lastTerm, force: this.#force, ...log.knowledge };
    if (this.name === 'preCandidate') this.#core.send({ type: 'preVote', from: id, to, term: term + 1, ...last });
    else this.#core.send({ type: 'vote', from: id, to, term, ...last });
  }

  /** The own vote counts like any other: when it is durable. */
  #voteForSelf(): void {
    const { id, term, log } = this.#core;
    const vote = { from: id, to: id, term, reject: false, ...log.knowledge };
    this.#core.afterPersist.push({ type: 'voteResponse', ...vote });
  }

  tick(): void {
    const core = this.#core;
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
        if (this.#concerns(message)) this.#count(message.from, !message.reject);
        return;
      case 'readIndexResponse':
        this.#core.readStates.push({ context: message.context, index: message.index });
        return;
      default:
    }
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
  diskStalled(): void {}
}
