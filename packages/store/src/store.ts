import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Connection, raft } from '@keelson/protocol';
import {
  type Clock,
  GrpcDoor,
  type HttpHandler,
  LeanConnection,
  type Logger,
  type Random,
  type Registry,
  type Timer,
} from '@keelson/service';
import type { Snapshot } from 'raft-ts';
import { CommandKind } from './apply/command.js';
import { Gate } from './auth/gate.js';
import { JwtProvider } from './auth/jwt.js';
import { Passwords } from './auth/passwords.js';
import { SimpleTokenProvider } from './auth/tokens.js';
import { makeDataDirectory, openDatabase } from './backend/open.js';
import { exportDatabase } from './backup/export.js';
import { clusterIdOf, memberIdOf } from './cluster/bootstrap.js';
import { clusterInfo } from './cluster/cluster-info.js';
import { Enrollment, otherCluster } from './cluster/enrollment.js';
import { type ClusterState, type Member, Membership, memberId, raftId } from './cluster/membership.js';
import { type Endpoint, parseUrl, type StoreConfig, type TlsConfig, TUNING } from './config.js';
import { Core, type KnownCluster, type WireEvents } from './core.js';
import { DataLock } from './data-lock.js';
import { DamagedError, errors, StoreError } from './errors.js';
import { httpPages } from './http.js';
import { CorruptionMonitor } from './integrity/corruption-monitor.js';
import { Hasher } from './integrity/hasher.js';
import { LeaseIds } from './lease/lease-ids.js';
import { StoreMetrics } from './metrics/store-metrics.js';
import { TimedBackend } from './metrics/timed-backend.js';
import { timedDisk } from './metrics/timed-disk.js';
import { AutoCompactor } from './mvcc/auto-compactor.js';
import { Meta } from './mvcc/meta.js';
import { QuotaGuard } from './quota/quota-guard.js';
import { QuotaRules } from './quota/quota-rules.js';
import { RateLimiter } from './quota/rate-limiter.js';
import { LmdbDatabases } from './replica/lmdb-databases.js';
import { Peers } from './replica/peers.js';
import { SnapshotFiles } from './replica/snapshot-files.js';
import { addClientServices, CLIENT_PROTO_FILES } from './services/client-services.js';
import { toStatus } from './services/door.js';
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
  readonly #servers: GrpcDoor[] = [];
  readonly #timers: Timer[] = [];
  readonly #directory: string;
  #leaseIds!: LeaseIds;
  #self = 0n;
  #clusterId = 0n;
  readonly #files: SnapshotFiles;
  #peers!: Peers;
  #core!: Core;
  readonly #metrics: StoreMetrics;
  readonly #clientDoors: GrpcDoor[] = [];
  #hasher!: Hasher;
  #lock: DataLock | undefined;
  #leaving = false;
  #closing = false;

  constructor(config: StoreConfig, dependencies: StoreDependencies) {
    this.#config = config;
    this.#deps = dependencies;
    this.#directory = join(config.dataDirectory, 'member');
    this.#metrics = new StoreMetrics(dependencies.metrics);
    this.#files = new SnapshotFiles(this.#directory, (file) => this.#copyDatabase(file));
  }

  /** Opens the data and the ports. The member serves once it has found its cluster: see `ready`. */
  async open(): Promise<void> {
    await makeDataDirectory(this.#directory);
    this.#lock = await DataLock.take(this.#directory);
    await this.#openData();
    this.#leaseIds = new LeaseIds(this.#self, this.#deps.clock.now());
    await this.#openPeerPorts();
    await this.#openClientPorts();
    await this.#openMetricsPorts();
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

  #connect(peerUrl: string): Connection {
    const { address, secure } = parseUrl(peerUrl);
    const tls = secure ? this.#config.peerTls?.identity : undefined;
    return new LeanConnection(address, { clock: this.#deps.clock, tls });
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
        connect: (peer) => this.#connect(peer.peerUrls[0]!),
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

  async #openPeerPorts(): Promise<void> {
    for (const url of this.#config.listenPeerUrls) {
      const server = this.#newDoor(parseUrl(url), this.#config.peerTls, {
        protoFiles: ['keelson/raft/transport.proto'],
        messageBytesMax: 512 * 1024 * 1024,
      });
      server.add(
        raft.PeerService,
        this.#peers.service({
          desk: this.#core.desk,
          members: this.#core.members,
          hashKeys: (revision) => this.#hasher.hash(revision),
          clusterInfo: () => clusterInfo(this.#core.replica.machine.membership, this.#core.replica.hasLeader),
        }),
        toStatus(this.#deps.logger),
      );
      await server.listen();
      server.setServing(true);
      this.#servers.push(server);
    }
  }

  async #openClientPorts(): Promise<void> {
    const { listenClientUrls, clientTls, requestBytesMax } = this.#config;
    const gate = this.#gate();
    const limiter = new RateLimiter(this.#config.rateLimits, { clock: this.#deps.clock });
    const http = this.#pages();
    for (const url of listenClientUrls) {
      // What is a little too large must reach the service, whose refusal clients know.
      const messageBytesMax = requestBytesMax + 512 * 1024;
      const server = this.#newDoor(parseUrl(url), clientTls, { protoFiles: CLIENT_PROTO_FILES, messageBytesMax, http });
      this.#addServices(server, { gate, limiter });
      await server.listen();
      this.#servers.push(server);
      this.#clientDoors.push(server);
    }
  }

  #addServices(server: GrpcDoor, { gate, limiter }: { readonly gate: Gate; readonly limiter: RateLimiter }): void {
    const { logger, clock, random } = this.#deps;
    const { txnOpsMax, requestBytesMax, electionTimeoutMs } = this.#config;
    const context = {
      replica: this.#core.replica,
      gate,
      limiter,
      compactions: this.#core.compactions,
      clusterId: this.#core.replica.machine.membership.clusterId,
      memberId: this.#self,
      limits: { txnOpsMax, requestBytesMax },
      logger,
    };
    const database = {
      size: () => this.#core.backend.size(),
      quotaBytes: this.#quotaBytes,
      commit: () => this.#core.replica.machine.commit(),
      copy: () => this.#backup(),
    };
    const hasher = this.#hasher;
    const { desk, hub, members } = this.#core;
    const leaseIds = this.#leaseIds;
    addClientServices(
      server,
      context,
      { ...TUNING, electionTimeoutMs },
      { desk, hub, members, leaseIds, database, hasher, clock, random },
    );
  }

  #gate(): Gate {
    const { clock, random } = this.#deps;
    const { auth, clientTls } = this.#config;
    const { replica, tokens } = this.#core;
    return new Gate(
      { certificateNames: clientTls?.requireClientCertificate === true },
      {
        replica,
        tokens: auth.jwt
          ? new JwtProvider(auth.jwt, { replica, clock })
          : new SimpleTokenProvider({ tokens, replica, random }),
        passwords: new Passwords({ ...TUNING.passwords, cost: auth.bcryptCost }, { random }),
      },
    );
  }

  /** In the form of etcd's database: its tools read it, and so does `keelson restore`. */
  async #backup(): Promise<{ file: string; bytes: number; remove(): Promise<void> }> {
    const copy = await this.#files.copy();
    const file = `${copy.file}-etcd`;
    const backend = openDatabase(copy.file);
    try {
      await exportDatabase(backend, file);
    } finally {
      await backend.close();
      for (const each of [copy.file, `${copy.file}-lock`]) await rm(each, { force: true });
    }
    const { size } = await stat(file);
    return { file, bytes: size, remove: () => rm(file, { force: true }) };
  }

  async #openMetricsPorts(): Promise<void> {
    this.#metrics.watch({
      core: this.#core,
      self: this.#self,
      quotaBytes: this.#quotaBytes,
      size: () => this.#core.backend.size(),
      traffic: () => this.#clientTraffic(),
    });
    for (const url of this.#config.listenMetricsUrls) {
      const door = this.#newDoor(parseUrl(url), this.#config.clientTls, { protoFiles: [], http: this.#pages() });
      await door.listen();
      this.#servers.push(door);
    }
  }

  #clientTraffic(): { received: number; sent: number } {
    const each = this.#clientDoors.map((door) => door.traffic);
    return {
      received: each.reduce((sum, { received }) => sum + received, 0),
      sent: each.reduce((sum, { sent }) => sum + sent, 0),
    };
  }

  #pages(): HttpHandler {
    return httpPages({ registry: this.#deps.metrics, replica: () => this.#core.replica });
  }

  #newDoor(
    endpoint: Endpoint,
    tls: TlsConfig | undefined,
    face: { protoFiles: readonly string[]; messageBytesMax?: number; http?: HttpHandler },
  ): GrpcDoor {
    const { address, secure } = endpoint;
    if (secure && !tls) {
      throw new StoreError(`https://${address} needs a certificate: give --cert-file and --key-file`);
    }
    const { http, ...rest } = face;
    const clientCertificates = tls?.requireClientCertificate === true ? 'require' : 'none';
    const identity = secure ? tls?.identity : undefined;
    const handled = (path: string, { code }: { readonly code: number }) => this.#metrics.handled(path, code);
    const { clock } = this.#deps;
    return new GrpcDoor({ address, tls: identity, clientCertificates, ...rest }, { clock, http, handled });
  }

  get #quotaBytes(): number {
    return this.#config.quotaBackendBytes || TUNING.quotaBytes;
  }

  #corruptionMonitor(): CorruptionMonitor {
    const { clock, logger } = this.#deps;
    const dependencies = { hasher: this.#hasher, line: this.#peers, replica: this.#core.replica, clock, logger };
    return new CorruptionMonitor(this.#config.corruption, this.#self, dependencies);
  }

  #startUpkeep(): void {
    const { clock, logger } = this.#deps;
    const quota = new QuotaGuard(
      { bytesMax: this.#quotaBytes, intervalMs: TUNING.quotaCheckMs },
      {
        replica: this.#core.replica,
        memberId: this.#self,
        bytesInUse: () => this.#core.backend.size().inUse,
        logger,
      },
    );
    this.#timers.push(clock.every(TUNING.removalCheckMs, () => void this.#askWhetherRemoved()));
    const rules = new QuotaRules(this.#config.prefixQuotas, { replica: this.#core.replica, logger });
    this.#timers.push(rules.start(clock, TUNING.quotaCheckMs));
    this.#timers.push(quota.start(clock), ...this.#corruptionMonitor().start());
    const { autoCompaction } = this.#config;
    if (autoCompaction) {
      this.#timers.push(new AutoCompactor(autoCompaction, { replica: this.#core.replica, clock, logger }).start());
    }
  }

  /** Resolves once the member has caught up with its cluster and made itself known. */
  async ready(): Promise<void> {
    while (!this.#closing) {
      try {
        await this.#core.replica.linearizable();
        await this.#publish();
        for (const server of this.#servers) server.setServing(true);
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
    const sleep = (milliseconds: number) => this.#deps.clock.sleep(milliseconds);
    await Promise.all(this.#servers.map((server) => server.close(sleep, 500)));
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
