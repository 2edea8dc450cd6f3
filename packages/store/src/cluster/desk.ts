import type { Clock, Logger } from '@keelson/service';
import { type ConfChangeStep, RaftError } from 'raft-ts';
import { CommandKind } from '../apply/command.js';
import { errors } from '../errors.js';
import type { MemberKind, Replica } from '../replica/replica.js';
import { memberIdOf } from './bootstrap.js';
import { type Member, type Membership, memberId, raftId } from './membership.js';
import { canAddVoter, canPromote, canRemoveVoter } from './reconfiguration.js';

/** What is asked for, and of whom. */
export type MemberChange =
  | { readonly kind: 'add'; readonly peerUrls: readonly string[]; readonly isLearner: boolean }
  | { readonly kind: 'remove' | 'promote'; readonly id: bigint }
  /** By a learner at the same addresses: for a member that lost its data, or cannot trust them. */
  | { readonly kind: 'replace'; readonly id: bigint }
  | { readonly kind: 'update'; readonly id: bigint; readonly peerUrls: readonly string[] };

/** Whom it was done to, and at which index. */
export interface MemberChanged {
  readonly id: bigint;
  readonly index: number;
}

/** How a member asks the leader, and how long it has been connected to others. */
export interface MemberLine {
  changeMember(leader: string, change: MemberChange): Promise<MemberChanged>;
  /** On the clock's monotonic scale; undefined while there is no connection. */
  connectedSince(id: bigint): number | undefined;
}

export interface MembershipDeskOptions {
  readonly learnersMax: number;
  /** Refuse changes that could cost the cluster its quorum. */
  readonly strict: boolean;
  /** How long a member must have been connected to count as healthy. */
  readonly healthIntervalMs: number;
  readonly timeoutMs: number;
  readonly retryMs: number;
}

/** Changes of membership, with etcd's checks (server/etcdserver/server.go). The leader makes them; others ask it. */
export class MembershipDesk {
  readonly #options: MembershipDeskOptions;
  readonly #replica: Replica;
  readonly #line: MemberLine;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #self: bigint;

  constructor(
    options: MembershipDeskOptions,
    dependencies: {
      readonly replica: Replica;
      readonly line: MemberLine;
      readonly clock: Clock;
      readonly logger: Logger;
      readonly self: bigint;
    },
  ) {
    this.#options = options;
    this.#replica = dependencies.replica;
    this.#line = dependencies.line;
    this.#clock = dependencies.clock;
    this.#logger = dependencies.logger;
    this.#self = dependencies.self;
  }

