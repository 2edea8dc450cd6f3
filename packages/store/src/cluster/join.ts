import type { Clock } from '@keelson/service';
import { DamagedError, StoreError } from '../errors.js';
import { initialCluster, parseInitialCluster } from './bootstrap.js';
import type { ClusterInfo } from './cluster-info.js';
import { type ClusterState, type Member, raftId } from './membership.js';

/** Which member of which cluster a process is to be. */
export interface Identity {
  readonly cluster: ClusterState;
  readonly self: Member;
}

export interface IdentityFlags {
  readonly name: string;
  readonly initialCluster: string;
  readonly token: string;
  readonly advertisePeerUrls: readonly string[];
}

export interface JoinDependencies {
  /** Asks the member at a peer address about its cluster; rejects when it does not answer. */
  readonly ask: (peerUrl: string) => Promise<ClusterInfo>;
  readonly clock: Clock;
}

export interface JoinOptions {
  /** How long to look for a member that answers and knows of this one. */
  readonly patienceMs: number;
  readonly retryMs: number;
}

/**
 * Founds a cluster with the others of the flags: unless they say that this member was there before, and so has lost
 * what it promised. @throws StoreError
 */
export async function found(flags: IdentityFlags, dependencies: JoinDependencies): Promise<Identity> {
  const identity = initialCluster(flags);
  const { cluster, self } = identity;
  for (const info of await askAll(othersIn(flags), dependencies)) {
    requireUnused(info, self, flags.name);
    if (info.clusterId !== cluster.clusterId && info.hasLeader) throw otherFlags(info.clusterId, cluster.clusterId);
  }
  return identity;
}

/** Joins a cluster that runs: its members know this one by its peer addresses. @throws StoreError */
export async function joinCluster(
  flags: IdentityFlags,
  options: JoinOptions,
  dependencies: JoinDependencies,
): Promise<Identity> {
  const { clock } = dependencies;
  const others = othersIn(flags);
  const deadline = clock.monotonic() + options.patienceMs;
  for (;;) {
    const infos = await askAll(others, dependencies);
    for (const info of infos) {
      const self = info.members.find((member) => sameUrls(member.peerUrls, flags.advertisePeerUrls));
      if (!self) continue;
      requireUnused(info, self, flags.name);
      return { cluster: { clusterId: info.clusterId, members: info.founders }, self };
    }
    if (clock.monotonic() > deadline) throw notJoined(flags, infos.length > 0);
    await clock.sleep(options.retryMs);
  }
}

/** With whom the cluster of a log that is here already began, should its database not say. @throws StoreError */
export async function findFounders(
  flags: IdentityFlags,
  state: 'new' | 'existing',
  dependencies: JoinDependencies,
): Promise<ClusterState> {
  if (state === 'new') return initialCluster(flags).cluster;
  const [info] = await askAll(othersIn(flags), dependencies);
  if (!info) throw new StoreError('cannot rejoin: no other member of --initial-cluster answers');
  return { clusterId: info.clusterId, members: info.founders };
}

/** A member that has served and has no data now must not come back under its old id: it has promised more than it knows. */
function requireUnused(info: ClusterInfo, self: Member, name: string): void {
  const id = raftId(self.id);
  const again = `and add it again, under a new id (etcdctl member add ${name} --learner --peer-urls=${self.peerUrls.join()})`;
  if (info.removed.includes(self.id)) {
    throw new StoreError(
      `member ${id} has been removed from the cluster: start it with --initial-cluster-state existing ${again}`,
    );
  }
  const known = info.members.find((member) => member.id === self.id);
  if (known && known.clientUrls.length > 0) {
    throw new DamagedError(
      `member ${id} has already been bootstrapped, and its data are not here: restore --data-dir, or start it with ` +
        `--repair-from-peers, or remove it (etcdctl member remove ${id}) ${again}`,
    );
  }
}

function otherFlags(running: bigint, meant: bigint): StoreError {
  return new StoreError(
    `members of --initial-cluster run as cluster ${raftId(running)}, not as ${raftId(meant)}: give the same ` +
      '--initial-cluster and --initial-cluster-token as they have, or join them with --initial-cluster-state existing',
  );
}

function notJoined(flags: IdentityFlags, answered: boolean): StoreError {
  if (!answered) return new StoreError('cannot join: no other member of --initial-cluster answers');
  const urls = flags.advertisePeerUrls.join();
  return new StoreError(
    `cannot join: no member of the cluster has the peer addresses ${urls}; add it first ` +
      `(etcdctl member add ${flags.name} --peer-urls=${urls}), or check --initial-advertise-peer-urls`,
  );
}

export function othersIn({ initialCluster: text, advertisePeerUrls }: IdentityFlags): string[] {
  const urls = [...parseInitialCluster(text).values()].flat();
  return urls.filter((url) => !advertisePeerUrls.includes(url));
}

async function askAll(urls: readonly string[], { ask }: JoinDependencies): Promise<readonly ClusterInfo[]> {
  const answers = urls.map((url) => ask(url).catch(() => undefined));
  return (await Promise.all(answers)).filter((info) => info !== undefined);
}

export function sameUrls(a: readonly string[], b: readonly string[]): boolean {
  return [...a].sort().join() === [...b].sort().join();
}
