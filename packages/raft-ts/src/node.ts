import { Candidate } from './candidate.js';
import { type ConfChange, changeConf } from './confchange.js';
import { Config } from './config.js';
import { Core, type Roles } from './core.js';
import { RaftError } from './errors.js';
import { Follower } from './follower.js';
import { Leader } from './leader.js';
import { RaftLog } from './log.js';
import { type ConfState, type HardState, type Message, NONE, type NodeId, type Snapshot } from './messages.js';
import { type RaftSettings, resolveOptions } from './options.js';
import type { PeerStatus, RaftStatus, Ready, SoftState, StoredState } from './ready.js';

const ROLES: Roles = {
  follower: (core) => new Follower(core),
  candidate: (core, name, force) => new Candidate(core, name, force),
  leader: (core) => new Leader(core),
};

/**
 * One member of a Raft group: a state machine without clock, disk or network. Feed it ticks, messages, proposals and
 * reads; after each, or after a batch of them, take `ready()` and do what it says.
 */
export class RaftNode {
  readonly #core: Core;
  /** As of the last Ready. */
  #hardState: HardState;
  #softState: SoftState | undefined;
  /** Own votes that count once their Ready is durable. */
  readonly #ownMessages: { readonly sequence: number; readonly messages: readonly Message[] }[] = [];
  #diverged: RaftError | undefined;

  constructor(settings: RaftSettings, stored: StoredState) {
    const { hardState } = stored;
    const log = new RaftLog({ ...stored, commit: hardState.commit });
    const config = new Config(stored.snapshot.confState);
    this.#core = new Core(resolveOptions(settings), log, config, hardState, ROLES);
    this.#hardState = { term: hardState.term, vote: hardState.vote, commit: log.committed };
    this.#softState = this.softState;
  }

  /** One unit of time has passed. */
  tick(): void {
    this.#core.tick();
  }

  /**
   * Takes a message from another member.
   * @throws RaftError `diverged`: there are no more Readys then, for what they said could not be relied on
   */
  step(message: Message): void {
    if (this.#diverged) throw this.#diverged;
    try {
      this.#core.step(message);
    } catch (error) {
      if (error instanceof RaftError && error.code === 'diverged') this.#diverged = error;
      throw error;
    }
  }

  /**
   * Asks that data be appended to the log, in this term only: once an entry of a later term is applied, what was not
   * applied before never will be. What is committed comes back in `committedEntries`.
   * @throws RaftError `noLeader`, `notLeader`, `tooManyUncommitted`
   */
  propose(...data: Uint8Array[]): void {
    this.#core.role.propose(data);
  }

  /**
   * As leader: asks that who takes part be changed. The change takes effect when its entry (`type` `confChange`) is
   * committed and the driver hands it to `applyConfChange`; one at a time.
   * @throws RaftError `notLeader`, `noLeader`, `transferring`, `confChangePending`, `invalidConfChange`
   */
  proposeConfChange(change: ConfChange): void {
    this.#core.role.proposeConfChange(change);
  }

  /**
   * To be called for each committed entry of type `confChange`, before `applied` says that it is. Returns the
   * configuration from now on, for the application to keep with what it has applied.
   * @throws RaftError `invalidConfChange` for one that cannot follow the present configuration; nothing has changed then
   */
  applyConfChange(change: ConfChange): ConfState {
    const state = changeConf(this.#core.config.state, change);
    this.#core.configure(new Config(state));
    return state;
  }

  /** Who takes part, as of what is applied. */
  get confState(): ConfState {
    return this.#core.config.state;
  }

  /**
   * Asks for an index that makes a read linearizable; it comes in `readStates`, or, where the leader changes or a message
   * to or from it is lost, never: then ask again. `context` must be new, across restarts of the node too.
   * @throws RaftError `noLeader`, and as leader `tooManyReads`
   */
  readIndex(context: string): void {
    this.#core.role.readIndex(context);
  }

  /** Starts an election now. */
  campaign(): void {
    this.#core.campaign();
  }

  /**
   * The leader's process is thought to have ended (its connection broke): a follower then need not wait before it votes
   * for another. A leader that lives after all is followed again at its next message. Does nothing where reads rely on
   * the leader's lease.
   */
  forgetLeader(): void {
    this.#core.forgetLeader();
  }

  /** Gives up leadership and seeks none until `standUp`: for a node whose disk takes no writes. */
  stepDown(): void {
    const core = this.#core;
    core.resting = true;
    if (core.role instanceof Leader) core.role.stepDown('asked');
    else if (core.role.name !== 'follower') core.becomeFollower(core.term, NONE);
  }

  standUp(): void {
    this.#core.resting = false;
  }

  /** What is to be done, or undefined if nothing is. Each Ready must be followed by `persisted`, in order. */
  ready(): Ready | undefined {
    if (this.#diverged) return undefined;
    const core = this.#core;
    core.role.flush();
    const hardState = this.#changedHardState();
    const { softState: current } = this;
    const softState = current === this.#softState ? undefined : current;
    if (!hardState && !softState && !this.#hasWork()) return undefined;
    const mustSync = hardState !== undefined && this.#mustSync(hardState);
    const write = core.log.beginWrite();
    const ready: Ready = {
      sequence: write.sequence,
      hardState,
      snapshot: write.snapshot,
      entries: write.entries,
      mustSync: mustSync || write.entries.length > 0 || write.snapshot !== undefined,
      messages: core.outbox,
      messagesAfterPersist: this.#takeAfterPersist(write.sequence),
      committedEntries: core.log.beginApply(core.options.committedBytesMax),
      readStates: core.readStates,
      softState,
    };
    core.outbox = [];
    core.readStates = [];
    if (hardState) this.#hardState = hardState;
    this.#softState = current;
    return ready;
  }

  /** Of a commit index only that of a change of the configuration must last: it says who may be elected by whom. */
  #mustSync(state: HardState): boolean {
    const old = this.#hardState;
    if (state.term !== old.term || state.vote !== old.vote) return true;
    return this.#core.log.hasConfChange(old.commit, state.commit);
  }

  #hasWork(): boolean {
    const core = this.#core;
    return core.outbox.length > 0 || core.afterPersist.length > 0 || core.readStates.length > 0 || core.log.hasWork;
  }

  #takeAfterPersist(sequence: number): readonly Message[] {
    const core = this.#core;
    const all = core.afterPersist;
    core.afterPersist = [];
    if (!all.some((message) => message.to === core.id)) return all;
    this.#ownMessages.push({ sequence, messages: all.filter((message) => message.to === core.id) });
    return all.filter((message) => message.to !== core.id);
  }

  #changedHardState(): HardState | undefined {
    const { term, vote, log } = this.#core;
    const old = this.#hardState;
    if (old.term === term && old.vote === vote && old.commit === log.committed) return undefined;
    return { term, vote, commit: log.committed };
  }

