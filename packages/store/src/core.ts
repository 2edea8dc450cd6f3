import type { Clock, Logger, Random } from '@keelson/service';
import { RaftNode, type Snapshot, type SoftState } from 'raft-ts';
import type { Command } from './apply/command.js';
import { type Applied, StateMachine } from './apply/state-machine.js';
import { SimpleTokens } from './auth/simple-tokens.js';
import type { Backend } from './backend/backend.js';
import { type MemberLine, MembershipDesk } from './cluster/desk.js';
import { type ClusterState, knowsCluster, type Member, type Membership, raftId } from './cluster/membership.js';
import type { Tuning } from './config.js';
import { DamagedError } from './errors.js';
import { type LeaderLine, LeaseDesk } from './lease/desk.js';
import { CompactionRunner } from './mvcc/compaction-runner.js';
import { Meta } from './mvcc/meta.js';
import type { ChangeEvent } from './mvcc/mvcc.js';
import { Replica, type Transport } from './replica/replica.js';
import type { Disk } from './wal/disk.js';
import { Wal, type WalContent } from './wal/wal.js';
import { WatchHub } from './watch/hub.js';

/** The databases of a member: the one it runs on, and those that come from a leader. */
export interface Databases {
  /** Opens the one to start with, given up to where the log's last snapshot goes. @throws DamagedError */
  current(marked: number): Promise<Backend>;
  /** Removes the others, once this one is known to go with the log. */
  clean(current: Backend): Promise<void>;
  /** Makes the one that came as this snapshot the one that a restart finds, if the log says so. */
  prepare(snapshot: Snapshot): Promise<void>;
  /** Opens the one that came as the snapshot of this index. */
  install(index: number): Promise<Backend>;
  /** Closes and removes one whose place another has taken. */
  discard(backend: Backend): Promise<void>;
}

/** What the wire tells. */
export interface WireEvents {
  readonly received: Replica['step'];
  readonly unreachable: Replica['reportUnreachable'];
  readonly disconnected: Replica['disconnected'];
  readonly snapshotSent: Replica['reportSnapshot'];
}

export interface Wire extends Transport, LeaderLine, MemberLine {
  /** Takes who the members are from now on. */
  configure(members: readonly Member[]): void;
}

/** A cluster whose log is here already: its founders need to be found only if the database does not know them. */
export interface KnownCluster {
  readonly clusterId: bigint;
  findFounders(): Promise<readonly Member[]>;
}

/** Told of all that is applied here: what must be the same on every member. */
export interface CoreObserver {
  applied(index: number, command: Command, result: Applied, revision: number): void;
  changed(revision: number, events: readonly ChangeEvent[]): void;
  leadership?(state: SoftState): void;
}

export interface CoreOptions {
  readonly cluster: ClusterState | KnownCluster;
  readonly self: bigint;
  readonly walDirectory: string;
  readonly heartbeatIntervalMs: number;
  readonly electionTimeoutMs: number;
  readonly snapshotCount: number;
  readonly catchUpEntries: number;
  readonly tuning: Tuning;
}

export interface CoreDependencies {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly defer: (run: () => void) => void;
  readonly disk: Disk;
  readonly databases: Databases;
  readonly wire: (members: readonly Member[], events: WireEvents) => Wire;
  readonly observer?: CoreObserver;
  /** Called when this member is one no more. */
  readonly onRemoved?: () => void;
  /** Called when the member cannot go on. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * A member below its ports: log, database, replica, watches and leases, put together. Disk, database, wire and time
 * are given, so that a simulation runs what a process runs.
 */
export class Core {
  readonly #options: CoreOptions;
  readonly #deps: CoreDependencies;
  readonly #cluster: ClusterState;
  readonly #wal: Wal;
  readonly #wire: Wire;
  readonly replica: Replica;
  readonly hub: WatchHub;
  readonly desk: LeaseDesk;
  readonly members: MembershipDesk;
  readonly compactions: CompactionRunner;
  readonly tokens: SimpleTokens;
  #backend: Backend;
  #machine: StateMachine;

