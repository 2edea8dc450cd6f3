import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { raft } from '@keelson/protocol';
import {
  type Clock,
  connect,
  GrpcDoor,
  type HttpHandler,
  type Logger,
  type Random,
  type Registry,
  type Timer,
} from '@keelson/service';
import type { Snapshot } from 'raft-ts';
import { CommandKind } from './apply/command.js';
import { QuotaGuard } from './apply/quota-guard.js';
import { Gate } from './auth/gate.js';
import { JwtProvider } from './auth/jwt.js';
import { Passwords } from './auth/passwords.js';
import { SimpleTokenProvider } from './auth/tokens.js';
import { makeDataDirectory, openDatabase } from './backend/open.js';
import { initialCluster } from './cluster/bootstrap.js';
import { type ClusterState, type Member, raftId } from './cluster/membership.js';
import { type Endpoint, parseUrl, type StoreConfig, type TlsConfig, TUNING } from './config.js';
import { Core, type WireEvents } from './core.js';
import { DataLock } from './data-lock.js';
import { StoreError } from './errors.js';
import { httpPages } from './http.js';
import { CorruptionMonitor } from './integrity/corruption-monitor.js';
import { Hasher } from './integrity/hasher.js';
import { LeaseIds } from './lease/lease-ids.js';
import { registerMetrics } from './metrics.js';
import { AutoCompactor } from './mvcc/auto-compactor.js';
import { Meta } from './mvcc/meta.js';
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
  readonly #cluster: ClusterState;
  readonly #self: Member;
  readonly #leaseIds: LeaseIds;
  readonly #files: SnapshotFiles;
  #peers!: Peers;
  #core!: Core;
  #hasher!: Hasher;
  #lock: DataLock | undefined;
  #closing = false;

  constructor(config: StoreConfig, dependencies: StoreDependencies) {
    this.#config = config;
    this.#deps = dependencies;
    this.#directory = join(config.dataDirectory, 'member');
    const { name, initialCluster: members, initialClusterToken: token, advertisePeerUrls } = config;
    const { cluster, self } = initialCluster({ name, initialCluster: members, token, advertisePeerUrls });
    this.#cluster = cluster;
    this.#self = self;
    this.#leaseIds = new LeaseIds(self.id, dependencies.clock.now());
    this.#files = new SnapshotFiles(this.#directory, (file) => this.#copyDatabase(file));
  }

  /** Opens the data and the ports. The member serves once it has found its cluster: see `ready`. */
  async open(): Promise<void> {
    await makeDataDirectory(this.#directory);
    this.#lock = await DataLock.take(this.#directory);
    this.#core = await this.#openCore();
    const { replica, compactions } = this.#core;
    this.#hasher = new Hasher(TUNING.hash, { replica, compactions, clock: this.#deps.clock });
    await this.#openPeerPorts();
    if (this.#config.corruption.checkAtStart) await this.#corruptionMonitor().checkAtStart();
    await this.#openClientPorts();
    await this.#openMetricsPorts();
    this.#peers.open();
    this.#core.start();
    this.#startUpkeep();
  }

  #openCore(): Promise<Core> {
    const { clock, random, logger, onFailure, defer = (run) => void setImmediate(run) } = this.#deps;
    const { heartbeatIntervalMs, electionTimeoutMs, snapshotCount, catchUpEntries } = this.#config;
    return Core.open(
      {
        cluster: this.#cluster,
        self: this.#self.id,
        walDirectory: join(this.#directory, 'wal'),
        heartbeatIntervalMs,
        electionTimeoutMs,
        snapshotCount,
        catchUpEntries,
        tuning: { ...TUNING, tokens: { ...TUNING.tokens, ttlMs: this.#config.auth.tokenTtlMs } },
      },
      {
        clock,
        random,
        logger,
        defer,
        disk: realDisk,
        databases: new LmdbDatabases(this.#directory, this.#files),
        wire: (members, events) => {
          this.#peers = this.#newPeers(members, events);
          return this.#peers;
        },
        onFailure,
      },
    );
  }

  #newPeers(members: readonly Member[], events: WireEvents): Peers {
    const { clock, logger } = this.#deps;
    const tls = this.#config.peerTls?.identity;
    const { clusterId } = this.#cluster;
    return new Peers(
      TUNING.peer,
      { clusterId, self: this.#self.id, members },
      {
        clock,
        logger,
        snapshots: this.#files,
        connect: (peer) => {
          const { address, secure } = parseUrl(peer.peerUrls[0]!);
          return connect(address, { clock, tls: secure ? tls : undefined });
        },
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
      confState: this.#core.replica.machine.confState,
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
        this.#peers.service(
          () => this.#core.desk,
          (revision) => this.#hasher.hash(revision),
        ),
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
    const http = this.#pages();
    for (const url of listenClientUrls) {
      // What is a little too large must reach the service, whose refusal clients know.
      const messageBytesMax = requestBytesMax + 512 * 1024;
      const server = this.#newDoor(parseUrl(url), clientTls, { protoFiles: CLIENT_PROTO_FILES, messageBytesMax, http });
      this.#addServices(server, gate);
      await server.listen();
      this.#servers.push(server);
    }
  }

  #addServices(server: GrpcDoor, gate: Gate): void {
    const { logger, clock, random } = this.#deps;
    const { txnOpsMax, requestBytesMax, electionTimeoutMs } = this.#config;
    const context = {
      replica: this.#core.replica,
      gate,
      compactions: this.#core.compactions,
      clusterId: this.#core.replica.machine.membership.clusterId,
      memberId: this.#self.id,
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
    const { desk, hub } = this.#core;
    const leaseIds = this.#leaseIds;
    addClientServices(
      server,
      context,
      { ...TUNING, electionTimeoutMs },
      { desk, hub, leaseIds, database, hasher, clock, random },
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

  async #backup(): Promise<{ file: string; bytes: number; remove(): Promise<void> }> {
    const { file } = await this.#files.copy();
    const { size } = await stat(file);
    return { file, bytes: size, remove: () => rm(file, { force: true }) };
  }

  async #openMetricsPorts(): Promise<void> {
    registerMetrics(this.#deps.metrics, { replica: this.#core.replica, size: () => this.#core.backend.size() });
    for (const url of this.#config.listenMetricsUrls) {
      const door = this.#newDoor(parseUrl(url), this.#config.clientTls, { protoFiles: [], http: this.#pages() });
      await door.listen();
      this.#servers.push(door);
    }
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
    return new GrpcDoor({ address, tls: identity, clientCertificates, ...rest }, { clock: this.#deps.clock, http });
  }

  get #quotaBytes(): number {
    return this.#config.quotaBackendBytes || TUNING.quotaBytes;
  }

  #corruptionMonitor(): CorruptionMonitor {
    const { clock, logger } = this.#deps;
    const dependencies = { hasher: this.#hasher, line: this.#peers, replica: this.#core.replica, clock, logger };
    return new CorruptionMonitor(this.#config.corruption, this.#self.id, dependencies);
  }

  #startUpkeep(): void {
    const { clock, logger } = this.#deps;
    const quota = new QuotaGuard(
      { bytesMax: this.#quotaBytes, intervalMs: TUNING.quotaCheckMs },
      {
        replica: this.#core.replica,
        memberId: this.#self.id,
        bytesInUse: () => this.#core.backend.size().inUse,
        logger,
      },
    );
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
    const known = this.#core.replica.machine.membership.get(this.#self.id);
    if (!known) {
      throw new StoreError(`member ${raftId(this.#self.id)} is not in the cluster: remove its data and add it again`);
    }
    if (known.name === name && known.clientUrls.join() === clientUrls.join()) return;
    const body = Buffer.from(JSON.stringify({ id: raftId(this.#self.id), name, clientUrls }));
    await this.#core.replica.propose<'memberAttributes'>(CommandKind.memberAttributes, body);
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
