import type { Clock, Logger, Random, Timer } from '@keelson/service';
import {
  type ConfChangeStep,
  type Message,
  NONE,
  type NodeId,
  RaftError,
  type RaftNode,
  type RaftStatus,
  type Ready,
  type Snapshot,
  type SoftState,
} from 'raft-ts';
import type { Authorship, Command, CommandKind } from '../apply/command.js';
import type { Applied, Outcomes, StateMachine } from '../apply/state-machine.js';
import { divergedError, errors } from '../errors.js';
import type { Pace, Steps } from '../steps.js';
import type { Wal } from '../wal/wal.js';
import { Applier } from './applier.js';
import { type CheckpointOptions, Checkpoints } from './checkpoints.js';
import { Lane } from './lane.js';
import { LogWriter } from './log-writer.js';
import { type Outcome, Proposals } from './proposals.js';
import { QuickCampaign, type QuickCampaignOptions } from './quick-campaign.js';
import { Reads } from './reads.js';

export interface ReplicaOptions extends CheckpointOptions {
  readonly tickMs: number;
  readonly electionTicks: number;
  /** How long a request may wait for the cluster. */
  readonly requestTimeoutMs: number;
  readonly pendingProposalsMax: number;
  readonly pendingProposalBytesMax: number;
  readonly pendingReadsMax: number;
  readonly readRetryMs: number;
  /** Bytes applied and not yet durable in the database, above which nothing more is applied. */
  readonly uncommittedBytesMax: number;
  /** What is applied, and what is read, in one turn of the event loop: a unit is some microseconds of work. */
  readonly unitsPerStep: number;
  readonly quickCampaign: QuickCampaignOptions;
}

/** Brings messages to peers; may lose them. */
export interface Transport {
  send(messages: readonly Message[]): void;
}

export interface ReplicaDependencies {
  readonly node: RaftNode;
  readonly wal: Wal;
  readonly machine: StateMachine;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Runs something once what is at hand is dealt with: what comes in meanwhile shares a turn. */
  readonly defer: (run: () => void) => void;
  /** A number in [0, 2^48) and a text that no earlier start of this member used. */
  readonly firstSequence: number;
  readonly nonce: string;
}

export interface ReplicaEvents {
  leadership(state: SoftState): void;
  /** At the end of a turn in which entries were applied. */
  turned(): void;
  prepare(snapshot: Snapshot): Promise<void>;
  install(snapshot: Snapshot): Promise<StateMachine>;
  failed(error: unknown): void;
}

/** Commands that change the Raft configuration too. */
export type MemberKind = 'memberAdd' | 'memberRemove' | 'memberPromote' | 'memberReplace';

const APPLY_POLL_MS = 5;

/**
 * The driver: owns time, disk and wire around a RaftNode. A turn takes what has come in, then every Ready: sends,
 * writes beside, applies. Only one turn runs at a time, and none waits.
 */
export class Replica {
  readonly #options: ReplicaOptions;
  readonly #deps: ReplicaDependencies;
  readonly #events: ReplicaEvents;
  readonly #node: RaftNode;
  readonly #writer: LogWriter;
  readonly #proposals: Proposals;
  readonly #reads: Reads;
  readonly #campaign: QuickCampaign;
  readonly #applier: Applier;
  readonly #lane: Lane;
  readonly #checkpoints: Checkpoints;
  #state: SoftState;
  #scheduled = false;
  #ticker: Timer | undefined;
  /** What cannot be written now: while there is any, this member takes no writes and lets another lead. */
  readonly #unwritable = new Set<'log' | 'database'>();
  #retired = false;
  #stopped = false;

