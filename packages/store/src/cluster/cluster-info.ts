import type { raft } from '@keelson/protocol';
import { type Member, type Membership, memberId, raftId } from './membership.js';

/** What a member says of its cluster to whoever asks, above all to those that are to join. */
export interface ClusterInfo {
  readonly clusterId: bigint;
  readonly members: readonly Member[];
  readonly founders: readonly Member[];
  readonly removed: readonly bigint[];
  readonly hasLeader: boolean;
}

export function clusterInfo(membership: Membership, hasLeader: boolean): ClusterInfo {
  const { clusterId, members, founders, removed } = membership;
  return { clusterId, members, founders, removed, hasLeader };
}

export function infoToWire(info: ClusterInfo): raft.ClusterInfo {
  return {
    clusterId: raftId(info.clusterId),
    members: info.members.map(toWire),
    founders: info.founders.map(toWire),
    removed: info.removed.map(raftId),
    hasLeader: info.hasLeader,
  };
}

export function infoFromWire(wire: raft.ClusterInfo): ClusterInfo {
  return {
    clusterId: memberId(wire.clusterId),
    members: wire.members.map(fromWire),
    founders: wire.founders.map(fromWire),
    removed: wire.removed.map(memberId),
    hasLeader: wire.hasLeader,
  };
}

function toWire({ id, name, peerUrls, clientUrls, isLearner }: Member): raft.ClusterMember {
  return { id: raftId(id), name, peerUrls: [...peerUrls], clientUrls: [...clientUrls], learner: isLearner };
}

function fromWire({ id, name, peerUrls, clientUrls, learner }: raft.ClusterMember): Member {
  return { id: memberId(id), name, peerUrls, clientUrls, isLearner: learner };
}
