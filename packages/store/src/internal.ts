/** Parts below the process, for a simulation that gives them another disk, database, wire and clock. */
export type { Backend, Pair, ScanOptions } from './backend/backend.js';
export type { ClusterState, Member } from './cluster/membership.js';
export { raftId } from './cluster/membership.js';
export { TUNING, type Tuning } from './config.js';
export {
  Core,
  type CoreDependencies,
  type CoreOptions,
  type Databases,
  type Wire,
  type WireEvents,
} from './core.js';
export { EtcdError, errors, StoreError } from './errors.js';
export type { LeaderLine } from './lease/desk.js';
export { hashKeys } from './mvcc/hash.js';
export type { Transport } from './replica/replica.js';
export type { Disk, DiskFile } from './wal/disk.js';
