import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Connection } from '@keelson/protocol';
import {
  type Clock,
  LeanConnection,
  type Logger,
  type Random,
  type Registry,
  type ServerCheck,
  type Timer,
} from '@keelson/service';
import type { Snapshot } from 'raft-ts';
import { CommandKind } from './apply/command.js';
import { makeDataDirectory, openDatabase } from './backend/open.js';
import { LiveBackups } from './backup/live.js';
import { clusterIdOf, memberIdOf } from './cluster/bootstrap.js';
import { Enrollment, otherCluster } from './cluster/enrollment.js';
import { type ClusterState, type Member, Membership, memberId, raftId } from './cluster/membership.js';
import { parseUrl, type StoreConfig, TUNING } from './config.js';
import { Core, type KnownCluster, type WireEvents } from './core.js';
import { DataLock } from './data-lock.js';
import { Doors } from './doors.js';
import { DamagedError, errors, StoreError } from './errors.js';
import { CorruptionMonitor } from './integrity/corruption-monitor.js';
import { Hasher } from './integrity/hasher.js';
import { LeaseIds } from './lease/lease-ids.js';
import { StoreMetrics } from './metrics/store-metrics.js';
import { TimedBackend } from './metrics/timed-backend.js';
import { timedDisk } from './metrics/timed-disk.js';
import { Meta } from './mvcc/meta.js';
import { LmdbDatabases } from './replica/lmdb-databases.js';
import { Peers } from './replica/peers.js';
import { SnapshotFiles } from './replica/snapshot-files.js';
import { startUpkeep } from './upkeep.js';
import { realDisk } from './wal/disk.js';

export interface StoreDependencies {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Registry;
  readonly defer?: (run: () => void) => void;
  /** Called when the member cannot go on. */
  readonly onFailure: (error: unknown) => void;
}

/** One member of a store cluster. */
export class Store {
  readonly #config: StoreConfig;
  readonly #deps: StoreDependencies;
  readonly #timers: Timer[] = [];
  readonly #directory: string;
  #self = 0n;
  #clusterId = 0n;
  readonly #files: SnapshotFiles;
  #peers!: Peers;
  #core!: Core;
  readonly #metrics: StoreMetrics;
  #hasher!: Hasher;
  #doors!: Doors;
  #lock: DataLock | undefined;
  #leaving = false;
  #closing = false;

