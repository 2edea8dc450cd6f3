import { type ConfChange, changeConf } from './confchange.js';
import { encodeConfChange } from './confchange-codec.js';
import { type Core, type Role, type StepDownReason, twoLeaders } from './core.js';
import { RaftError } from './errors.js';
import { Intake } from './intake.js';
import { LeaderReads } from './leader-reads.js';
import {
  type AppendResponse,
  type Entry,
  type EntryType,
  entrySize,
  type ForwardedProposal,
  type HeartbeatResponse,
  type Message,
  NONE,
  type NodeId,
  proposalSize,
} from './messages.js';
import { Progress } from './progress.js';
import { quorumValue, quorumVote } from './quorum.js';
import { replicate } from './replication.js';

const NO_DATA = new Uint8Array(0);

/** Orders proposals, brings them to the followers and says what is committed. */
export class Leader implements Role {
  readonly name = 'leader';
  readonly progress = new Map<NodeId, Progress>();
  readonly #core: Core;
  readonly #reads: LeaderReads;
  #ticks = 0;
  #heartbeatElapsed = 0;
  #uncommittedBytes = 0;
  #overtakenTicks = 0;
  /** Who is to lead next. */
  #transferee: NodeId = NONE;
  readonly #intake: Intake;
  /** Nothing above it changes the configuration. Until it is applied no other change is taken. */
  #pendingConfIndex: number;
  /** It votes no more, and leads until those that do know that this is committed: none of them could lead before. */
  #leaveAt: number | undefined;

  constructor(core: Core) {
    this.#core = core;
    this.#reads = new LeaderReads(core, (id) => this.progress.get(id)?.round ?? 0);
    this.#intake = new Intake(core.options, (data) => this.#transferee === NONE && this.#accept(data));
    // An earlier leader may have left a change in the log that is not applied yet.
    this.#pendingConfIndex = core.log.lastIndex;
  }

  start(): void {
    const { log, config, id, options } = this.#core;
    for (const member of config.members) this.progress.set(member, new Progress(log.lastIndex + 1, options));
    const self = this.progress.get(id);
    if (self) self.match = log.stable;
    for (const entry of log.slice(log.committed + 1, log.lastIndex, Infinity)) {
      this.#uncommittedBytes += entrySize(entry);
    }
    // Entries of earlier terms are committed only through one of this term (Raft §5.4.2): so there must be one.
    this.#push('normal', NO_DATA);
  }

  tick(): void {
    const core = this.#core;
    core.electionElapsed += 1;
    this.#heartbeatElapsed += 1;
    this.#ticks += 1;
    this.#reads.tick();
    if (!this.#diskKeepsUp()) {
      this.stepDown('diskStalled');
      return;
    }
    if (core.electionElapsed >= core.options.electionTicks) {
      core.electionElapsed = 0;
      this.#giveUpTransfer();
      if (core.options.checkQuorum && !this.#heardFromQuorum()) {
        core.resign('noQuorum');
        return;
      }
    }
    if (this.#heartbeatElapsed >= core.options.heartbeatTicks) this.#heartbeat();
  }

  #heardFromQuorum(): boolean {
    const active = (id: NodeId) => id === this.#core.id || this.progress.get(id)?.recentActive === true;
    const heard = quorumVote(this.#core.config.voters, active) === 'won';
    for (const peer of this.progress.values()) peer.recentActive = false;
    return heard;
  }

  #heartbeat(): void {
    const { id, term, log } = this.#core;
    this.#heartbeatElapsed = 0;
    this.#reads.beginRound();
    for (const [to, peer] of this.progress) {
      if (to === id) continue;
      // A follower must not commit what it may not have.
      const known = log.knowledge(peer.match);
      this.#core.send({ type: 'heartbeat', from: id, to, term, ...known, round: this.#reads.round });
    }
  }

