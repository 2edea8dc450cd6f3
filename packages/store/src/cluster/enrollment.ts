import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { Metadata } from '@grpc/grpc-js';
import { type Connection, raft, type ServiceClient } from '@keelson/protocol';
import type { Clock, Logger } from '@keelson/service';
import type { KnownCluster } from '../core.js';
import { type DamagedError, StoreError } from '../errors.js';
import { SnapshotFiles } from '../replica/snapshot-files.js';
import type { Disk } from '../wal/disk.js';
import { Wal } from '../wal/wal.js';
import { type ClusterInfo, infoFromWire } from './cluster-info.js';
import { changeToWire } from './desk.js';
import {
  findFounders,
  found,
  type IdentityFlags,
  type JoinDependencies,
  type JoinOptions,
  joinCluster,
  othersIn,
  sameUrls,
} from './join.js';
import { type ClusterState, type Member, raftId } from './membership.js';

export interface EnrollmentOptions {
  readonly directory: string;
  readonly flags: IdentityFlags;
  readonly state: 'new' | 'existing';
  readonly repairFromPeers: boolean;
  readonly join: JoinOptions;
}

export interface EnrollmentDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly disk: Disk;
  readonly connect: (peerUrl: string) => Connection;
}

/** Finds out which member of which cluster a process is, and makes it another one where it cannot be that any more. */
export class Enrollment {
  readonly #options: EnrollmentOptions;
  readonly #deps: EnrollmentDependencies;

  constructor(options: EnrollmentOptions, dependencies: EnrollmentDependencies) {
    this.#options = options;
    this.#deps = dependencies;
  }

  /** Its log knows; before there is one, the flags and the other members do. @throws StoreError */
  async identify(): Promise<{ readonly cluster: ClusterState | KnownCluster; readonly self: bigint }> {
    const { directory, flags, state, join: options } = this.#options;
    const stored = await Wal.identity(join(directory, 'wal'), this.#deps.disk);
    if (stored) return { cluster: this.#known(stored.clusterId), self: stored.memberId };
    SnapshotFiles.requireNone(directory, await this.#deps.disk.list(directory));
    const joins = state === 'existing' || (await this.#isExpected());
    const { cluster, self } = joins
      ? await joinCluster(flags, options, this.#joinDependencies)
      : await found(flags, this.#joinDependencies);
    return { cluster, self: self.id };
  }

  #known(clusterId: bigint): KnownCluster {
    const { directory, flags, state } = this.#options;
    return {
      clusterId,
      findFounders: async () => {
        const cluster = await findFounders(flags, state, this.#joinDependencies);
        if (cluster.clusterId !== clusterId) throw otherCluster(directory, clusterId, cluster.clusterId);
        return cluster.members;
      },
    };
  }

  /** A repair that was cut short has left a member at these addresses that never started. */
  async #isExpected(): Promise<boolean> {
    if (!this.#options.repairFromPeers) return false;
    const answers = await Promise.all(othersIn(this.#options.flags).map((url) => this.#tryAsk(url)));
    return answers.some((info) => info?.hasLeader === true && this.#successor(info) !== undefined);
  }

  /**
   * The data are damaged or lost: what this member voted for and acknowledged is not known any more, so it must not go
   * on under its id. The others put a learner in its place, and this process begins as that; see docs/decisions.
   * @throws StoreError if the others cannot do so
   */
  async repair(reason: DamagedError): Promise<void> {
    const { clock, logger } = this.#deps;
    const { directory, flags, join: options } = this.#options;
    logger.warn({ err: reason }, 'the data cannot be trusted: the other members are asked to replace this one');
    const id = await this.#formerId();
    const deadline = clock.monotonic() + options.patienceMs;
    while (!(await this.#replaced(id))) {
      if (clock.monotonic() > deadline) {
        throw new StoreError(
          `${reason.message}. The repair did not succeed: no member of --initial-cluster is in a cluster with a leader`,
        );
      }
      await clock.sleep(options.retryMs);
    }
    const aside = `${directory}.damaged-${clock.now()}`;
    await rename(directory, aside);
    await mkdir(directory, { mode: 0o700 });
    logger.warn({ aside }, `${flags.name} begins again as a new member; the old data are kept aside`);
  }

  async #formerId(): Promise<bigint | undefined> {
    const { directory } = this.#options;
    const stored = await Wal.identity(join(directory, 'wal'), this.#deps.disk).catch(() => undefined);
    return stored?.memberId;
  }

  /** Asks each of the others; true once one of them says that it is done. */
  async #replaced(id: bigint | undefined): Promise<boolean> {
    for (const url of othersIn(this.#options.flags)) {
      const info = await this.#tryAsk(url);
      if (!info?.hasLeader) continue;
      const former = this.#former(info, id);
      if (!former && this.#successor(info)) return true;
      if (!former) continue;
      await this.#replaceBy(url, info, former).catch((error: unknown) =>
        this.#deps.logger.debug({ err: error, url }, 'not replaced yet'),
      );
    }
    return false;
  }

  #former({ members }: ClusterInfo, id: bigint | undefined): Member | undefined {
    if (id !== undefined) return members.find((member) => member.id === id);
    const { advertisePeerUrls } = this.#options.flags;
    return members.find(({ peerUrls, clientUrls }) => clientUrls.length > 0 && sameUrls(peerUrls, advertisePeerUrls));
  }

  #successor({ members }: ClusterInfo): Member | undefined {
    const { advertisePeerUrls } = this.#options.flags;
    return members.find(({ peerUrls, clientUrls }) => clientUrls.length === 0 && sameUrls(peerUrls, advertisePeerUrls));
  }

  async #replaceBy(url: string, info: ClusterInfo, former: Member): Promise<void> {
    const asked = info.members.find(({ peerUrls }) => peerUrls.includes(url));
    if (!asked) return;
    const metadata = new Metadata();
    metadata.set('cluster-id', raftId(info.clusterId));
    metadata.set('from', raftId(former.id));
    metadata.set('to', raftId(asked.id));
    const change = changeToWire({ kind: 'replace', id: former.id });
    await this.#call(url, async (client) => await client.changeMember(change, { metadata, timeout: CHANGE_TIMEOUT }));
  }

  get #joinDependencies(): JoinDependencies {
    return { clock: this.#deps.clock, ask: (url) => this.#ask(url) };
  }

  async #tryAsk(url: string): Promise<ClusterInfo | undefined> {
    return await this.#ask(url).catch(() => undefined);
  }

  async #ask(url: string): Promise<ClusterInfo> {
    return await this.#call(url, async (client) => infoFromWire(await client.cluster({}, { timeout: ASK_TIMEOUT })));
  }

  async #call<T>(url: string, run: (client: PeerClient) => Promise<T>): Promise<T> {
    const connection = this.#deps.connect(url);
    try {
      return await run(connection.service(raft.PeerService));
    } finally {
      connection.close();
    }
  }
}

type PeerClient = ServiceClient<typeof raft.PeerService>;

const ASK_TIMEOUT = 2_000;
const CHANGE_TIMEOUT = 10_000;

/** The data are not those of the cluster that the flags mean. */
export function otherCluster(directory: string, is: bigint, meant: bigint): StoreError {
  return new StoreError(
    `${directory} belongs to cluster ${raftId(is)}, not ${raftId(meant)}: check --initial-cluster and ` +
      '--initial-cluster-token, or choose another --data-dir',
  );
}