  get #membership(): Membership {
    return this.#replica.machine.membership;
  }

  /** Resolves, to the member's id, once the change is applied here. @throws EtcdError */
  async change(change: MemberChange): Promise<bigint> {
    if (this.#replica.isLeader) return (await this.changeHere(change)).id;
    if (!this.#replica.hasLeader) throw errors.noLeader();
    const { id, index } = await this.#line.changeMember(this.#replica.state.leader, change);
    await this.#replica.appliedUpTo(index);
    return id;
  }

  /** As leader. One change at a time: another waits for the one before. @throws EtcdError */
  async changeHere(change: MemberChange): Promise<MemberChanged> {
    const deadline = this.#clock.monotonic() + this.#options.timeoutMs;
    for (;;) {
      try {
        return await this.#make(change);
      } catch (error) {
        if (!(error instanceof RaftError)) throw error;
        if (error.code === 'invalidConfChange') throw errors.notEnoughStarted();
        if (this.#clock.monotonic() > deadline) throw errors.timeout();
      }
      await this.#clock.sleep(this.#options.retryMs);
    }
  }

  async #make(change: MemberChange): Promise<MemberChanged> {
    if (!this.#replica.isLeader) throw errors.notLeader();
    const id = this.#idAfter(change);
    await this.#carryOut(change, id);
    this.#logger.info({ change: change.kind, member: raftId(id) }, 'membership changed');
    return { id, index: this.#replica.machine.applied };
  }

  /** Whom the change leaves there, or takes away. */
  #idAfter(change: MemberChange): bigint {
    if (change.kind === 'add') return this.#newId(change.peerUrls);
    if (change.kind === 'replace') return this.#newId(this.#membership.get(change.id)?.peerUrls ?? []);
    return change.id;
  }

  /** As etcd makes it: of the addresses and the time. */
  #newId(peerUrls: readonly string[]): bigint {
    return memberIdOf(peerUrls, String(Math.floor(this.#clock.now() / 1000)));
  }

  async #carryOut(change: MemberChange, id: bigint): Promise<void> {
    const hex = raftId(id);
    switch (change.kind) {
      case 'add': {
        const { peerUrls, isLearner } = change;
        if (this.#options.strict) this.#requireAddable(isLearner);
        const body = { id: hex, peerUrls, isLearner, learnersMax: this.#options.learnersMax };
        await this.#propose('memberAdd', body, [{ type: isLearner ? 'addLearner' : 'addVoter', id: hex }]);
        return;
      }
      case 'remove':
        if (this.#options.strict) this.#requireRemovable(id);
        await this.#propose('memberRemove', { id: hex }, [{ type: 'remove', id: hex }]);
        return;
      case 'replace': {
        const old = raftId(change.id);
        await this.#propose('memberReplace', { id: old, by: hex }, [
          { type: 'remove', id: old },
          { type: 'addLearner', id: hex },
        ]);
        return;
      }
      case 'promote':
        this.#requireReady(id);
        if (this.#options.strict && !canPromote(this.#membership.voters)) throw errors.notEnoughStarted();
        await this.#propose('memberPromote', { id: hex }, [{ type: 'addVoter', id: hex }]);
        return;
      case 'update':
        await this.#replica.propose<'memberUpdate'>(
          CommandKind.memberUpdate,
          encode({ id: hex, peerUrls: change.peerUrls }),
          { asLeader: true },
        );
    }
  }

  async #propose(kind: MemberKind, body: object, steps: readonly ConfChangeStep[]): Promise<void> {
    await this.#replica.proposeMember(CommandKind[kind], encode(body), steps);
  }

  #requireAddable(isLearner: boolean): void {
    const { voters } = this.#membership;
    if (!isLearner && !canAddVoter(voters)) throw errors.notEnoughStarted();
    if (!voters.every((member) => this.#isHealthy(member))) throw errors.unhealthy();
  }

  #requireRemovable(id: bigint): void {
    const { voters } = this.#membership;
    const member = this.#membership.get(id);
    if (!member || member.isLearner) return;
    if (!canRemoveVoter(voters, id)) throw errors.notEnoughStarted();
    // One that is down is no part of the quorum that there is.
    if (id !== this.#self && this.#line.connectedSince(id) === undefined) return;
    const active = voters.filter((each) => this.#isHealthy(each)).length;
    if (active - 1 < 1 + Math.floor((voters.length - 1) / 2)) throw errors.unhealthy();
  }

  #isHealthy({ id }: Member): boolean {
    if (id === this.#self) return true;
    const since = this.#line.connectedSince(id);
    return since !== undefined && this.#clock.monotonic() - since >= this.#options.healthIntervalMs;
  }

  /** A learner may vote once it has nine tenths of what the leader has. */
  #requireReady(id: bigint): void {
    const { peers, lastIndex } = this.#replica.status;
    const peer = peers.get(raftId(id));
    if (!peer) throw errors.memberNotFound();
    if (peer.match < lastIndex * READY_SHARE) throw errors.learnerNotReady();
  }
}

const READY_SHARE = 0.9;

function encode(body: object): Buffer {
  return Buffer.from(JSON.stringify(body));
}

/** A change as it travels between members. */
export function changeToWire(change: MemberChange): { kind: string; id: string; peerUrls: string[]; learner: boolean } {
  return {
    kind: change.kind,
    id: 'id' in change ? raftId(change.id) : '',
    peerUrls: 'peerUrls' in change ? [...change.peerUrls] : [],
    learner: change.kind === 'add' && change.isLearner,
  };
}

/** @throws RangeError for a kind that this version does not know */
export function changeFromWire(wire: ReturnType<typeof changeToWire>): MemberChange {
  const { kind, peerUrls } = wire;
  if (kind === 'add') return { kind, peerUrls, isLearner: wire.learner };
  if (kind === 'update') return { kind, id: memberId(wire.id), peerUrls };
  if (kind === 'remove' || kind === 'promote' || kind === 'replace') return { kind, id: memberId(wire.id) };
  throw new RangeError(`unknown change of membership "${kind}": the peer runs a newer version`);
}
