import { status } from '@grpc/grpc-js';
import { type CallSettings, type Connection, etcd } from '@keelson/protocol';
import type { Caller, CallOptions } from './caller.js';
import { StoreClientError } from './errors.js';

/** etcd's Lease service. Times are whole seconds. */
export class LeaseClient {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /** Without an id the store chooses one. */
  grant(
    request: { readonly TTL: number; readonly ID?: bigint },
    options?: CallOptions,
  ): Promise<etcd.LeaseGrantResponse> {
    return this.#caller.write((connection, settings) => lease(connection).leaseGrant(request, settings), options);
  }

  revoke(ID: bigint, options?: CallOptions): Promise<etcd.LeaseRevokeResponse> {
    return this.#caller.write((connection, settings) => lease(connection).leaseRevoke({ ID }, settings), options);
  }

  /** Renews once; answers the seconds left. @throws StoreClientError isLeaseNotFound */
  async keepAliveOnce(ID: bigint, options?: CallOptions): Promise<number> {
    // A renewal may be repeated: it only moves the end.
    const response = await this.#caller.read((connection, settings) => renew(connection, settings, ID), options);
    if (response.TTL <= 0) throw new StoreClientError(status.NOT_FOUND, 'etcdserver: requested lease not found');
    return response.TTL;
  }

  /** Answers TTL −1 for a lease that is not there. */
  timeToLive(ID: bigint, keys = false, options?: CallOptions): Promise<etcd.LeaseTimeToLiveResponse> {
    return this.#caller.read(
      (connection, settings) => lease(connection).leaseTimeToLive({ ID, keys }, settings),
      options,
    );
  }

  leases(options?: CallOptions): Promise<etcd.LeaseLeasesResponse> {
    return this.#caller.read((connection, settings) => lease(connection).leaseLeases({}, settings), options);
  }
}

function lease(connection: Connection) {
  return connection.service(etcd.LeaseService);
}

function renew(connection: Connection, settings: CallSettings, ID: bigint): Promise<etcd.LeaseKeepAliveResponse> {
  return new Promise((resolve, reject) => {
    const call = lease(connection).leaseKeepAlive(settings);
    call.on('data', (response: etcd.LeaseKeepAliveResponse) => {
      resolve(response);
      call.end();
    });
    call.on('error', reject);
    call.on('end', () => reject(new StoreClientError(status.UNAVAILABLE, 'the keepalive stream ended unanswered')));
    call.write({ ID });
  });
}
