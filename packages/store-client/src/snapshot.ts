import { etcd } from '@keelson/protocol';
import type { Caller, CallOptions } from './caller.js';
import type { Endpoints } from './endpoints.js';
import { StoreClientError } from './errors.js';

/** The responses of one Snapshot call, as fast as they are taken. @throws StoreClientError */
export async function* snapshotOf(
  endpoints: Endpoints,
  caller: Caller,
  endpoint: string,
  options: CallOptions,
): AsyncGenerator<etcd.SnapshotResponse> {
  const connection = endpoints.connection(endpoint);
  const metadata = await caller.metadata(connection);
  const call = connection.service(etcd.MaintenanceService).snapshot({}, { metadata, signal: options.signal });
  try {
    for await (const response of call) yield response as etcd.SnapshotResponse;
  } catch (error) {
    throw StoreClientError.from(error);
  } finally {
    call.cancel();
  }
}
