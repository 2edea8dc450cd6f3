import { type ConfState, confState } from 'raft-ts';
import { errors } from '../errors.js';
import type { Meta } from '../mvcc/meta.js';

export interface Member {
  readonly id: bigint;
  /** Empty until the member has started. */
  readonly name: string;
  readonly peerUrls: readonly string[];
  readonly clientUrls: readonly string[];
  readonly isLearner: boolean;
  /** A learner in the place of a voter: to be promoted when it has caught up. */
  readonly replacesVoter?: boolean;
}

/** A cluster as its log begins: all members that ever were apply the same changes to the same founders. */
export interface ClusterState {
  readonly clusterId: bigint;
  readonly members: readonly Member[];
}

type StoredMember = Omit<Member, 'id'> & { readonly id: string };

interface StoredCluster {
  readonly clusterId: string;
  readonly members: readonly StoredMember[];
  readonly founders?: readonly StoredMember[];
  readonly removed?: readonly string[];
}

/** What a member says of itself when it starts. */
export interface MemberAttributes {
  readonly id: string;
  readonly name: string;
  readonly clientUrls: readonly string[];
}

/** A member to be, and how many learners there may be then. */
export interface NewMember {
  readonly id: string;
  readonly peerUrls: readonly string[];
  readonly isLearner: boolean;
  readonly learnersMax: number;
}

/**
 * Who is in the cluster and how to reach them: the same on every member that has applied as much of the log. Changes
 * that etcd would refuse throw as they do there (server/etcdserver/api/membership).
 */
export class Membership {
  readonly #meta: Meta;
  readonly clusterId: bigint;
  readonly founders: readonly Member[];
  #members: ReadonlyMap<bigint, Member>;
  /** Ids are never used again. */
  readonly #removed: Set<bigint>;

  constructor(meta: Meta, initial: ClusterState) {
    this.#meta = meta;
    const stored = meta.readJson<StoredCluster>('cluster');
    this.clusterId = stored ? fromHex(stored.clusterId) : initial.clusterId;
    this.founders = stored ? fromStored(stored.founders ?? stored.members) : initial.members;
    const members = stored ? fromStored(stored.members) : initial.members;
    this.#members = new Map(members.map((member) => [member.id, member]));
    this.#removed = new Set((stored?.removed ?? []).map(fromHex));
    if (!stored) this.#store();
  }

  /** In the order of their ids. */
  get members(): readonly Member[] {
    return [...this.#members.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  get voters(): readonly Member[] {
    return this.members.filter((member) => !member.isLearner);
  }

  get(id: bigint): Member | undefined {
    return this.#members.get(id);
  }

  wasRemoved(id: bigint): boolean {
    return this.#removed.has(id);
  }

  get removed(): readonly bigint[] {
    return [...this.#removed];
  }

  /** The Raft configuration: a member's Raft name is its id in hex. */
  get confState(): ConfState {
    const ids = (learners: boolean) => this.members.filter((each) => each.isLearner === learners).map(idOf);
    return { ...confState(ids(false)), learners: ids(true).sort() };
  }

  setAttributes({ id, name, clientUrls }: MemberAttributes): void {
    const member = this.#members.get(fromHex(id));
    if (member) this.#set({ ...member, name, clientUrls });
  }

  /** @throws EtcdError memberNotFound, memberExists, peerUrlExists, tooManyLearners */
  add({ id: hex, peerUrls, isLearner, learnersMax }: NewMember): void {
    const id = fromHex(hex);
    if (this.#removed.has(id)) throw errors.memberNotFound();
    if (this.#members.has(id)) throw errors.memberExists();
    this.#requireUnused(peerUrls, id);
    const learners = this.members.length - this.voters.length;
    if (isLearner && learners >= learnersMax) throw errors.tooManyLearners();
    this.#set({ id, name: '', peerUrls, clientUrls: [], isLearner });
  }

  /** @throws EtcdError memberNotFound */
  remove(id: bigint): void {
    this.#require(id);
    const members = new Map(this.#members);
    members.delete(id);
    this.#members = members;
    this.#removed.add(id);
    this.#store();
  }

  /** A new learner takes the place of a member that lost its data. @throws EtcdError memberNotFound, memberExists */
  replace(id: bigint, by: string): void {
    const { peerUrls, isLearner } = this.#require(id);
    if (this.#members.has(fromHex(by)) || this.#removed.has(fromHex(by))) throw errors.memberExists();
    this.remove(id);
    this.#set({ id: fromHex(by), name: '', peerUrls, clientUrls: [], isLearner: true, replacesVoter: !isLearner });
  }

  /** @throws EtcdError memberNotFound, memberNotLearner */
  promote(id: bigint): void {
    const member = this.#require(id);
    if (!member.isLearner) throw errors.memberNotLearner();
    this.#set({ ...member, isLearner: false, replacesVoter: false });
  }

  /** @throws EtcdError memberNotFound, peerUrlExists */
  update(id: bigint, peerUrls: readonly string[]): void {
    const member = this.#require(id);
    this.#requireUnused(peerUrls, id);
    this.#set({ ...member, peerUrls });
  }

  #require(id: bigint): Member {
    const member = this.#members.get(id);
    if (!member || this.#removed.has(id)) throw errors.memberNotFound();
    return member;
  }

  #requireUnused(peerUrls: readonly string[], id: bigint): void {
    for (const member of this.#members.values()) {
      if (member.id !== id && member.peerUrls.some((url) => peerUrls.includes(url))) throw errors.peerUrlExists();
    }
  }

  #set(member: Member): void {
    this.#members = new Map(this.#members).set(member.id, member);
    this.#store();
  }

  #store(): void {
    this.#meta.writeJson('cluster', {
      clusterId: raftId(this.clusterId),
      members: this.members.map(toStored),
      founders: this.founders.map(toStored),
      removed: this.removed.map(raftId),
    } satisfies StoredCluster);
  }
}

/** Whether a database knows its cluster already. */
export function knowsCluster(meta: Meta): boolean {
  return meta.readJson('cluster') !== undefined;
}

function toStored(member: Member): StoredMember {
  return { ...member, id: raftId(member.id) };
}

function fromStored(members: readonly StoredMember[]): readonly Member[] {
  return members.map((member) => ({ ...member, id: fromHex(member.id) }));
}

function idOf(member: Member): string {
  return raftId(member.id);
}

function fromHex(id: string): bigint {
  return BigInt(`0x${id}`);
}

export function raftId(id: bigint): string {
  return id.toString(16);
}

export function memberId(raft: string): bigint {
  return raft === '' ? 0n : fromHex(raft);
}
