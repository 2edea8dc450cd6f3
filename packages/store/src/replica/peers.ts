import type { PeerCertificate } from 'node:tls';
import { Metadata, type ServerDuplexStream, type ServerReadableStream, status } from '@grpc/grpc-js';
import { type Connection, type Handlers, raft, type ServiceClient } from '@keelson/protocol';
import { type Clock, type Logger, namesOf, type ServerCheck, type Timer } from '@keelson/service';
import type { InstallSnapshot, Message, NodeId } from 'raft-ts';
import { type ClusterInfo, infoFromWire, infoToWire } from '../cluster/cluster-info.js';
import {
  changeFromWire,
  changeToWire,
  type MemberChange,
  type MemberChanged,
  type MemberLine,
  type MembershipDesk,
} from '../cluster/desk.js';
import { type Member, memberId, raftId } from '../cluster/membership.js';
import { EtcdError, errors } from '../errors.js';
import type { HashLine } from '../integrity/corruption-monitor.js';
import type { KeysHash } from '../integrity/hasher.js';
import type { LeaderLine, LeaseDesk } from '../lease/desk.js';
import { type ExchangeStream, PeerLink, type PeerLinkOptions } from './peer-link.js';
import { speaksFor } from './peer-names.js';
import type { Transport } from './replica.js';
import type { SnapshotFiles } from './snapshot-files.js';
import { fromWire, isTerm } from './wire.js';

export interface PeersDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Connects to whoever is at a member's address, and goes on only with one whose certificate passes. */
  readonly connect: (peer: Member, check: ServerCheck) => Connection;
  readonly snapshots: SnapshotFiles;
  readonly members: () => readonly Member[];
  readonly wasRemoved: (id: NodeId) => boolean;
  /** Members show certificates, so that they can be held to the names in these. */
  readonly certified: boolean;
}

export interface PeersEvents {
  received(messages: readonly Message[]): void;
  unreachable(id: NodeId): void;
  disconnected(id: NodeId): void;
  snapshotSent(id: NodeId, arrived: boolean): void;
}

interface Peer {
  /** As it was when the link was made; a caller that is not known yet has none. */
  readonly member: Member | undefined;
  readonly connection: Connection | undefined;
  readonly client: ServiceClient<typeof raft.PeerService> | undefined;
  readonly link: PeerLink;
}

/** What other members ask of this one. */
export interface PeerServices {
  readonly desk: LeaseDesk;
  readonly members: MembershipDesk;
  readonly hashKeys: (revision: number) => Promise<KeysHash>;
  readonly clusterInfo: () => ClusterInfo;
}

export interface PeersOptions extends PeerLinkOptions {
  /** How long a member that was removed is still talked to: it may lead, and has to hand over. */
  readonly lingerMs: number;
  /** Callers that this member does not know yet. */
  readonly newcomersMax: number;
}

/** Both ends of the wire between members: what they call, and what they are called with. */
export class Peers implements Transport, LeaderLine, HashLine, MemberLine {
  readonly #options: PeersOptions;
  readonly #self: NodeId;
  readonly #clusterId: bigint;
  readonly #deps: PeersDependencies;
  readonly #events: PeersEvents;
  readonly #peers = new Map<NodeId, Peer>();
  readonly #leaving = new Map<NodeId, Timer>();
  #open = false;

  constructor(
    options: PeersOptions,
    cluster: { readonly clusterId: bigint; readonly self: bigint; readonly members: readonly Member[] },
    dependencies: PeersDependencies,
    events: PeersEvents,
  ) {
    this.#options = options;
    this.#self = raftId(cluster.self);
    this.#clusterId = cluster.clusterId;
    this.#deps = dependencies;
    this.#events = events;
    this.configure(cluster.members);
  }