  step(message: Message): void {
    switch (message.type) {
      case 'appendResponse':
        this.#takeAppendResponse(message);
        return;
      case 'heartbeatResponse':
        this.#takeHeartbeatResponse(message);
        return;
      case 'propose':
        this.#takeForwarded(message);
        return;
      case 'readIndex':
        this.#reads.read(message.from, message.context);
        return;
      case 'append':
      case 'heartbeat':
      case 'snapshot':
        throw twoLeaders(message.term, this.#core.id, message.from);
      default:
    }
  }

  propose(data: readonly Uint8Array[]): void {
    if (this.#transferee !== NONE) throw new RaftError('transferring', `handing over to ${this.#transferee}`);
    if (!this.#accept(data)) {
      throw new RaftError('tooManyUncommitted', `${this.#uncommittedBytes} bytes of proposals are uncommitted`);
    }
  }

  #takeForwarded({ from, session, sequence, data }: ForwardedProposal): void {
    this.#intake.take(from, session, { sequence, data, bytes: sizeOf(data) });
  }

  proposeConfChange(change: ConfChange): void {
    if (this.#transferee !== NONE) throw new RaftError('transferring', `handing over to ${this.#transferee}`);
    this.#requireNoPendingConfChange();
    // Nothing else changes the configuration before this is applied: it can be judged now.
    changeConf(this.#core.config.state, change);
    this.#push('confChange', encodeConfChange(change));
    this.#pendingConfIndex = this.#core.log.lastIndex;
  }

  #requireNoPendingConfChange(): void {
    const { applied } = this.#core.log;
    if (this.#pendingConfIndex <= applied) return;
    throw new RaftError('confChangePending', `applied up to ${applied}, but ${this.#pendingConfIndex} may be a change`);
  }

  #accept(data: readonly Uint8Array[]): boolean {
    const { uncommittedBytesMax } = this.#core.options;
    if (this.#uncommittedBytes > 0 && this.#uncommittedBytes + sizeOf(data) > uncommittedBytesMax) return false;
    for (const each of data) this.#push('normal', each);
    return true;
  }

  #push(type: EntryType, data: Uint8Array): void {
    const { log, term } = this.#core;
    const entry: Entry = { index: log.lastIndex + 1, term, type, data };
    log.push(entry);
    this.#uncommittedBytes += entrySize(entry);
  }

  readIndex(context: string): void {
    if (this.#reads.read(this.#core.id, context)) return;
    throw new RaftError('tooManyReads', `${this.#core.options.pendingReadsMax} reads wait for a confirmation`);
  }

  #takeHeartbeatResponse(message: HeartbeatResponse): void {
    const peer = this.progress.get(message.from);
    if (!peer) return;
    peer.recentActive = true;
    peer.probeSent = false;
    const behind = peer.match < this.#core.log.lastIndex || peer.commit < (this.#leaveAt ?? 0);
    if (behind && peer.isStuck(this.#ticks)) peer.nudge = true;
    if (message.round <= peer.round) return;
    peer.round = message.round;
    this.#reads.confirm();
  }

  #takeAppendResponse(message: AppendResponse): void {
    const peer = this.progress.get(message.from);
    if (!peer) return;
    peer.recentActive = true;
    peer.commit = Math.max(peer.commit, message.commit);
    if (message.reject) this.#takeReject(peer, message);
    else this.#takeAccept(peer, message.index);
    this.#leave();
  }

  #takeReject(peer: Progress, message: AppendResponse): void {
    const hint = this.#core.log.conflictByTerm(message.hintIndex, message.hintTerm);
    peer.reject(message.index, hint.index);
  }

  #takeAccept(peer: Progress, index: number): void {
    const { lastIndex } = this.#core.log;
    if (index > lastIndex)
      throw new RaftError('diverged', `${index} is acknowledged; the leader's log ends at ${lastIndex}`);
    const isNew = peer.acknowledge(index);
    // A probe may have been accepted without carrying anything new.
    if (!isNew && !(peer.state === 'probe' && peer.match === index)) return;
    if (peer.state === 'probe') peer.becomeReplicate();
    else if (peer.state === 'replicate') peer.inflights.freeTo(index);
    else if (peer.match + 1 >= this.#core.log.firstIndex) peer.becomeReplicate();
    if (isNew) this.#commit();
    this.#handOver();
  }

  transfer(to: NodeId): boolean {
    const { config, id } = this.#core;
    if (!config.isVoter(to)) return false;
    if (to === id) {
      this.#transferee = NONE;
      return true;
    }
    this.#transferee = to;
    // A fresh election timeout to finish in.
    this.#core.electionElapsed = 0;
    this.#handOver();
    return true;
  }

  #giveUpTransfer(): void {
    if (this.#transferee === NONE) return;
    this.#transferee = NONE;
    this.applied();
  }

  #handOver(): void {
    const { id, term, log } = this.#core;
    const to = this.#transferee;
    if (to === NONE || this.progress.get(to)?.match !== log.lastIndex) return;
    this.#reads.handOver();
    this.#core.send({ type: 'timeoutNow', from: id, to, term });
  }

  /** Gives up leadership, to the voter that is best placed to take it if there is one, so that nobody waits. */
  stepDown(reason: StepDownReason): void {
    const { id, term, log, config } = this.#core;
    for (const [to, peer] of this.progress) {
      const ready = peer.recentActive && peer.match === log.lastIndex && config.isVoter(to);
      if (to === id || !ready) continue;
      this.flush();
      this.#core.send({ type: 'timeoutNow', from: id, to, term });
      break;
    }
    this.#core.resign(reason);
  }

  /**
   * False once its own disk has completed nothing for long while a quorum without it had committed more. Where all disks
   * are slow that is not so: to give up would not help, for elections need the disks too.
   */
  #diskKeepsUp(): boolean {
    const { log, options } = this.#core;
    this.#overtakenTicks = log.committed > log.stable ? this.#overtakenTicks + 1 : 0;
    return options.diskStallTicks === 0 || this.#overtakenTicks <= options.diskStallTicks;
  }

