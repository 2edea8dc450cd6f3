import { raft } from '@keelson/protocol';
import { EtcdError, errors, fromWire, Meta, raftId, toWire, type Wire, type WireEvents } from '@keelson/store/internal';
import type { InstallSnapshot, Message } from 'raft-ts';
import { type Image, SimBackend } from './databases.js';
import type { Life } from './life.js';
import type { SimMember } from './member.js';
import type { Network } from './network.js';

type MemberChange = Parameters<Wire['changeMember']>[1];
type MemberChanged = Awaited<ReturnType<Wire['changeMember']>>;
type LeaseAnswer = Awaited<ReturnType<Wire['renew']>>;

/** One member's end of the wire. Messages go through the product's encoding. */
export class SimWire implements Wire {
  readonly #self: SimMember;
  readonly #life: Life;
  readonly #network: Network;
  readonly #peer: (id: string) => SimMember | undefined;
  readonly events: WireEvents;

  constructor(
    self: SimMember,
    life: Life,
    dependencies: { readonly network: Network; readonly peer: (id: string) => SimMember | undefined },
    events: WireEvents,
  ) {
    this.#self = self;
    this.#life = life;
    this.#network = dependencies.network;
    this.#peer = dependencies.peer;
    this.events = events;
  }

  send(messages: readonly Message[]): void {
    for (const message of messages) {
      if (message.type === 'append') this.#self.oracle.appended(message);
      if (message.type === 'snapshot') this.#offerSnapshot(message);
      else this.#sendMessage(message);
    }
  }

  #sendMessage(message: Exclude<Message, InstallSnapshot>): void {
    const bytes = raft.Message.encode(toWire(message));
    const { from, to } = message;
    this.#network.send(
      from,
      to,
      () => this.#peer(to)?.deliver((wire) => wire.events.received([fromWire(raft.Message.decode(bytes), from, to)])),
      () => this.#life.post(0, () => this.events.unreachable(to)),
    );
  }

  #offerSnapshot(message: InstallSnapshot): void {
    const done = (arrived: boolean) => this.#life.post(0, () => this.events.snapshotSent(message.to, arrived));
    this.#sendSnapshot(message).then(
      () => done(true),
      () => done(false),
    );
  }

  async #sendSnapshot({ to, from, term }: InstallSnapshot): Promise<void> {
    const core = this.#self.core!;
    // As the product copies its database: what is applied is made durable, and the copy says itself what it holds.
    await core.replica.machine.commit();
    const image: Image = { tree: (core.backend as SimBackend).image.tree.clone() };
    const meta = new Meta(new SimBackend(image, this.#self.io!));
    const { confState } = core.replica.machine;
    const snapshot = { index: meta.readNumber('applied'), term: meta.readNumber('appliedTerm'), confState };
    this.#self.world.note(`${this.#self.name} sends a snapshot of ${snapshot.index} to ${to}`);
    await this.#network.call<void>(from, to, (answer) => {
      const peer = this.#peer(to);
      peer?.deliver((wire) => {
        peer.databases.receive(snapshot.index, image);
        wire.events.received([{ type: 'snapshot', from, to, term, snapshot }]);
        answer();
      });
    });
  }

  renew(leader: string, id: bigint): Promise<LeaseAnswer> {
    return this.#ask(leader, async (peer) => {
      const TTL = await peer.core!.desk.renewHere(id);
      return { TTL, grantedTtl: 0, keys: [] };
    });
  }

  timeToLive(leader: string, id: bigint): Promise<LeaseAnswer> {
    return this.#ask(leader, (peer) => peer.core!.desk.timeToLiveHere(id, false));
  }

  changeMember(leader: string, change: MemberChange): Promise<MemberChanged> {
    return this.#ask(leader, (peer) => peer.core!.members.changeHere(change));
  }

  /** Connections are there as soon as both ends are. */
  connectedSince(id: bigint): number | undefined {
    const [self, other] = [raftId(this.#self.id), raftId(id)];
    const cut = this.#network.isCut(self, other) || this.#network.isCut(other, self);
    return !cut && this.#peer(other)?.running ? 0 : undefined;
  }

  /** Whom a member calls it looks up when it does. */
  configure(): void {}

  async #ask<T>(leader: string, run: (peer: SimMember) => Promise<T>): Promise<T> {
    try {
      return await this.#network.call<T>(raftId(this.#self.id), leader, (answer, fail) => {
        const peer = this.#peer(leader);
        peer?.deliver(() => void run(peer).then(answer, fail));
      });
    } catch (error) {
      if (error instanceof EtcdError) throw error;
      throw errors.noLeader();
    }
  }
}