  constructor(options: ReplicaOptions, dependencies: ReplicaDependencies, origin: bigint, events: ReplicaEvents) {
    this.#options = options;
    this.#deps = dependencies;
    this.#events = events;
    this.#node = dependencies.node;
    this.#state = this.#node.softState;
    this.#lane = new Lane(options, dependencies);
    this.#applier = new Applier(options, dependencies.machine, (change) => this.#node.applyConfChange(change));
    const { requestTimeoutMs: timeoutMs, readRetryMs: retryMs } = options;
    this.#proposals = new Proposals(
      origin,
      { timeoutMs, pendingMax: options.pendingProposalsMax, pendingBytesMax: options.pendingProposalBytesMax },
      dependencies.firstSequence,
    );
    this.#reads = new Reads({ timeoutMs, retryMs, pendingMax: options.pendingReadsMax }, dependencies.nonce);
    this.#campaign = new QuickCampaign(options.quickCampaign, dependencies, () => this.#schedule());
    this.#writer = new LogWriter({ retryMs: options.diskRetryMs }, dependencies, {
      written: (ready) => this.#written(ready),
      prepare: (snapshot) => events.prepare(snapshot),
      install: (snapshot) => this.#install(snapshot),
      diskFull: (full) => this.#setWritable('log', !full),
      failed: (error) => events.failed(error),
    });
    this.#checkpoints = new Checkpoints(
      options,
      { ...dependencies, writer: this.#writer },
      {
        writable: (writable) => this.#setWritable('database', writable),
        committed: () => this.#schedule(),
      },
    );
  }

  start(): void {
    // Nobody waits out the first election: a member that is alone wins it at once, several ask soon (pre-vote, so that
    // one that comes back to a working cluster disturbs nobody).
    if (this.machine.membership.voters.length === 1) this.#node.campaign();
    else this.#campaign.begin(NONE);
    this.#ticker = this.#deps.clock.every(this.#options.tickMs, () => this.#tick());
    this.#schedule();
  }

  get state(): SoftState {
    return this.#state;
  }

  get isLeader(): boolean {
    return this.#state.role === 'leader';
  }

  get hasLeader(): boolean {
    return this.#state.leader !== NONE;
  }

  get status(): RaftStatus {
    return this.#node.status;
  }

  get pendingProposals(): number {
    return this.#proposals.size;
  }

  get failedProposals(): number {
    return this.#proposals.failed;
  }

  get machine(): StateMachine {
    return this.#checkpoints.machine;
  }

  #tick(): void {
    const now = this.#deps.clock.monotonic();
    this.#node.tick();
    this.#proposals.expire(now, this.#state.leader, this.#state.term);
    this.#reads.expire(now);
    this.#schedule();
  }

  /**
   * Resolves once the command is applied here; `asLeader`: only if this member still leads, and as its own wish
   * unless there is an author. @throws EtcdError
   */
  propose<K extends keyof Outcomes>(
    kind: (typeof CommandKind)[K],
    body: Buffer,
    options: { readonly asLeader?: boolean; readonly author?: Authorship } = {},
  ): Promise<Outcome<Outcomes[K]>> {
    if (this.#stopped || this.#retired) return Promise.reject(errors.stopped());
    if (this.#unwritable.size > 0) return Promise.reject(errors.noSpace());
    const now = this.#deps.clock.monotonic();
    const { asLeader = false, author = asLeader ? 'system' : 'nobody' } = options;
    const at = { now, term: this.#state.term, asLeader, author };
    const promise = this.#proposals.add<K>(kind, body, at);
    this.#schedule();
    return promise;
  }

  /**
   * As leader: asks for a change of who takes part. Resolves once it is applied here.
   * @throws EtcdError notLeader, through the promise; RaftError `confChangePending`, `transferring`, `invalidConfChange`
   */
  async proposeMember<K extends MemberKind>(
    kind: (typeof CommandKind)[K],
    body: Buffer,
    steps: readonly ConfChangeStep[],
  ): Promise<Outcome<Outcomes[K]>> {
    if (this.#stopped || this.#retired) throw errors.stopped();
    if (!this.isLeader) throw errors.notLeader();
    if (this.#unwritable.size > 0) throw errors.noSpace();
    const at = { now: this.#deps.clock.monotonic(), term: this.#state.term, author: 'system' as const };
    const promise = this.#proposals.addHandedOver<K>(kind, body, at, (context) =>
      this.#node.proposeConfChange({ steps, context }),
    );
    this.#schedule();
    return await promise;
  }

  /** Takes no more requests: the member is one no more. What goes on between members goes on. */
  retire(): void {
    this.#retired = true;
    this.#proposals.failAll(errors.stopped);
    this.#reads.failAll(errors.stopped);
  }

  /** Resolves once everything up to `index` is applied here. @throws EtcdError timeout, stopped */
  async appliedUpTo(index: number): Promise<void> {
    const { clock } = this.#deps;
    const deadline = clock.monotonic() + this.#options.requestTimeoutMs;
    while (this.machine.applied < index) {
      if (this.#stopped) throw errors.stopped();
      if (clock.monotonic() > deadline) throw errors.timeout();
      await clock.sleep(APPLY_POLL_MS);
    }
  }

  /** Resolves once a local read shows everything that was acknowledged before the call. @throws EtcdError */
  linearizable(): Promise<void> {
    if (this.#stopped || this.#retired) return Promise.reject(errors.stopped());
    const promise = this.#reads.add(this.#deps.clock.monotonic());
    this.#schedule();
    return promise;
  }

  /** Reads in the lane, from the beginning again if a leader's snapshot takes the database's place meanwhile. */
  async read<T>(steps: (machine: StateMachine, pace: Pace) => Steps<T>): Promise<T> {
    for (;;) {
      const { machine } = this;
      const read = await this.#lane.run(whileThere(steps(machine, this.#lane.pace), () => this.machine === machine));
      if (read) return read.result;
    }
  }

  /** Where what may be large is done for clients. */
  get lane(): Lane {
    return this.#lane;
  }

  step(messages: readonly Message[]): void {
    if (this.#stopped) return;
    try {
      for (const message of messages) this.#node.step(message);
    } catch (error) {
      if (!(error instanceof RaftError)) throw error;
      this.#stopDiverged(error);
    }
    this.#schedule();
  }

  /** Members do not agree on what is committed: whatever is built on that makes it worse. */
  #stopDiverged(cause: RaftError): void {
    this.#stopped = true;
    const error = divergedError(this.#node.status.id, cause);
    this.#deps.logger.fatal({ err: cause }, error.message);
    this.#proposals.failAll(errors.stopped);
    this.#reads.failAll(errors.stopped);
    this.#events.failed(error);
  }

  reportUnreachable(id: NodeId): void {
    this.#node.reportUnreachable(id);
  }

  /**
   * The connection to a member broke. If it was the leader, ask soon whether an election can be won, instead of
   * waiting out the timeout: a member that still hears from the leader says no, and nothing happens.
   */
  disconnected(id: NodeId): void {
    this.#node.reportUnreachable(id);
    if (this.#stopped || this.#state.leader !== id) return;
    this.#node.forgetLeader();
    this.#schedule();
    this.#campaign.begin(id);
  }

  /** Hands leadership to another voter. @throws EtcdError notLeader, badLeaderTransferee, timeoutLeaderTransfer */
  async transferLeadership(to: NodeId): Promise<void> {
    if (!this.isLeader) throw errors.notLeader();
    const deadline = this.#deps.clock.monotonic() + this.#options.requestTimeoutMs;
    if (!this.#node.transferLeadership(to)) throw errors.badLeaderTransferee();
    this.#schedule();
    while (this.#state.leader !== to) {
      if (this.#deps.clock.monotonic() > deadline) throw errors.timeoutLeaderTransfer();
      await this.#deps.clock.sleep(this.#options.tickMs);
    }
  }

  reportSnapshot(id: NodeId, arrived: boolean): void {
    this.#node.reportSnapshot(id, arrived);
    this.#schedule();
  }

  /** The outcome of an applied command, if it was asked for here. */
  applied(command: Command, result: Applied): void {
    this.#proposals.applied(command.sequence, result);
  }

  #schedule(): void {
    if (this.#scheduled || this.#stopped) return;
    this.#scheduled = true;
    this.#deps.defer(() => {
      this.#scheduled = false;
      if (!this.#stopped) this.#turn();
    });
  }

  #turn(): void {
    const now = this.#deps.clock.monotonic();
    this.#proposals.submit(this.#node);
    this.#reads.submit(this.#node, now);
    this.#takeAll(now);
    // What is applied may be what the node waits for.
    if (this.#apply()) this.#takeAll(now);
    this.#events.turned();
  }

  #takeAll(now: number): void {
    for (let ready = this.#node.ready(); ready; ready = this.#node.ready()) {
      this.#take(ready);
      if (this.#reads.needsRound) this.#reads.submit(this.#node, now);
    }
  }

  #take(ready: Ready): void {
    if (ready.softState) this.#changeState(ready.softState);
    if (ready.messages.length > 0) this.#deps.transport.send(ready.messages);
    this.#writer.push(ready);
    this.#applier.push(ready.committedEntries);
    for (const { context, index } of ready.readStates) this.#reads.confirmed(context, index);
    this.#reads.applied(this.machine.applied);
  }

  #changeState(state: SoftState): void {
    const before = this.#state;
    this.#state = state;
    if (state.leader !== before.leader || state.role !== before.role) {
      this.#deps.logger.info({ ...state }, 'raft state changed');
      if (before.role === 'leader' && state.steppedDown === 'diskStalled') {
        this.#deps.logger.warn('the disk did not answer for too long while the others did: another member is to lead');
      }
      this.#reads.leaderChanged();
    }
    this.#events.leadership(state);
  }

  /** Applies a turn's part of what is committed; false if nothing could be. */
  #apply(): boolean {
    if (this.#applier.idle || this.#checkpoints.replacing) return false;
    // A commit of the database schedules the next turn.
    if (this.machine.pendingBytes > this.#options.uncommittedBytesMax) return false;
    const { applied: before, appliedTerm: termBefore } = this.machine;
    this.#applier.turn();
    if (!this.#applier.idle) this.#schedule();
    const { applied, appliedTerm } = this.machine;
    if (applied === before) return false;
    this.#node.applied(applied);
    if (appliedTerm !== termBefore) {
      this.#reads.leaderChanged();
      this.#proposals.resubmitLost(appliedTerm);
      this.#schedule();
    }
    this.#reads.applied(applied);
    this.#checkpoints.schedule();
    return true;
  }

  #written(ready: Ready): void {
    if (this.#stopped) return;
    this.#node.persisted(ready);
    if (ready.messagesAfterPersist.length > 0) this.#deps.transport.send(ready.messagesAfterPersist);
    this.#schedule();
  }

  async #install(snapshot: Snapshot): Promise<void> {
    await this.#checkpoints.replace(() => this.#events.install(snapshot));
    this.#applier.replace(this.machine);
    this.#proposals.outcomeUnknown();
    this.#node.applied(snapshot.index);
    this.#schedule();
  }

  #setWritable(what: 'log' | 'database', writable: boolean): void {
    if (writable) this.#unwritable.delete(what);
    else this.#unwritable.add(what);
    const alone = this.machine.membership.voters.length === 1;
    if (this.#unwritable.size > 0 && !alone) this.#node.stepDown();
    else this.#node.standUp();
    this.#schedule();
  }

  async close(): Promise<void> {
    this.#ticker?.cancel();
    this.#campaign.stop();
    this.#proposals.failAll(errors.stopped);
    this.#reads.failAll(errors.stopped);
    await this.#writer.close();
    this.#stopped = true;
    await this.#checkpoints.close();
  }
}

/** Undefined if what is read is not there any more. */
function* whileThere<T>(steps: Steps<T>, isThere: () => boolean): Steps<{ readonly result: T } | undefined> {
  while (isThere()) {
    const step = steps.next();
    if (step.done) return { result: step.value };
    yield;
  }
  return undefined;
}
