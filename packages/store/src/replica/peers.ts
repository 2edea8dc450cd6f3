import { Metadata, type ServerDuplexStream, type ServerReadableStream, status } from '@grpc/grpc-js';
import { type Connection, type Handlers, raft, type ServiceClient } from '@keelson/protocol';
import type { Clock, Logger } from '@keelson/service';
import type { InstallSnapshot, Message, NodeId } from 'raft-ts';
import { type Member, raftId } from '../cluster/membership.js';
import { EtcdError } from '../errors.js';
import type { HashLine } from '../integrity/corruption-monitor.js';
import type { KeysHash } from '../integrity/hasher.js';
import type { LeaderLine, LeaseDesk } from '../lease/desk.js';
import { type ExchangeStream, PeerLink, type PeerLinkOptions } from './peer-link.js';
import type { Transport } from './replica.js';
import type { SnapshotFiles } from './snapshot-files.js';
import { fromWire } from './wire.js';

export interface PeersDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly connect: (peer: Member) => Connection;
  readonly snapshots: SnapshotFiles;
}

export interface PeersEvents {
  received(messages: readonly Message[]): void;
  unreachable(id: NodeId): void;
  disconnected(id: NodeId): void;
  snapshotSent(id: NodeId, arrived: boolean): void;
}

interface Peer {
  readonly connection: Connection;
  readonly client: ServiceClient<typeof raft.PeerService>;
  readonly link: PeerLink;
}

/** Both ends of the wire between members: what they call, and what they are called with. */
export class Peers implements Transport, LeaderLine, HashLine {
  readonly #self: NodeId;
  readonly #clusterId: bigint;
  readonly #deps: PeersDependencies;
  readonly #events: PeersEvents;
  readonly #peers = new Map<NodeId, Peer>();

  constructor(
    options: PeerLinkOptions,
    cluster: { readonly clusterId: bigint; readonly self: bigint; readonly members: readonly Member[] },
    dependencies: PeersDependencies,
    events: PeersEvents,
  ) {
    this.#self = raftId(cluster.self);
    this.#clusterId = cluster.clusterId;
    this.#deps = dependencies;
    this.#events = events;
    for (const member of cluster.members) {
      if (member.id !== cluster.self) this.#peers.set(raftId(member.id), this.#peer(member, cluster.self, options));
    }
  }

  #peer(member: Member, self: bigint, options: PeerLinkOptions): Peer {
    const id = raftId(member.id);
    const connection = this.#deps.connect(member);
    const client = connection.service(raft.PeerService);
    const metadata = this.#metadata(id);
    const dial = () => client.exchange({ metadata }) as unknown as ExchangeStream;
    const logger = this.#deps.logger.child({ peer: id });
    const link = new PeerLink(
      options,
      { clock: this.#deps.clock, logger, dial: self < member.id ? dial : undefined },
      {
        received: (messages) => this.#events.received(messages.map((each) => fromWire(each, id, this.#self))),
        lost: () => this.#events.unreachable(id),
        disconnected: () => this.#events.disconnected(id),
      },
    );
    return { connection, client, link };
  }

  #metadata(to: NodeId): Metadata {
    const metadata = new Metadata();
    metadata.set('cluster-id', raftId(this.#clusterId));
    metadata.set('from', this.#self);
    metadata.set('to', to);
    return metadata;
  }

  open(): void {
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
      if (!peer) throw new Error('no such member');
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

  async timeToLive(leader: NodeId, ID: bigint, keys: boolean): Promise<raft.LeaseAnswer> {
    return await this.#ask(leader, (client, metadata) =>
      client.leaseTimeToLive({ ID, keys }, { metadata, timeout: ASK_TIMEOUT }),
    );
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
    const peer = this.#peers.get(leader);
    if (!peer) throw new EtcdError(status.UNAVAILABLE, 'etcdserver: no leader');
    try {
      return await call(peer.client, this.#metadata(leader));
    } catch (error) {
      const { code, details } = error as { code?: status; details?: string };
      throw new EtcdError(code ?? status.UNAVAILABLE, details ?? String(error));
    }
  }

  /** What other members call. */
  service(desk: () => LeaseDesk, hashKeys: (revision: number) => Promise<KeysHash>): Handlers<typeof raft.PeerService> {
    return {
      exchange: (call) => {
        const peer = this.#accept(call);
        peer.link.attach(call as unknown as ExchangeStream);
      },
      installSnapshot: (call, answer) => {
        this.#receiveSnapshot(call).then(
          () => answer(null, {}),
          (error: unknown) => answer(error),
        );
      },
      leaseRenew: async ({ ID }, call) => {
        this.#accept(call);
        return { TTL: await desk().renewHere(ID) };
      },
      leaseTimeToLive: async ({ ID, keys }, call) => {
        this.#accept(call);
        return await desk().timeToLiveHere(ID, keys);
      },
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
    this.#events.received([{ type: 'snapshot', from, to: this.#self, term, snapshot }]);
  }

  /** Only members of the same cluster may call, and only if they mean this one. */
  #accept(call: Pick<ServerDuplexStream<unknown, unknown>, 'metadata'>): Peer {
    const cluster = textOf(call.metadata, 'cluster-id');
    const [from, to] = [textOf(call.metadata, 'from'), textOf(call.metadata, 'to')];
    if (cluster !== raftId(this.#clusterId)) {
      throw new EtcdError(
        status.FAILED_PRECONDITION,
        `this member is of cluster ${raftId(this.#clusterId)}, not ${cluster}: check --initial-cluster and its token`,
      );
    }
    const peer = this.#peers.get(from);
    if (!peer || to !== this.#self) {
      throw new EtcdError(
        status.FAILED_PRECONDITION,
        `this is member ${this.#self}: it does not know ${from}, or is not ${to}`,
      );
    }
    return peer;
  }

  close(): void {
    for (const { link, connection } of this.#peers.values()) {
      link.close();
      connection.close();
    }
  }
}

const ASK_TIMEOUT = 5_000;
const HASH_TIMEOUT = 60_000;

function textOf(metadata: Metadata, name: string): string {
  return String(metadata.get(name)[0] ?? '');
}