  applied(): void {
    const { config, log } = this.#core;
    if (!config.state.autoLeave || log.applied < this.#pendingConfIndex || this.#transferee !== NONE) return;
    this.proposeConfChange({ steps: [] });
  }

  /** Members come and go; whoever is new is sent everything, and one fewer may be enough for a commit. */
  configured(): void {
    const { config, id, log, options } = this.#core;
    for (const member of this.progress.keys()) if (!config.isMember(member)) this.progress.delete(member);
    for (const member of config.members) {
      if (this.progress.has(member)) continue;
      const peer = new Progress(log.lastIndex + 1, options);
      // The next check of the quorum must not count it as lost: it could not answer yet.
      peer.recentActive = true;
      this.progress.set(member, peer);
    }
    if (!config.isVoter(this.#transferee)) this.#transferee = NONE;
    if (!config.isVoter(id)) this.#leaveAt ??= log.committed;
    this.#reads.configured();
    this.#commit();
    this.#leave();
  }

  #leave(): void {
    if (this.#leaveAt === undefined) return;
    const known = quorumValue(this.#core.config.voters, (id) => this.progress.get(id)?.commit ?? 0);
    if (known >= this.#leaveAt) this.stepDown('removed');
  }

  #commit(): void {
    const { config, log, term } = this.#core;
    const before = log.committed;
    const reached = quorumValue(config.voters, (id) => this.progress.get(id)?.match ?? 0);
    if (reached <= before || log.term(reached) !== term) return;
    for (const entry of log.slice(before + 1, reached, Infinity)) this.#uncommittedBytes -= entrySize(entry);
    log.commitTo(reached);
    this.#reads.committed();
  }

  persisted(): void {
    this.#overtakenTicks = 0;
    if (this.progress.get(this.#core.id)?.acknowledge(this.#core.log.stable)) this.#commit();
  }

  flush(): void {
    if (this.#reads.needsRound) this.#heartbeat();
    this.#intake.takeMore();
    this.#answerForwarded();
    for (const [to, peer] of this.progress) {
      if (to !== this.#core.id) replicate(this.#core, to, peer);
    }
  }

  #answerForwarded(): void {
    const { id: from, term } = this.#core;
    for (const answer of this.#intake.takeAnswers())
      this.#core.send({ type: 'proposeResponse', from, term, ...answer });
  }

  reportUnreachable(id: NodeId): void {
    const peer = this.progress.get(id);
    if (peer?.state === 'replicate') peer.becomeProbe();
  }

  reportSnapshot(id: NodeId, arrived: boolean): void {
    const peer = this.progress.get(id);
    if (peer?.state !== 'snapshot') return;
    if (arrived) peer.becomeProbe();
    else peer.snapshotFailed();
    // Wait for its answer before trying: appends sent now would be refused.
    peer.probeSent = true;
  }
}

function sizeOf(data: readonly Uint8Array[]): number {
  return data.reduce((sum, each) => sum + proposalSize(each), 0);
}
