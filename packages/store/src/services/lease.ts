import { type ServerDuplexStream, status, type UntypedServiceImplementation } from '@grpc/grpc-js';
import { etcd, type Handlers } from '@keelson/protocol';
import { writeTo } from '@keelson/service';
import { CommandKind } from '../apply/command.js';
import type { Caller } from '../auth/gate.js';
import { errors } from '../errors.js';
import type { LeaseDesk } from '../lease/desk.js';
import type { LeaseIds } from '../lease/lease-ids.js';
import { TTL_MAX } from '../lease/lessor.js';
import { type DoorContext, header, type Raw, rawMethod, requireLeader, toStatus, unary } from './door.js';
import { leasesResponse, timeToLiveResponse } from './responses.js';

type KeepAliveCall = ServerDuplexStream<etcd.LeaseKeepAliveRequest, Partial<etcd.LeaseKeepAliveResponse>>;

const { leaseTimeToLive, leaseLeases, ...others } = etcd.LeaseService;
/** Looking whether a lease may be seen. */
const CHECK_UNITS = 0.5;

/** etcd's Lease service. */
export const leaseMethods = others;

export function leaseService(
  context: DoorContext,
  dependencies: { readonly desk: LeaseDesk; readonly ids: LeaseIds },
): Handlers<typeof leaseMethods> {
  const { gate, replica } = context;
  const { desk, ids: newIds } = dependencies;
  const current = () => header(context, replica.machine.mvcc.revision);

  return {
    async leaseGrant(request, call) {
      requireLeader(context, call.metadata);
      const author = await gate.requireUser(call);
      if (request.TTL > TTL_MAX) throw errors.leaseTtlTooLarge();
      const ID = request.ID === 0n ? newIds.next() : request.ID;
      const body = etcd.LeaseGrantRequest.encode({ ID, TTL: request.TTL });
      const { outcome } = await replica.propose<'leaseGrant'>(CommandKind.leaseGrant, body, { author });
      return { header: current(), ID, TTL: outcome.ttl };
    },

    async leaseRevoke(request, call) {
      requireLeader(context, call.metadata);
      const author = await gate.requireUser(call);
      const body = etcd.LeaseRevokeRequest.encode(request);
      const { revision } = await replica.propose<'leaseRevoke'>(CommandKind.leaseRevoke, body, { author });
      return { header: header(context, revision) };
    },

    leaseKeepAlive: (call) => keepAlive(context, desk, call as unknown as KeepAliveCall, current),
  };
}

/** Those of its methods whose answers may be large. */
export const leaseListsDefinition = {
  leaseTimeToLive: rawMethod(leaseTimeToLive),
  leaseLeases: rawMethod(leaseLeases),
};

export function leaseListsService(
  context: DoorContext,
  { desk }: { readonly desk: LeaseDesk },
): UntypedServiceImplementation {
  const { gate, replica } = context;

  const timeToLive = async ({ ID, keys }: etcd.LeaseTimeToLiveRequest, caller: Caller) => {
    const author = await gate.requireUser(caller);
    if (keys) replica.machine.access.leaseRead(author, ID);
    const { grantedTtl: grantedTTL, ...rest } = await desk.timeToLive(ID, keys);
    if (keys) replica.machine.auth.requireCurrent(author);
    const head = header(context, replica.machine.mvcc.revision);
    const { lane } = replica;
    return await lane.run(timeToLiveResponse(head, { ID, grantedTTL, ...rest }, lane.pace));
  };

  const leases = async (caller: Caller) => {
    await replica.linearizable();
    const author = await gate.requireUser(caller);
    const response = await replica.read(function* ({ access, lessor, mvcc }, pace) {
      const head = header(context, mvcc.revision);
      const ids = yield* lessor.idsSteps(pace);
      for (const ID of ids) {
        access.leaseRead(author, ID);
        if (pace.spend(CHECK_UNITS)) yield;
      }
      return yield* leasesResponse(head, ids, pace);
    });
    replica.machine.auth.requireCurrent(author);
    return response;
  };

  return {
    leaseTimeToLive: unary(context, ({ request }: Raw<etcd.LeaseTimeToLiveRequest>, caller) =>
      timeToLive(request, caller),
    ),
    leaseLeases: unary(context, (_: Raw<etcd.LeaseLeasesRequest>, caller) => leases(caller)),
  } as UntypedServiceImplementation;
}

/** Renewals of a stream that wait: beyond, its client has to. */
const RENEWALS_MAX = 100;

/** Renewals are answered in the order they came; a lease that is gone is answered without a TTL. */
function keepAlive(
  context: DoorContext,
  desk: LeaseDesk,
  call: KeepAliveCall,
  current: () => etcd.ResponseHeader,
): void {
  let queue = Promise.resolve();
  let waiting = 0;
  const answer = async (ID: bigint) => {
    const author = await context.gate.requireUser(call);
    context.replica.machine.access.leaseWrite(author, ID);
    const TTL = await desk.renew(ID);
    await writeTo(call, { header: current(), ID, TTL });
  };
  call.on('data', ({ ID }: etcd.LeaseKeepAliveRequest) => {
    waiting += 1;
    if (waiting === RENEWALS_MAX) call.pause();
    queue = queue
      .then(() => answer(ID))
      .then(() => {
        waiting -= 1;
        if (waiting === RENEWALS_MAX / 2) call.resume();
      })
      .catch((error: unknown) => {
        if (!call.destroyed) call.emit('error', toStatus(context.logger)(error));
      });
  });
  // grpc-js would end with the text "OK"; etcd's streams end without one.
  call.on('end', () => void queue.then(() => call.emit('error', { code: status.OK, details: '' })));
  call.on('error', () => undefined);
}
