import type { PeerCertificate } from 'node:tls';
import { raft } from '@keelson/protocol';
import { type Clock, GrpcDoor, type HttpHandler, type Logger, type Random, type Registry } from '@keelson/service';
import { refusedName } from './allowed-names.js';
import { Gate } from './auth/gate.js';
import { JwtProvider } from './auth/jwt.js';
import { Passwords } from './auth/passwords.js';
import { SimpleTokenProvider } from './auth/tokens.js';
import type { LiveBackups } from './backup/live.js';
import { clusterInfo } from './cluster/cluster-info.js';
import { type Endpoint, parseUrl, type StoreConfig, type TlsConfig, TUNING } from './config.js';
import type { Core } from './core.js';
import { StoreError } from './errors.js';
import { httpPages } from './http.js';
import type { Hasher } from './integrity/hasher.js';
import type { LeaseIds } from './lease/lease-ids.js';
import type { StoreMetrics } from './metrics/store-metrics.js';
import { RateLimiter } from './quota/rate-limiter.js';
import type { Peers } from './replica/peers.js';
import { addClientServices, CLIENT_PROTO_FILES } from './services/client-services.js';
import { toStatus } from './services/door.js';

export interface DoorsDependencies {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly registry: Registry;
  readonly metrics: StoreMetrics;
  readonly core: Core;
  readonly peers: Peers;
  readonly hasher: Hasher;
  readonly leaseIds: LeaseIds;
  readonly backups: LiveBackups;
}

const PEER_MESSAGE_BYTES_MAX = 512 * 1024 * 1024;

/** The ports of a member: for members, for clients, for metrics. */
export class Doors {
  readonly #config: StoreConfig;
  readonly #self: bigint;
  readonly #deps: DoorsDependencies;
  readonly #open: GrpcDoor[] = [];
  readonly #clientDoors: GrpcDoor[] = [];

  constructor(config: StoreConfig, self: bigint, dependencies: DoorsDependencies) {
    this.#config = config;
    this.#self = self;
    this.#deps = dependencies;
  }

  async open(): Promise<void> {
    await this.#openPeerPorts();
    await this.#openClientPorts();
    for (const url of this.#config.listenMetricsUrls) {
      await this.#listen(this.#newDoor(parseUrl(url), this.#config.clientTls, { protoFiles: [], http: this.#pages() }));
    }
  }

  async #listen(door: GrpcDoor): Promise<void> {
    await door.listen();
    this.#open.push(door);
  }

  async #openPeerPorts(): Promise<void> {
    const { core, peers, hasher, logger } = this.#deps;
    const { replica, desk, members } = core;
    for (const url of this.#config.listenPeerUrls) {
      const door = this.#newDoor(parseUrl(url), this.#config.peerTls, {
        protoFiles: ['keelson/raft/transport.proto'],
        messageBytesMax: PEER_MESSAGE_BYTES_MAX,
      });
      const hashKeys = (revision: number) => hasher.hash(revision);
      const info = () => clusterInfo(replica.machine.membership, replica.hasLeader);
      door.add(raft.PeerService, peers.service({ desk, members, hashKeys, clusterInfo: info }), toStatus(logger));
      await this.#listen(door);
      door.setServing(true);
    }
  }

  async #openClientPorts(): Promise<void> {
    const { listenClientUrls, clientTls, requestBytesMax, rateLimits } = this.#config;
    const gate = this.#gate();
    const limiter = new RateLimiter(rateLimits, { clock: this.#deps.clock });
    const http = this.#pages();
    for (const url of listenClientUrls) {
      // What is a little too large must reach the service, whose refusal clients know.
      const messageBytesMax = requestBytesMax + 512 * 1024;
      const door = this.#newDoor(parseUrl(url), clientTls, { protoFiles: CLIENT_PROTO_FILES, messageBytesMax, http });
      this.#addServices(door, { gate, limiter });
      await this.#listen(door);
      this.#clientDoors.push(door);
    }
  }

  #addServices(door: GrpcDoor, { gate, limiter }: { readonly gate: Gate; readonly limiter: RateLimiter }): void {
    const { core, hasher, leaseIds, backups, logger, clock, random } = this.#deps;
    const { txnOpsMax, requestBytesMax, electionTimeoutMs } = this.#config;
    const { replica, compactions, desk, hub, members } = core;
    const context = {
      ...{ replica, gate, limiter, compactions, logger },
      clusterId: replica.machine.membership.clusterId,
      memberId: this.#self,
      limits: { txnOpsMax, requestBytesMax },
    };
    const database = {
      size: () => core.backend.size(),
      quotaBytes: this.#config.quotaBackendBytes,
      commit: () => replica.machine.commit(),
      copy: () => backups.make(),
    };
    const dependencies = { desk, hub, members, leaseIds, database, hasher, clock, random };
    addClientServices(door, context, { ...TUNING, electionTimeoutMs }, dependencies);
  }

  #gate(): Gate {
    const { clock, random, core } = this.#deps;
    const { auth, clientTls } = this.#config;
    const { replica, tokens: sessions } = core;
    const tokens = auth.jwt
      ? new JwtProvider(auth.jwt, { replica, clock })
      : new SimpleTokenProvider({ tokens: sessions, replica, random });
    const passwords = new Passwords({ ...TUNING.passwords, cost: auth.bcryptCost }, { random });
    const certificateNames = clientTls?.requireClientCertificate === true;
    return new Gate({ certificateNames }, { replica, tokens, passwords });
  }

  #pages(): HttpHandler {
    const { registry, core } = this.#deps;
    return httpPages({ registry, replica: () => core.replica });
  }

  #newDoor(
    { address, secure }: Endpoint,
    tls: TlsConfig | undefined,
    face: { protoFiles: readonly string[]; messageBytesMax?: number; http?: HttpHandler },
  ): GrpcDoor {
    if (secure && !tls) {
      throw new StoreError(`https://${address} needs a certificate: give --cert-file and --key-file`);
    }
    const { http, ...rest } = face;
    const { clock, metrics } = this.#deps;
    const asks = secure && tls?.requireClientCertificate === true;
    const clientCertificates = asks ? 'require' : 'none';
    const checkClient = asks ? (it: PeerCertificate) => refusedName(tls.allowedNames, it) : undefined;
    const handled = (path: string, { code }: { readonly code: number }) => metrics.handled(path, code);
    const identity = secure ? tls?.identity : undefined;
    return new GrpcDoor({ address, tls: identity, clientCertificates, checkClient, ...rest }, { clock, http, handled });
  }

  /** Bytes on the client ports so far. */
  get clientTraffic(): { readonly received: number; readonly sent: number } {
    const each = this.#clientDoors.map((door) => door.traffic);
    return {
      received: each.reduce((sum, { received }) => sum + received, 0),
      sent: each.reduce((sum, { sent }) => sum + sent, 0),
    };
  }

  /** Health checks say so from now on. */
  setServing(): void {
    for (const door of this.#open) door.setServing(true);
  }

  async close(): Promise<void> {
    const sleep = (milliseconds: number) => this.#deps.clock.sleep(milliseconds);
    await Promise.all(this.#open.map((door) => door.close(sleep, 500)));
  }
}