  /** The Ready's hard state, snapshot and entries, and those of all before it, are durable. */
  persisted(ready: Pick<Ready, 'sequence'>): void {
    const core = this.#core;
    core.persisted(ready.sequence);
    while (this.#ownMessages.length > 0 && this.#ownMessages[0]!.sequence <= ready.sequence) {
      for (const message of this.#ownMessages.shift()!.messages) core.step(message);
    }
  }

  /** The application has applied everything up to `index`. */
  applied(index: number): void {
    this.#core.applied(index);
  }

  /** `persisted` and `applied` in one, for a driver that does everything in turn. */
  advance(ready: Ready): void {
    this.persisted(ready);
    const index = ready.committedEntries.at(-1)?.index ?? ready.snapshot?.index;
    if (index !== undefined) this.applied(index);
  }

  /** The snapshot that stands for all that is applied now, for `offerSnapshot` and for sending. */
  snapshot(): Snapshot {
    const { log, config } = this.#core;
    return { index: log.applied, term: log.term(log.applied)!, confState: config.state };
  }

  /** The application can send its state as of this snapshot to a follower that is too far behind. */
  offerSnapshot(snapshot: Snapshot): void {
    this.#core.log.offerSnapshot(snapshot);
  }

  /** Drops entries up to `index`, but none that the offered snapshot does not stand for. */
  compact(index: number): void {
    this.#core.log.compact(index);
  }

  /** Where to compact to so that the entries after it are at most so many bytes. */
  indexKeeping(bytesMax: number): number {
    return this.#core.log.indexKeeping(bytesMax);
  }

  /**
   * As leader: hands leadership to a voter, as soon as it has the whole log. Takes no proposals meanwhile; given up
   * after an election timeout. @returns false if this node does not lead or the other does not vote
   */
  transferLeadership(to: NodeId): boolean {
    return this.#leader?.transfer(to) ?? false;
  }

  /** Messages to this member got lost. */
  reportUnreachable(id: NodeId): void {
    this.#core.role.reportUnreachable(id);
  }

  /** A `snapshot` message has been delivered with all its data, or has failed. Must be called after every one. */
  reportSnapshot(id: NodeId, arrived: boolean): void {
    this.#leader?.reportSnapshot(id, arrived);
  }

  get #leader(): Leader | undefined {
    return this.#core.role instanceof Leader ? this.#core.role : undefined;
  }

  get softState(): SoftState {
    const old = this.#softState;
    const { term, leader, role, stepDownReason } = this.#core;
    if (old && old.term === term && old.leader === leader && old.role === role.name) return old;
    const state = { role: role.name, term, leader };
    return stepDownReason === undefined || role.name === 'leader' ? state : { ...state, steppedDown: stepDownReason };
  }

  /** Everything there is to show; it costs as much as there are members. */
  get status(): RaftStatus {
    const { id, log, config } = this.#core;
    const peers = new Map<NodeId, PeerStatus>();
    for (const [peer, { match, next, state, recentActive }] of this.#leader?.progress ?? []) {
      peers.set(peer, { match, next, state, recentActive, learner: config.learners.has(peer) });
    }
    return {
      ...this.softState,
      id,
      commit: log.committed,
      applied: log.applied,
      firstIndex: log.firstIndex,
      lastIndex: log.lastIndex,
      logBytes: log.bytes,
      peers,
    };
  }

  /** The entry's term, if the log still has it. */
  term(index: number): number | undefined {
    return this.#core.log.term(index);
  }
}

/** The state a new member of a new group starts from: all members must be given the same. */
export function initialState(confState: Snapshot['confState']): StoredState {
  return {
    hardState: { term: 0, vote: NONE, commit: 0 },
    snapshot: { index: 0, term: 0, confState },
    entries: [],
    applied: 0,
  };
}
