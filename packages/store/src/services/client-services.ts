import { etcd } from '@keelson/protocol';
import type { Clock, GrpcDoor, Random } from '@keelson/service';
import type { Caller } from '../auth/gate.js';
import type { MembershipDesk } from '../cluster/desk.js';
import type { Hasher } from '../integrity/hasher.js';
import type { LeaseDesk } from '../lease/desk.js';
import type { LeaseIds } from '../lease/lease-ids.js';
import { electionService } from '../recipes/election.js';
import { Line } from '../recipes/line.js';
import { lockService } from '../recipes/lock.js';
import type { WatchHub } from '../watch/hub.js';
import { authService } from './auth.js';
import { clusterService } from './cluster.js';
import { bounded, type DoorContext, toStatus } from './door.js';
import { kvDefinition, kvService } from './kv.js';
import { learnerGuard } from './learner-guard.js';
import { leaseListsDefinition, leaseListsService, leaseMethods, leaseService } from './lease.js';
import { type DatabaseFace, maintenanceService } from './maintenance.js';
import { watchDefinition, watchService } from './watch.js';

/** What reflection serves on a client port. */
export const CLIENT_PROTO_FILES = ['etcd/rpc.proto', 'etcd/lock.proto', 'etcd/election.proto'];

export interface ClientServiceDependencies {
  readonly desk: LeaseDesk;
  readonly members: MembershipDesk;
  readonly hub: WatchHub;
  readonly leaseIds: LeaseIds;
  readonly database: DatabaseFace;
  readonly hasher: Hasher;
  readonly clock: Clock;
  readonly random: Random;
}

export interface ClientServiceOptions {
  readonly electionTimeoutMs: number;
  readonly progressIntervalMs: number;
  readonly watchersPerStreamMax: number;
  readonly watchUnsentBytesMax: number;
}

/** Puts etcd's services on a client port. */
export function addClientServices(
  server: Pick<GrpcDoor, 'add' | 'addRaw'>,
  context: DoorContext,
  options: ClientServiceOptions,
  dependencies: ClientServiceDependencies,
): void {
  const { desk, hub, leaseIds, database, hasher, clock, random } = dependencies;
  const { replica, limits } = context;
  const door = learnerGuard(server, context);
  const translate = toStatus(context.logger);
  const watchOptions = {
    progressIntervalMs: options.progressIntervalMs,
    fragmentBytes: limits.requestBytesMax + 512 * 1024,
    unsentBytesMax: options.watchUnsentBytesMax,
    watchersMax: options.watchersPerStreamMax,
    leaderlessMs: 3 * options.electionTimeoutMs,
  };
  door.addRaw(kvDefinition(limits.txnOpsMax), kvService(context));
  door.addRaw(watchDefinition, watchService(context, watchOptions, { hub, clock, random }));
  door.add(bounded(leaseMethods), leaseService(context, { desk, ids: leaseIds }), translate);
  door.addRaw(leaseListsDefinition, leaseListsService(context, { desk }));
  door.add(bounded(etcd.AuthService), authService(context), translate);
  door.add(bounded(etcd.ClusterService), clusterService(context, dependencies.members), translate);
  door.add(bounded(etcd.MaintenanceService), maintenanceService(context, { database, hasher }), translate);
  const line = { replica, desk, hub, clock, newLeaseId: () => leaseIds.next() };
  const lineOf = async (caller: Caller) => new Line(line, await context.gate.authorOf(caller));
  door.add(bounded(etcd.LockService), lockService(context, lineOf), translate);
  door.add(bounded(etcd.ElectionService), electionService(context, { lineOf, hub }), translate);
}
