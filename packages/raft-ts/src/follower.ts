import { acknowledge, refuse } from './answers.js';
import type { Core, Role } from './core.js';
import { RaftError } from './errors.js';
import { type AppendRequest, type InstallSnapshot, type Message, NONE, type NodeId, proposalSize } from './messages.js';

/** Takes what the leader sends, and campaigns when it hears from none. */
export class Follower implements Role {
  readonly name = 'follower';
  readonly #core: Core;

  constructor(core: Core) {
    this.#core = core;
  }

  start(): void {}

  tick(): void {
    const core = this.#core;
    core.electionElapsed += 1;
    if (core.leader !== NONE) core.forwarding.tick(Math.ceil(core.options.electionTicks / 2));
    if (core.isVoter && core.electionElapsed >= core.electionTimeout) core.timeOut();
  }

  step(message: Message): void {
    switch (message.type) {
      case 'append':
        this.#hear(message);
        this.#append(message);
        return;
      case 'heartbeat':
        this.#hear(message);
        this.#core.log.commitTo(message.commit);
        this.#core.send({
          type: 'heartbeatResponse',
          from: this.#core.id,
          to: message.from,
          term: this.#core.term,
          round: message.round,
        });
        return;
      case 'snapshot':
        this.#hear(message);
        this.#install(message);
        return;
      case 'timeoutNow':
        this.#core.campaignForLeader();
        return;
      case 'proposeResponse':
        if (message.session === this.#core.forwarding.session) this.#core.forwarding.taken(message.sequence);
        return;
      case 'readIndexResponse':
        this.#core.readStates.push({ context: message.context, index: message.index });
        return;
      default:
      // Votes of elections that are over, and requests meant for a leader: whoever asked asks again.
    }
  }

  #hear(message: Message): void {
    this.#core.follow(message.from);
  }

  #append(message: AppendRequest): void {
    const { log } = this.#core;
    log.requireSame(message.prevIndex, message.prevTerm);
    for (const { index, term } of message.entries) {
      if (index > log.committed) break;
      log.requireSame(index, term);
    }
    if (message.prevIndex < log.committed) {
      acknowledge(this.#core, message.from, log.committed);
      return;
    }
    const matched = log.append(message.prevIndex, message.prevTerm, message.entries);
    if (matched === undefined) {
      this.#refuse(message);
      return;
    }
    log.commitTo(Math.min(message.commit, matched));
    acknowledge(this.#core, message.from, matched);
  }

  #refuse({ from, prevIndex, prevTerm }: AppendRequest): void {
    const { log } = this.#core;
    refuse(this.#core, from, prevIndex, log.conflictByTerm(Math.min(prevIndex, log.lastIndex), prevTerm));
  }

  #install(message: InstallSnapshot): void {
    const restored = this.#core.restore(message.snapshot);
    const { log } = this.#core;
    acknowledge(this.#core, message.from, restored ? log.lastIndex : log.committed);
  }

  propose(data: readonly Uint8Array[]): void {
    const core = this.#core;
    if (core.leader === NONE) throw new RaftError('noLeader', 'there is no leader');
    if (!core.options.forwardProposals) throw notLeader(core.leader);
    const { bytes } = core.forwarding;
    const more = data.reduce((sum, each) => sum + proposalSize(each), 0);
    if (bytes > 0 && bytes + more > core.options.uncommittedBytesMax) {
      throw new RaftError('tooManyUncommitted', `${bytes} bytes of proposals wait for the leader`);
    }
    core.forwarding.add(data);
  }

  proposeConfChange(): void {
    throw notLeader(this.#core.leader);
  }

  readIndex(context: string): void {
    const core = this.#core;
    if (core.leader === NONE) throw new RaftError('noLeader', 'there is no leader');
    core.send({ type: 'readIndex', from: core.id, to: core.leader, term: 0, context });
  }

  reportUnreachable(id: NodeId): void {
    if (id === this.#core.leader) this.#core.forwarding.doubt();
  }

  /** With the term: a leader of a later one must not take it, for by then it may have been given up for lost. */
  flush(): void {
    const { id: from, leader: to, term, forwarding } = this.#core;
    if (to === NONE) return;
    const { session } = forwarding;
    for (let message = forwarding.next(); message; message = forwarding.next()) {
      const { sequence, data } = message;
      this.#core.send({ type: 'propose', from, to, term, session, sequence, data });
    }
  }

  persisted(): void {}
  applied(): void {}
  configured(): void {}
}

function notLeader(leader: NodeId): RaftError {
  return leader === NONE
    ? new RaftError('noLeader', 'there is no leader')
    : new RaftError('notLeader', `the leader is ${leader}`);
}
