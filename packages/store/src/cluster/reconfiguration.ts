import type { Member } from './membership.js';

/**
 * Whether, after a change, those that have ever started could be a quorum of the voters: etcd's rule against changes
 * that leave the cluster waiting for members that are not there (server/etcdserver/api/membership/cluster.go).
 */
export function canAddVoter(voters: readonly Member[]): boolean {
  const started = countStarted(voters);
  // A cluster of one, restored from a backup, may grow again.
  if (started === 1 && voters.length === 1) return true;
  return started >= quorumOf(voters.length + 1);
}

export function canRemoveVoter(voters: readonly Member[], id: bigint): boolean {
  const rest = voters.filter((member) => member.id !== id);
  return countStarted(rest) >= quorumOf(rest.length);
}

export function canPromote(voters: readonly Member[]): boolean {
  return countStarted(voters) + 1 >= quorumOf(voters.length + 1);
}

/** A member that has started has said its name. */
function countStarted(voters: readonly Member[]): number {
  return voters.filter((member) => member.name !== '').length;
}

function quorumOf(count: number): number {
  return Math.floor(count / 2) + 1;
}