  constructor(config: StoreConfig, dependencies: StoreDependencies) {
    this.#config = config;
    this.#deps = dependencies;
    this.#directory = join(config.dataDirectory, 'member');
    this.#metrics = new StoreMetrics(dependencies.metrics);
    this.#files = new SnapshotFiles(this.#directory, {
      ...TUNING.snapshots,
      clock: dependencies.clock,
      copy: (file) => this.#copyDatabase(file),
    });
  }

  /** Opens the data and the ports. The member serves once it has found its cluster: see `ready`. */
  async open(): Promise<void> {
    await makeDataDirectory(this.#directory);
    this.#lock = await DataLock.take(this.#directory);
    await this.#openData();
    this.#doors = this.#newDoors();
    this.#showMetrics();
    await this.#doors.open();
    this.#peers.open();
    this.#core.start();
    this.#startUpkeep();
  }

  /** Opens log and database; where they cannot be trusted, and that is wished, those of a new member. */
  async #openData(): Promise<void> {
    const { name, initialCluster, initialClusterToken: token, advertisePeerUrls, ...config } = this.#config;
    const { clock, logger } = this.#deps;
    const enrollment = new Enrollment(
      {
        directory: this.#directory,
        flags: { name, initialCluster, token, advertisePeerUrls },
        state: config.initialClusterState,
        repairFromPeers: config.repairFromPeers,
        join: TUNING.join,
      },
      { clock, logger, disk: realDisk, connect: (url) => this.#connect(url) },
    );
    try {
      await this.#openAs(enrollment);
    } catch (error) {
      if (!(error instanceof DamagedError) || !config.repairFromPeers) throw error;
      await enrollment.repair(error);
      await this.#openAs(enrollment);
    }
  }

  async #openAs(enrollment: Enrollment): Promise<void> {
    const { cluster, self } = await enrollment.identify();
    this.#clusterId = cluster.clusterId;
    this.#self = self;
    this.#core = await this.#openCore(cluster);
    const { replica, compactions } = this.#core;
    this.#hasher = new Hasher(TUNING.hash, { replica, compactions, clock: this.#deps.clock });
    this.#requireMembership();
    if (this.#config.corruption.checkAtStart) await this.#compareWithOthers();
  }

  /** @throws DamagedError */
  async #compareWithOthers(): Promise<void> {
    try {
      await this.#corruptionMonitor().checkAtStart();
    } catch (error) {
      this.#peers.close();
      await this.#core.close();
      throw error;
    }
  }

  #connect(peerUrl: string, checkServer?: ServerCheck): Connection {
    const { address, secure } = parseUrl(peerUrl);
    const tls = secure ? this.#config.peerTls?.identity : undefined;
    return new LeanConnection(address, { clock: this.#deps.clock, tls, checkServer });
  }

  /** The data may be of another cluster than the flags mean, or of a member that is one no more. */
  #requireMembership(): void {
    const { membership } = this.#core.replica.machine;
    const founder = membership.founders.find((member) => member.id === this.#self);
    const { initialClusterToken: token } = this.#config;
    const meant = clusterIdOf(membership.founders.map(({ peerUrls }) => memberIdOf(peerUrls, token)));
    if (founder && meant !== membership.clusterId) throw otherCluster(this.#directory, membership.clusterId, meant);
    if (membership.wasRemoved(this.#self)) throw removedError(this.#self, this.#directory);
  }

  #openCore(cluster: ClusterState | KnownCluster): Promise<Core> {
    const { clock, random, logger, onFailure, defer = (run) => void setImmediate(run) } = this.#deps;
    const { heartbeatIntervalMs, electionTimeoutMs, snapshotCount, catchUpEntries } = this.#config;
    return Core.open(
      {
        cluster,
        self: this.#self,
        walDirectory: join(this.#directory, 'wal'),
        heartbeatIntervalMs,
        electionTimeoutMs,
        snapshotCount,
        catchUpEntries,
        tuning: {
          ...TUNING,
          walSegmentBytes: this.#config.walSegmentBytes,
          membership: {
            ...TUNING.membership,
            learnersMax: this.#config.learnersMax,
            strict: this.#config.strictReconfigCheck,
          },
          tokens: { ...TUNING.tokens, ttlMs: this.#config.auth.tokenTtlMs },
        },
      },
      {
        clock,
        random,
        logger,
        defer,
        disk: timedDisk(realDisk, clock, { syncs: this.#metrics.walSync, bytes: this.#metrics.walBytes }),
        databases: new LmdbDatabases(this.#directory, this.#files, (file) =>
          openDatabase(file, (options) => new TimedBackend(options, clock, this.#metrics.commit)),
        ),
        observer: this.#metrics.observer,
        wire: (members, events) => {
          this.#peers = this.#newPeers(members, events);
          return this.#peers;
        },
        onRemoved: () => this.#leave(),
        onFailure,
      },
    );
  }

  #newPeers(members: readonly Member[], events: WireEvents): Peers {
    const { clock, logger } = this.#deps;
    return new Peers(
      TUNING.peer,
      { clusterId: this.#clusterId, self: this.#self, members },
      {
        clock,
        logger,
        snapshots: this.#files,
        connect: (peer, check) => this.#connect(peer.peerUrls[0]!, check),
        certified: this.#config.peerTls?.requireClientCertificate === true,
        members: () => this.#core.replica.machine.membership.members,
        wasRemoved: (id) => this.#core.replica.machine.membership.wasRemoved(memberId(id)),
      },
      events,
    );
  }

  async #copyDatabase(file: string): Promise<Snapshot> {
    await this.#core.replica.machine.commit();
    await this.#core.backend.copyTo(file);
    // The copy says itself what it holds: commits may have gone on meanwhile.
    const copy = openDatabase(file);
    const meta = new Meta(copy);
    const snapshot = {
      index: meta.readNumber('applied'),
      term: meta.readNumber('appliedTerm'),
      confState: new Membership(meta, { clusterId: this.#clusterId, members: [] }).confState,
    };
    await copy.close();
    await rm(`${file}-lock`, { force: true });
    return snapshot;
  }

  #newDoors(): Doors {
    const { clock, random, logger, metrics: registry } = this.#deps;
    return new Doors(this.#config, this.#self, {
      ...{ clock, random, logger, registry, metrics: this.#metrics },
      ...{ core: this.#core, peers: this.#peers, hasher: this.#hasher },
      leaseIds: new LeaseIds(this.#self, clock.now()),
      backups: new LiveBackups(TUNING.backup, { files: this.#files }),
    });
  }

  #showMetrics(): void {
    this.#metrics.watch({
      core: this.#core,
      self: this.#self,
      quotaBytes: this.#config.quotaBackendBytes,
      size: () => this.#core.backend.size(),
      traffic: () => this.#doors.clientTraffic,
    });
  }

  #startUpkeep(): void {
    const { clock, logger } = this.#deps;
    const dependencies = { core: this.#core, monitor: this.#corruptionMonitor(), clock, logger };
    this.#timers.push(
      clock.every(TUNING.removalCheckMs, () => void this.#askWhetherRemoved()),
      ...startUpkeep(this.#config, this.#self, dependencies),
    );
  }

  #corruptionMonitor(): CorruptionMonitor {
    const { clock, logger } = this.#deps;
    const dependencies = { hasher: this.#hasher, line: this.#peers, replica: this.#core.replica, clock, logger };
    return new CorruptionMonitor(this.#config.corruption, this.#self, dependencies);
  }

  /** Resolves once the member has caught up with its cluster and made itself known. */
  async ready(): Promise<void> {
    while (!this.#closing) {
      try {
        await this.#core.replica.linearizable();
        await this.#publish();
        this.#doors.setServing();
        return;
      } catch (error) {
        this.#deps.logger.debug({ err: error }, 'not ready yet');
        await this.#deps.clock.sleep(50);
      }
    }
  }

  async #publish(): Promise<void> {
    const { name, advertiseClientUrls: clientUrls } = this.#config;
    const known = this.#core.replica.machine.membership.get(this.#self);
    if (!known) throw errors.memberNotFound();
    if (known.name !== name || known.clientUrls.join() !== clientUrls.join()) {
      const body = Buffer.from(JSON.stringify({ id: raftId(this.#self), name, clientUrls }));
      await this.#core.replica.propose<'memberAttributes'>(CommandKind.memberAttributes, body);
    }
    // In the place of a voter: it serves once it votes.
    if (known.replacesVoter) await this.#core.members.change({ kind: 'promote', id: this.#self });
  }

  /** This member is one no more: it hands over what it led, then ends. */
  #leave(): void {
    if (this.#leaving) return;
    this.#leaving = true;
    const { clock, logger, onFailure } = this.#deps;
    logger.error({ member: raftId(this.#self) }, 'this member has been removed from the cluster: it serves no more');
    this.#core.replica.retire();
    clock.after(TUNING.peer.lingerMs, () => onFailure(removedError(this.#self, this.#directory)));
  }

  /** One that was removed while it was away is told by nobody: it has to ask. */
  async #askWhetherRemoved(): Promise<void> {
    if (this.#core.replica.hasLeader || this.#closing) return;
    const infos = await this.#peers.clusterInfos();
    if (infos.some(({ removed }) => removed.includes(this.#self))) this.#leave();
  }

  async close(): Promise<void> {
    this.#closing = true;
    for (const timer of this.#timers) timer.cancel();
    this.#core?.rest();
    await this.#doors?.close();
    await this.#core?.close();
    this.#peers?.close();
    await this.#lock?.release();
  }
}

function removedError(self: bigint, directory: string): StoreError {
  return new StoreError(
    `member ${raftId(self)} has been removed from the cluster and cannot come back: to use this machine again, remove ` +
      `${directory}, add a new member (etcdctl member add) and start it with --initial-cluster-state existing`,
  );
}
