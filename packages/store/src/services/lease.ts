import { type ServerDuplexStream, status } from '@grpc/grpc-js';
import { etcd, type Handlers } from '@keelson/protocol';
import { writeTo } from '@keelson/service';
import { CommandKind } from '../apply/command.js';
import { errors } from '../errors.js';
import type { LeaseDesk } from '../lease/desk.js';
import type { LeaseIds } from '../lease/lease-ids.js';
import { TTL_MAX } from '../lease/lessor.js';
import { type DoorContext, header, requireLeader, toStatus } from './door.js';

type KeepAliveCall = ServerDuplexStream<etcd.LeaseKeepAliveRequest, Partial<etcd.LeaseKeepAliveResponse>>;

/** etcd's Lease service. */
export function leaseService(
  context: DoorContext,
  dependencies: { readonly desk: LeaseDesk; readonly ids: LeaseIds },
): Handlers<typeof etcd.LeaseService> {
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

    async leaseTimeToLive(request, call) {
      requireLeader(context, call.metadata);
      const author = await gate.requireUser(call);
      const { access, auth } = replica.machine;
      if (request.keys) access.leaseRead(author, request.ID);
      const answer = await desk.timeToLive(request.ID, request.keys);
      if (request.keys) auth.requireCurrent(author);
      return { header: current(), ID: request.ID, TTL: answer.TTL, grantedTTL: answer.grantedTtl, keys: answer.keys };
    },

    async leaseLeases(_request, call) {
      requireLeader(context, call.metadata);
      await replica.linearizable();
      const author = await gate.requireUser(call);
      const { access, lessor } = replica.machine;
      const ids = lessor.ids();
      for (const ID of ids) access.leaseRead(author, ID);
      return { header: current(), leases: ids.map((ID) => ({ ID })) };
    },
  };
}

/** Renewals are answered in the order they came; a lease that is gone is answered without a TTL. */
function keepAlive(
  context: DoorContext,
  desk: LeaseDesk,
  call: KeepAliveCall,
  current: () => etcd.ResponseHeader,
): void {
  let queue = Promise.resolve();
  const answer = async (ID: bigint) => {
    const author = await context.gate.requireUser(call);
    context.replica.machine.access.leaseWrite(author, ID);
    const TTL = await desk.renew(ID);
    await writeTo(call, { header: current(), ID, TTL });
  };
  call.on('data', ({ ID }: etcd.LeaseKeepAliveRequest) => {
    queue = queue
      .then(() => answer(ID))
      .catch((error: unknown) => {
        if (!call.destroyed) call.emit('error', toStatus(context.logger)(error));
      });
  });
  // grpc-js would end with the text "OK"; etcd's streams end without one.
  call.on('end', () => void queue.then(() => call.emit('error', { code: status.OK, details: '' })));
  call.on('error', () => undefined);
}
