import { type ConfState, confState } from 'raft-ts';
import type { Meta } from '../mvcc/meta.js';

export interface Member {
  readonly id: bigint;
  readonly name: string;
  readonly peerUrls: readonly string[];
  readonly clientUrls: readonly string[];
  readonly isLearner: boolean;
}

export interface ClusterState {
  readonly clusterId: bigint;
  readonly members: readonly Member[];
}

interface StoredCluster {
  readonly clusterId: string;
  readonly members: readonly (Omit<Member, 'id'> & { readonly id: string })[];
}

/** What a member says of itself when it starts. */
export interface MemberAttributes {
  readonly id: string;
  readonly name: string;
  readonly clientUrls: readonly string[];
}

/** Who is in the cluster and how to reach them. */
export class Membership {
  readonly #meta: Meta;
  readonly clusterId: bigint;
  #members: ReadonlyMap<bigint, Member>;

  constructor(meta: Meta, initial: ClusterState) {
    this.#meta = meta;
    const state = readCluster(meta) ?? initial;
    this.clusterId = state.clusterId;
    this.#members = new Map(state.members.map((member) => [member.id, member]));
    if (!meta.readJson('cluster')) this.#store();
  }

  get members(): readonly Member[] {
    return [...this.#members.values()];
  }

  get(id: bigint): Member | undefined {
    return this.#members.get(id);
  }

  /** The Raft configuration: a member's Raft name is its id in hex. */
  get confState(): ConfState {
    return confState(this.members.filter((member) => !member.isLearner).map((member) => raftId(member.id)));
  }

  setAttributes({ id, name, clientUrls }: MemberAttributes): void {
    const member = this.#members.get(BigInt(`0x${id}`));
    if (!member) return;
    this.#members = new Map(this.#members).set(member.id, { ...member, name, clientUrls });
    this.#store();
  }

  #store(): void {
    const members = this.members.map((member) => ({ ...member, id: raftId(member.id) }));
    this.#meta.writeJson('cluster', { clusterId: raftId(this.clusterId), members } satisfies StoredCluster);
  }
}

/** What a database says of its cluster, if it was ever used. */
function readCluster(meta: Meta): ClusterState | undefined {
  const stored = meta.readJson<StoredCluster>('cluster');
  return (
    stored && {
      clusterId: BigInt(`0x${stored.clusterId}`),
      members: stored.members.map((member) => ({ ...member, id: BigInt(`0x${member.id}`) })),
    }
  );
}

export function raftId(id: bigint): string {
  return id.toString(16);
}

export function memberId(raft: string): bigint {
  return raft === '' ? 0n : BigInt(`0x${raft}`);
}