  /** Opens log and database; nothing moves before `start`. @throws StoreError */
  static async open(options: CoreOptions, dependencies: CoreDependencies): Promise<Core> {
    const { cluster, self, walDirectory: directory, tuning } = options;
    const { wal, content } = await Wal.open(
      { directory, clusterId: cluster.clusterId, memberId: self, segmentBytes: tuning.walSegmentBytes },
      dependencies.disk,
    );
    if (content.torn) dependencies.logger.warn('the write-ahead log ends in a torn write, which is cut off');
    try {
      return await Core.#withDatabase(options, dependencies, wal, content);
    } catch (error) {
      await wal.close();
      throw error;
    }
  }

  static async #withDatabase(
    options: CoreOptions,
    dependencies: CoreDependencies,
    wal: Wal,
    content: WalContent,
  ): Promise<Core> {
    const { databases } = dependencies;
    const backend = await databases.current(content.snapshot.index);
    try {
      const state = await clusterState(options.cluster, backend);
      const core = new Core(options, dependencies, state, wal, content, backend);
      // Who founded the cluster must be known before flags that say so may change.
      await backend.commit();
      await databases.clean(backend);
      return core;
    } catch (error) {
      await backend.close();
      throw error;
    }
  }

  private constructor(
    options: CoreOptions,
    dependencies: CoreDependencies,
    cluster: ClusterState,
    wal: Wal,
    content: WalContent,
    backend: Backend,
  ) {
    this.#options = options;
    this.#deps = dependencies;
    this.#cluster = cluster;
    this.#wal = wal;
    this.#backend = backend;
    const { clock, logger, defer } = dependencies;
    const { tuning } = options;
    this.tokens = new SimpleTokens(tuning.tokens, { clock });
    const machine = this.#newMachine(backend);
    this.#machine = machine;
    requireMatch(machine, content, options.walDirectory);
    this.hub = new WatchHub({ ...tuning.watch, unitsPerStep: tuning.unitsPerStep }, { mvcc: machine.mvcc, defer });
    this.compactions = new CompactionRunner(tuning.compaction, {
      clock,
      compactor: () => this.#machine.mvcc.compactor,
    });
    const wire = dependencies.wire(machine.membership.members, {
      received: (messages) => this.replica.step(messages),
      unreachable: (id) => this.replica.reportUnreachable(id),
      disconnected: (id) => this.replica.disconnected(id),
      snapshotSent: (id, arrived) => this.replica.reportSnapshot(id, arrived),
    });
    this.#wire = wire;
    this.replica = this.#newReplica(this.#newNode(machine, content), machine, wire);
    this.desk = new LeaseDesk(tuning.lease, { replica: this.replica, line: wire, clock, logger });
    this.members = new MembershipDesk(
      { ...tuning.membership, timeoutMs: this.#requestTimeoutMs },
      { replica: this.replica, line: wire, clock, logger, self: options.self },
    );
  }

  get backend(): Backend {
    return this.#backend;
  }

  #newMachine(backend: Backend): StateMachine {
    const { self, electionTimeoutMs } = this.#options;
    // A lease must outlive a change of leader.
    const ttlMin = Math.ceil((3 * electionTimeoutMs) / 2 / 1000);
    const dependencies = { backend, clock: this.#deps.clock, tokens: this.tokens };
    const { observer } = this.#deps;
    const machine = new StateMachine({ ttlMin }, dependencies, this.#cluster, {
      applied: (command, result) => {
        observer?.applied(machine.applied, command, result, machine.mvcc.revision);
        if (command.origin === self) this.replica.applied(command, result);
      },
      changed: (revision, events) => {
        observer?.changed(revision, events);
        this.hub.changed(revision, events);
      },
      compacted: () => this.compactions.start(),
      membersChanged: (membership) => this.#membersChanged(membership),
    });
    return machine;
  }

  #membersChanged(membership: Membership): void {
    this.#wire.configure(membership.members);
    if (!membership.wasRemoved(this.#options.self)) return;
    // Whoever asked for it is answered first.
    this.#deps.defer(() => this.#deps.onRemoved?.());
  }

  get #requestTimeoutMs(): number {
    return 5_000 + 2 * this.#options.electionTimeoutMs;
  }

