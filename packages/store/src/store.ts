import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { raft } from '@keelson/protocol';
import { type Clock, connect, GrpcServer, type Logger, type Random, type Registry, type Timer } from '@keelson/service';
import { RaftNode, type Snapshot } from 'raft-ts';
import { CommandKind } from './apply/command.js';
import { QuotaGuard } from './apply/quota-guard.js';
import { StateMachine } from './apply/state-machine.js';
import type { LmdbBackend } from './backend/lmdb.js';
import { makeDataDirectory, openDatabase } from './backend/open.js';
import { initialCluster } from './cluster/bootstrap.js';
import { type ClusterState, type Member, raftId } from './cluster/membership.js';
import { type Endpoint, parseUrl, type StoreConfig, type TlsConfig, TUNING } from './config.js';
import { DataLock } from './data-lock.js';
import { StoreError } from './errors.js';
import { HttpDoor } from './http.js';
import { LeaseDesk } from './lease/desk.js';
import { LeaseIds } from './lease/lease-ids.js';
import { registerMetrics } from './metrics.js';
import { AutoCompactor } from './mvcc/auto-compactor.js';
import { CompactionRunner } from './mvcc/compaction-runner.js';
import { Meta } from './mvcc/meta.js';
import { Peers } from './replica/peers.js';
import { Replica } from './replica/replica.js';
import { SnapshotFiles } from './replica/snapshot-files.js';
import { addClientServices, CLIENT_PROTO_FILES } from './services/client-services.js';
import { toStatus } from './services/door.js';
import { realDisk } from './wal/disk.js';
import { Wal } from './wal/wal.js';
import { WatchHub } from './watch/hub.js';

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
  readonly #servers: GrpcServer[] = [];
  readonly #timers: Timer[] = [];
  readonly #httpDoors: HttpDoor[] = [];
  readonly #directory: string;
  readonly #cluster: ClusterState;
  readonly #self: Member;
  readonly #leaseIds: LeaseIds;
  #backend!: LmdbBackend;
  #wal!: Wal;
  #hub!: WatchHub;
  #peers!: Peers;
  #replica!: Replica;
  #desk!: LeaseDesk;
  #compactions!: CompactionRunner;
  #files!: SnapshotFiles;
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
  }

  /** Opens the data and the ports. The member serves once it has found its cluster: see `ready`. */
  async open(): Promise<void> {
    await makeDataDirectory(this.#directory);
    this.#lock = await DataLock.take(this.#directory);
    const node = await this.#openData();
    this.#openReplica(node);
    await this.#openPeerPorts();
    await this.#openClientPorts();
    await this.#openMetricsPorts();
    this.#peers.open();
    this.#replica.start();
    this.#startUpkeep();
  }

  async #openData(): Promise<RaftNode> {
    const { clusterId } = this.#cluster;
    const memberId = this.#self.id;
    const directory = join(this.#directory, 'wal');
    const { wal, content } = await Wal.open(
      { directory, clusterId, memberId, segmentBytes: TUNING.walSegmentBytes },
      realDisk,
    );
    this.#wal = wal;
    if (content.torn) this.#deps.logger.warn('the write-ahead log ended in a torn write, which was cut off');
    this.#backend = openDatabase(await SnapshotFiles.current(this.#directory, content.snapshot.index));
    this.#files = new SnapshotFiles(this.#directory, (file) => this.#copyDatabase(file));
    const machine = this.#newMachine(this.#backend);
    const { applied, confState } = machine;
    const lastIndex = content.entries.at(-1)?.index ?? content.snapshot.index;
    if (applied > lastIndex || applied < content.snapshot.index) {
      throw new StoreError(
        `the database in ${this.#directory} is at entry ${applied}, but the write-ahead log has ` +
          `${content.snapshot.index} to ${lastIndex}: they do not belong together; restore both from one backup`,
      );
    }
    this.#machine = machine;
    const { heartbeatIntervalMs, electionTimeoutMs } = this.#config;
    const node = new RaftNode(
      {
        id: raftId(memberId),
        electionTicks: Math.max(2, Math.round(electionTimeoutMs / heartbeatIntervalMs)),
        heartbeatTicks: 1,
        random: (bound) => this.#deps.random.integer(bound),
      },
      {
        hardState: content.hardState,
        snapshot: { ...content.snapshot, confState },
        entries: content.entries,
        applied,
      },
    );
    return node;
  }

  #machine!: StateMachine;

  #newMachine(backend: LmdbBackend): StateMachine {
    // A lease must outlive a change of leader.
    const ttlMin = Math.ceil((3 * this.#config.electionTimeoutMs) / 2 / 1000);
    return new StateMachine({ ttlMin }, { backend, clock: this.#deps.clock }, this.#cluster, {
      applied: (command, result) => {
        if (command.origin === this.#self.id) this.#replica.applied(command, result);
      },
      changed: (revision, events) => this.#hub.changed(revision, events),
      compacted: () => this.#compactions.start(),
    });
  }

  #openReplica(node: RaftNode): void {
    const { clock, logger, random, onFailure } = this.#deps;
    const defer = this.#deps.defer ?? ((run: () => void) => void setImmediate(run));
    const { heartbeatIntervalMs, electionTimeoutMs, snapshotCount, catchUpEntries } = this.#config;
    this.#hub = new WatchHub(TUNING.watch, { mvcc: this.#machine.mvcc, defer });
    this.#compactions = new CompactionRunner(TUNING.compaction, {
      clock,
      compactor: () => this.#replica.machine.mvcc.compactor,
    });
    this.#peers = this.#newPeers();
    const electionTicks = Math.max(2, Math.round(electionTimeoutMs / heartbeatIntervalMs));
    this.#replica = new Replica(
      {
        ...TUNING,
        tickMs: heartbeatIntervalMs,
        electionTicks,
        requestTimeoutMs: 5_000 + 2 * electionTimeoutMs,
        snapshotCount,
        catchUpEntries,
      },
      {
        node,
        wal: this.#wal,
        machine: this.#machine,
        transport: this.#peers,
        clock,
        random,
        logger,
        defer,
        firstSequence: random.bytes(6).readUIntBE(0, 6),
        nonce: `${raftId(this.#self.id)}-${random.bytes(8).toString('hex')}`,
      },
      this.#self.id,
      {
        leadership: ({ role }) => {
          const { lessor } = this.#replica.machine;
          if (role === 'leader') lessor.promote(electionTimeoutMs);
          else lessor.demote();
        },
        turned: () => this.#hub.flush(),
        prepare: (snapshot) => this.#files.prepare(snapshot),
        install: (snapshot) => this.#install(snapshot),
        failed: onFailure,
      },
    );
    this.#desk = new LeaseDesk(TUNING.lease, { replica: this.#replica, line: this.#peers, clock, logger });
    if (this.#machine.mvcc.compactor.pending) this.#compactions.start();
  }

  #newPeers(): Peers {
    const { clock, logger } = this.#deps;
    const tls = this.#config.peerTls?.identity;
    const { clusterId } = this.#cluster;
    const { members } = this.#machine.membership;
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
      {
        received: (messages) => this.#replica.step(messages),
        unreachable: (id) => this.#replica.reportUnreachable(id),
        disconnected: (id) => this.#replica.disconnected(id),
        snapshotSent: (id, arrived) => this.#replica.reportSnapshot(id, arrived),
      },
    );
  }

  /** A leader's snapshot is the database now. */
  async #install(snapshot: Snapshot): Promise<StateMachine> {
    const before = this.#backend;
    this.#backend = openDatabase(this.#files.databaseFile(snapshot.index));
    this.#machine = this.#newMachine(this.#backend);
    this.#hub.replace(this.#machine.mvcc);
    const old = before.file;
    await before.close();
    await rm(old, { force: true });
    await rm(`${old}-lock`, { force: true });
    this.#deps.logger.info({ index: snapshot.index }, 'installed a snapshot from the leader');
    return this.#machine;
  }

  async #copyDatabase(file: string): Promise<Snapshot> {
    await this.#replica.machine.commit();
    await this.#backend.copyTo(file);
    // The copy says itself what it holds: commits may have gone on meanwhile.
    const copy = openDatabase(file);
    const meta = new Meta(copy);
    const snapshot = {
      index: meta.readNumber('applied'),
      term: meta.readNumber('appliedTerm'),
      confState: this.#replica.machine.confState,
    };
    await copy.close();
    await rm(`${file}-lock`, { force: true });
    return snapshot;
  }

  async #openPeerPorts(): Promise<void> {
    for (const url of this.#config.listenPeerUrls) {
      const server = newServer(
        parseUrl(url),
        this.#config.peerTls,
        ['keelson/raft/transport.proto'],
        512 * 1024 * 1024,
      );
      server.add(
        raft.PeerService,
        this.#peers.service(() => this.#desk),
        toStatus(this.#deps.logger),
      );
      await server.listen();
      server.setServing(true);
      this.#servers.push(server);
    }
  }

  async #openClientPorts(): Promise<void> {
    const { listenClientUrls, clientTls, requestBytesMax } = this.#config;
    for (const url of listenClientUrls) {
      // What is a little too large must reach the service, whose refusal clients know.
      const limit = requestBytesMax + 512 * 1024;
      const server = newServer(parseUrl(url), clientTls, CLIENT_PROTO_FILES, limit);
      this.#addServices(server);
      await server.listen();
      this.#servers.push(server);
    }
  }

  #addServices(server: GrpcServer): void {
    const { logger, clock, random } = this.#deps;
    const { txnOpsMax, requestBytesMax, electionTimeoutMs } = this.#config;
    const context = {
      replica: this.#replica,
      compactions: this.#compactions,
      clusterId: this.#machine.membership.clusterId,
      memberId: this.#self.id,
      limits: { txnOpsMax, requestBytesMax },
      logger,
    };
    const database = { size: () => this.#backend.size(), copy: () => this.#backup() };
    const { desk, hub, leaseIds } = { desk: this.#desk, hub: this.#hub, leaseIds: this.#leaseIds };
    addClientServices(server, context, { electionTimeoutMs }, { desk, hub, leaseIds, database, clock, random });
  }

  async #backup(): Promise<{ file: string; bytes: number; remove(): Promise<void> }> {
    const { file } = await this.#files.copy();
    const { size } = await stat(file);
    return { file, bytes: size, remove: () => rm(file, { force: true }) };
  }

  async #openMetricsPorts(): Promise<void> {
    registerMetrics(this.#deps.metrics, { replica: this.#replica, size: () => this.#backend.size() });
    for (const url of this.#config.listenMetricsUrls) {
      const door = new HttpDoor(parseUrl(url), this.#config.clientTls, {
        registry: this.#deps.metrics,
        replica: this.#replica,
      });
      await door.listen();
      this.#httpDoors.push(door);
    }
  }

  #startUpkeep(): void {
    const { clock, logger } = this.#deps;
    const quota = new QuotaGuard(
      { bytesMax: this.#config.quotaBackendBytes || TUNING.quotaBytes, intervalMs: TUNING.quotaCheckMs },
      { replica: this.#replica, memberId: this.#self.id, bytesInUse: () => this.#backend.size().inUse, logger },
    );
    this.#timers.push(quota.start(clock));
    const { autoCompaction } = this.#config;
    if (autoCompaction) {
      this.#timers.push(new AutoCompactor(autoCompaction, { replica: this.#replica, clock, logger }).start());
    }
  }

  /** Resolves once the member has caught up with its cluster and made itself known. */
  async ready(): Promise<void> {
    while (!this.#closing) {
      try {
        await this.#replica.linearizable();
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
    const known = this.#replica.machine.membership.get(this.#self.id);
    if (!known) {
      throw new StoreError(`member ${raftId(this.#self.id)} is not in the cluster: remove its data and add it again`);
    }
    if (known.name === name && known.clientUrls.join() === clientUrls.join()) return;
    const body = Buffer.from(JSON.stringify({ id: raftId(this.#self.id), name, clientUrls }));
    await this.#replica.propose<'memberAttributes'>(CommandKind.memberAttributes, body);
  }

  async close(): Promise<void> {
    this.#closing = true;
    for (const timer of this.#timers) timer.cancel();
    this.#desk?.close();
    this.#compactions?.stop();
    for (const door of this.#httpDoors) await door.close();
    const sleep = (milliseconds: number) => this.#deps.clock.sleep(milliseconds);
    await Promise.all(this.#servers.map((server) => server.close(sleep, 500)));
    await this.#replica?.close();
    this.#peers?.close();
    await this.#wal?.close();
    await this.#backend?.close();
    await this.#lock?.release();
  }
}

function newServer(
  endpoint: Endpoint,
  tls: TlsConfig | undefined,
  protoFiles: readonly string[],
  maxMessageBytes: number,
): GrpcServer {
  if (endpoint.secure && !tls) {
    throw new StoreError(`https://${endpoint.address} needs a certificate: give --cert-file and --key-file`);
  }
  return new GrpcServer({
    address: endpoint.address,
    tls: endpoint.secure ? tls?.identity : undefined,
    clientCertificates: tls?.requireClientCertificate === true ? 'require' : 'none',
    protoFiles,
    maxMessageBytes,
    // Bookkeeping of every call that nobody here reads.
    channelOptions: { 'grpc.enable_channelz': 0 },
  });
}
