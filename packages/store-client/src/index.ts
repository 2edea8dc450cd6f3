export type { CallOptions } from './caller.js';
export {
  createStoreClient,
  type KvClient,
  type StoreClient,
  type StoreClientDependencies,
  type StoreClientOptions,
} from './client.js';
export { StoreClientError } from './errors.js';
export type { LeaseClient } from './lease.js';
export type { Credentials } from './session.js';
export type { UnaryClient } from './unary.js';
export type { Watch, WatchInit, WatchResponse } from './watch.js';