  get #electionTicks(): number {
    const { heartbeatIntervalMs, electionTimeoutMs } = this.#options;
    return Math.max(2, Math.round(electionTimeoutMs / heartbeatIntervalMs));
  }

  #newNode({ applied, confState }: StateMachine, { hardState, snapshot, entries }: WalContent): RaftNode {
    const { random } = this.#deps;
    return new RaftNode(
      {
        id: raftId(this.#options.self),
        electionTicks: this.#electionTicks,
        heartbeatTicks: 1,
        diskStallTicks: Math.ceil(this.#options.tuning.diskStallMs / this.#options.heartbeatIntervalMs),
        random: (bound) => random.integer(bound),
      },
      { hardState, snapshot: { ...snapshot, confState }, entries, applied },
    );
  }

  #newReplica(node: RaftNode, machine: StateMachine, transport: Transport): Replica {
    const { clock, random, logger, defer, databases, onFailure } = this.#deps;
    const { tuning, self, heartbeatIntervalMs, electionTimeoutMs, snapshotCount, catchUpEntries } = this.#options;
    return new Replica(
      {
        ...tuning,
        tickMs: heartbeatIntervalMs,
        electionTicks: this.#electionTicks,
        requestTimeoutMs: this.#requestTimeoutMs,
        snapshotCount,
        catchUpEntries,
      },
      {
        node,
        wal: this.#wal,
        machine,
        transport,
        clock,
        random,
        logger,
        defer,
        firstSequence: random.bytes(6).readUIntBE(0, 6),
        nonce: `${raftId(self)}-${random.bytes(8).toString('hex')}`,
      },
      self,
      {
        leadership: (state) => {
          const { role } = state;
          this.#deps.observer?.leadership?.(state);
          const { lessor } = this.replica.machine;
          if (role === 'leader') lessor.promote(electionTimeoutMs);
          else lessor.demote();
        },
        turned: () => this.hub.flush(),
        prepare: (snapshot) => databases.prepare(snapshot),
        install: (snapshot) => this.#install(snapshot),
        failed: onFailure,
      },
    );
  }

  /** A leader's snapshot is the database now. */
  async #install(snapshot: Snapshot): Promise<StateMachine> {
    const { databases, logger } = this.#deps;
    const before = this.#backend;
    this.#backend = await databases.install(snapshot.index);
    const machine = this.#newMachine(this.#backend);
    this.#machine = machine;
    // Whose tokens ended in what the snapshot stands for is not known: all users authenticate again.
    this.tokens.revokeAll();
    this.hub.replace(machine.mvcc);
    this.#membersChanged(machine.membership);
    if (machine.mvcc.compactor.pending) this.compactions.start();
    await databases.discard(before);
    logger.info({ index: snapshot.index }, 'installed a snapshot from the leader');
    return machine;
  }

  start(): void {
    if (this.replica.machine.mvcc.compactor.pending) this.compactions.start();
    this.replica.start();
  }

  /** No more work by itself; what is under way is answered until `close`. */
  rest(): void {
    this.desk.close();
    this.compactions.stop();
  }

  async close(): Promise<void> {
    this.rest();
    await this.replica.close();
    await this.#wal.close();
    await this.#backend.close();
  }
}

async function clusterState(cluster: ClusterState | KnownCluster, backend: Backend): Promise<ClusterState> {
  if ('members' in cluster) return cluster;
  const { clusterId } = cluster;
  const known = knowsCluster(new Meta(backend));
  return { clusterId, members: known ? [] : await cluster.findFounders() };
}

function requireMatch({ applied }: StateMachine, { entries, snapshot }: WalContent, directory: string): void {
  const lastIndex = entries.at(-1)?.index ?? snapshot.index;
  if (applied <= lastIndex && applied >= snapshot.index) return;
  throw new DamagedError(
    `the database of the log in ${directory} is at entry ${applied}, but the log has ${snapshot.index} to ` +
      `${lastIndex}: they do not belong together. If the other members are healthy, start it with --repair-from-peers; ` +
      'otherwise restore a backup',
  );
}