  /** Takes who the members are from now on: links come, move and, a little later, go. */
  configure(members: readonly Member[]): void {
    const wanted = new Map(members.map((member) => [raftId(member.id), member]));
    wanted.delete(this.#self);
    for (const [id, member] of wanted) {
      const peer = this.#peers.get(id);
      if (peer?.member?.peerUrls.join() === member.peerUrls.join()) continue;
      if (peer) this.#drop(id, peer);
      this.#add(id, member);
    }
    for (const [id, peer] of this.#peers) {
      if (wanted.has(id) || peer.member === undefined || this.#leaving.has(id)) continue;
      this.#leaving.set(
        id,
        this.#deps.clock.after(this.#options.lingerMs, () => this.#drop(id, peer)),
      );
    }
  }

  #add(id: NodeId, member: Member): void {
    const { connect, certified } = this.#deps;
    const connection = connect(member, (certificate) => (certified ? this.#refusal(id, certificate) : undefined));
    const client = connection.service(raft.PeerService);
    const metadata = this.#metadata(id);
    const link = this.#link(id, () => client.exchange({ metadata }) as unknown as ExchangeStream);
    this.#peers.set(id, { member, connection, client, link });
    if (this.#open) link.open();
  }

  #link(id: NodeId, dial: (() => ExchangeStream) | undefined): PeerLink {
    const logger = this.#deps.logger.child({ peer: id });
    return new PeerLink(
      this.#options,
      { clock: this.#deps.clock, logger, dial, patient: memberId(id) < memberId(this.#self) },
      {
        received: (messages) => this.#events.received(messages.map((each) => fromWire(each, id, this.#self))),
        lost: () => this.#events.unreachable(id),
        disconnected: () => this.#events.disconnected(id),
      },
    );
  }

  /** What speaks against taking the holder of a certificate for a member; of one that is not known nothing does yet. */
  #refusal(id: NodeId, certificate: PeerCertificate): Error | undefined {
    const members = this.#deps.members();
    const member = members.find((it) => raftId(it.id) === id);
    if (member === undefined || speaksFor(certificate, member, members)) return undefined;
    const names = [...namesOf(certificate)].join(', ');
    return new Error(`the certificate of ${names} is not that of member ${member.name} (${id})`);
  }

  #drop(id: NodeId, peer: Peer): void {
    this.#leaving.get(id)?.cancel();
    this.#leaving.delete(id);
    peer.link.close();
    peer.connection?.close();
    if (this.#peers.get(id) === peer) this.#peers.delete(id);
  }

  #metadata(to: NodeId): Metadata {
    const metadata = new Metadata();
    metadata.set('cluster-id', raftId(this.#clusterId));
    metadata.set('from', this.#self);
    metadata.set('to', to);
    return metadata;
  }

  open(): void {
    this.#open = true;
    for (const { link } of this.#peers.values()) link.open();
  }

  send(messages: readonly Message[]): void {
    const byPeer = new Map<NodeId, Exclude<Message, InstallSnapshot>[]>();
    for (const message of messages) {
      if (message.type === 'snapshot') void this.#sendSnapshot(message);
      else {
        const list = byPeer.get(message.to);
        if (list) list.push(message);
        else byPeer.set(message.to, [message]);
      }
    }
    for (const [id, list] of byPeer) this.#peers.get(id)?.link.send(list);
  }

  async #sendSnapshot(message: InstallSnapshot): Promise<void> {
    const { to, term } = message;
    const peer = this.#peers.get(to);
    try {
      if (!peer?.client) throw new Error('no such member');
      const call = peer.client.installSnapshot({ metadata: this.#metadata(to) });
      await this.#deps.snapshots.send(call, term);
      this.#events.snapshotSent(to, true);
    } catch (error) {
      this.#deps.logger.warn({ err: error, peer: to }, 'could not send a snapshot');
      this.#events.snapshotSent(to, false);
    }
  }

  async renew(leader: NodeId, ID: bigint): Promise<raft.LeaseAnswer> {
    return await this.#ask(leader, (client, metadata) => client.leaseRenew({ ID }, { metadata, timeout: ASK_TIMEOUT }));
  }

  async timeToLive(leader: NodeId, ID: bigint): Promise<raft.LeaseAnswer> {
    return await this.#ask(leader, (client, metadata) =>
      client.leaseTimeToLive({ ID }, { metadata, timeout: ASK_TIMEOUT }),
    );
  }

  async changeMember(leader: NodeId, change: MemberChange): Promise<MemberChanged> {
    const { id, index } = await this.#ask(leader, (client, metadata) =>
      client.changeMember(changeToWire(change), { metadata, timeout: CHANGE_TIMEOUT }),
    );
    return { id: memberId(id), index };
  }

  connectedSince(id: bigint): number | undefined {
    return this.#peers.get(raftId(id))?.link.connectedSince;
  }

  /** Who the others say is in the cluster; those that do not answer are left out. */
  async clusterInfos(): Promise<readonly ClusterInfo[]> {
    const answers = [...this.#peers.values()].flatMap(({ client }) =>
      client ? [client.cluster({}, { timeout: ASK_TIMEOUT }).then(infoFromWire, () => undefined)] : [],
    );
    return (await Promise.all(answers)).filter((info) => info !== undefined);
  }

  /** A checksum takes as long as there are keys. */
  async hashKeys(member: bigint, revision: number): Promise<KeysHash> {
    return await this.#ask(raftId(member), (client, metadata) =>
      client.hashKeys({ revision }, { metadata, timeout: HASH_TIMEOUT }),
    );
  }

  async #ask<T>(
    leader: NodeId,
    call: (client: ServiceClient<typeof raft.PeerService>, metadata: Metadata) => Promise<T>,
  ): Promise<T> {
    const client = this.#peers.get(leader)?.client;
    if (!client) throw errors.noLeader();
    try {
      return await call(client, this.#metadata(leader));
    } catch (error) {
      const { code, details } = error as { code?: status; details?: string };
      throw new EtcdError(code ?? status.UNAVAILABLE, details ?? String(error));
    }
  }

  /** What other members call. */
  service(services: PeerServices): Handlers<typeof raft.PeerService> {
    const { desk, members, hashKeys, clusterInfo } = services;
    return {
      exchange: (call) => {
        const peer = this.#accept(call);
        call.sendMetadata(new Metadata());
        peer.link.accept(call as unknown as ExchangeStream);
      },
      installSnapshot: (call, answer) => {
        this.#receiveSnapshot(call).then(
          () => answer(null, {}),
          (error: unknown) => answer(error),
        );
      },
      leaseRenew: async ({ ID }, call) => {
        this.#accept(call);
        return { TTL: await desk.renewHere(ID) };
      },
      leaseTimeToLive: async ({ ID, keys }, call) => {
        this.#accept(call);
        return await desk.timeToLiveHere(ID, keys);
      },
      changeMember: async (change, call) => {
        this.#accept(call);
        const { id, index } = await members.changeHere(changeFromWire(change));
        return { id: raftId(id), index };
      },
      // Whoever is to join has no name yet.
      cluster: () => infoToWire(clusterInfo()),
      hashKeys: async ({ revision }, call) => {
        this.#accept(call);
        return await hashKeys(revision);
      },
    };
  }

  async #receiveSnapshot(call: ServerReadableStream<raft.SnapshotChunk, unknown>): Promise<void> {
    this.#accept(call);
    const from = textOf(call.metadata, 'from');
    const { term, snapshot } = await this.#deps.snapshots.receive(call);
    if (!isTerm(term)) throw new EtcdError(status.INVALID_ARGUMENT, `a snapshot of term ${term}`);
    this.#events.received([{ type: 'snapshot', from, to: this.#self, term, snapshot }]);
  }

  /** Only members of the same cluster may call, and only if they mean this one. */
  #accept(call: Pick<ServerDuplexStream<unknown, unknown>, 'metadata' | 'getAuthContext'>): Peer {
    const cluster = textOf(call.metadata, 'cluster-id');
    const [from, to] = [textOf(call.metadata, 'from'), textOf(call.metadata, 'to')];
    if (cluster !== raftId(this.#clusterId)) {
      throw new EtcdError(
        status.FAILED_PRECONDITION,
        `this member is of cluster ${raftId(this.#clusterId)}, not ${cluster}: check --initial-cluster and its token`,
      );
    }
    if (to !== this.#self) {
      throw new EtcdError(status.FAILED_PRECONDITION, `this is member ${this.#self}, not ${to}`);
    }
    if (this.#deps.wasRemoved(from)) {
      throw new EtcdError(status.FAILED_PRECONDITION, `member ${from} has been removed from the cluster`);
    }
    if (this.#deps.certified) this.#checkCertificate(from, call.getAuthContext().sslPeerCertificate);
    return this.#peers.get(from) ?? this.#newcomer(from);
  }

  #checkCertificate(from: NodeId, certificate: PeerCertificate | undefined): void {
    const refusal = certificate === undefined ? new Error('no certificate') : this.#refusal(from, certificate);
    if (refusal === undefined) return;
    this.#deps.logger.warn({ peer: from, reason: refusal.message }, 'a caller is not who it says it is');
    throw new EtcdError(status.PERMISSION_DENIED, refusal.message);
  }

  /** A member that this one has not heard of yet, because it lags: it may be the one that knows more. */
  #newcomer(id: NodeId): Peer {
    const strangers = [...this.#peers.values()].filter(({ member }) => member === undefined);
    if (strangers.length >= this.#options.newcomersMax) {
      throw new EtcdError(status.RESOURCE_EXHAUSTED, `this member does not know ${id}, nor many others that called`);
    }
    const peer: Peer = { member: undefined, connection: undefined, client: undefined, link: this.#link(id, undefined) };
    this.#peers.set(id, peer);
    return peer;
  }

  close(): void {
    for (const [id, peer] of [...this.#peers]) this.#drop(id, peer);
  }
}

const ASK_TIMEOUT = 5_000;
/** Longer than the leader takes to say that it took too long. */
const CHANGE_TIMEOUT = 15_000;
const HASH_TIMEOUT = 60_000;

function textOf(metadata: Metadata, name: string): string {
  return String(metadata.get(name)[0] ?? '');
}
