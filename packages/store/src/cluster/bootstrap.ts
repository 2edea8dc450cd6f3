import { createHash } from 'node:crypto';
import { StoreError } from '../errors.js';
import type { ClusterState, Member } from './membership.js';

/**
 * Ids as etcd makes them (server/etcdserver/api/membership): a member's from its sorted peer addresses and the token,
 * the cluster's from its members' ids; so that members started with the same flags agree without talking.
 */
export function memberIdOf(peerUrls: readonly string[], token: string): bigint {
  return firstUint64(
    createHash('sha1')
      .update([...peerUrls].sort().join(''))
      .update(token),
  );
}

export function clusterIdOf(memberIds: readonly bigint[]): bigint {
  const hash = createHash('sha1');
  for (const id of [...memberIds].sort((a, b) => (a < b ? -1 : 1))) {
    const bytes = Buffer.allocUnsafe(8);
    bytes.writeBigUInt64BE(id);
    hash.update(bytes);
  }
  return firstUint64(hash);
}

function firstUint64(hash: ReturnType<typeof createHash>): bigint {
  return hash.digest().readBigUInt64BE(0);
}

/** Reads `--initial-cluster`: `name=url`, comma-separated, a name again for each further address. @throws StoreError */
export function parseInitialCluster(text: string): Map<string, string[]> {
  const members = new Map<string, string[]>();
  for (const part of text.split(',').map((each) => each.trim())) {
    const at = part.indexOf('=');
    if (at <= 0) throw new StoreError(`--initial-cluster: "${part}" is not of the form name=url`);
    const [name, url] = [part.slice(0, at), part.slice(at + 1)];
    members.set(name, [...(members.get(name) ?? []), url]);
  }
  return members;
}

/** The cluster that the flags describe, and which of its members this one is. @throws StoreError */
export function initialCluster(flags: {
  readonly name: string;
  readonly initialCluster: string;
  readonly token: string;
  readonly advertisePeerUrls: readonly string[];
}): { cluster: ClusterState; self: Member } {
  const named = parseInitialCluster(flags.initialCluster);
  const own = named.get(flags.name);
  if (!own) throw new StoreError(`--initial-cluster does not name this member, "${flags.name}": add ${flags.name}=url`);
  if ([...own].sort().join() !== [...flags.advertisePeerUrls].sort().join()) {
    throw new StoreError(
      `--initial-cluster has ${flags.name}=${own.join()}, but --initial-advertise-peer-urls is ` +
        `${flags.advertisePeerUrls.join()}: they must be the same`,
    );
  }
  const members = [...named].map(
    ([name, peerUrls]): Member => ({
      id: memberIdOf(peerUrls, flags.token),
      name,
      peerUrls,
      clientUrls: [],
      isLearner: false,
    }),
  );
  if (new Set(members.map((member) => member.id)).size !== members.length) {
    throw new StoreError('--initial-cluster names two members with the same address');
  }
  const self = members.find((member) => member.name === flags.name)!;
  return { cluster: { clusterId: clusterIdOf(members.map((member) => member.id)), members }, self };
}
