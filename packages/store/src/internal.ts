/** Parts below the process, for a simulation that gives them another disk, database, wire and clock. */
export type { Command } from './apply/command.js';
export { CommandKind } from './apply/command.js';
export type { Applied } from './apply/state-machine.js';
export { Gate } from './auth/gate.js';
export { Passwords } from './auth/passwords.js';
export { SimpleTokenProvider } from './auth/tokens.js';
export type { Backend, Pair, ScanOptions } from './backend/backend.js';
export type { Overlay } from './backend/overlay.js';
export type { ClusterState, Member } from './cluster/membership.js';
export { raftId } from './cluster/membership.js';
export { TUNING, type Tuning } from './config.js';
export {
  Core,
  type CoreDependencies,
  type CoreObserver,
  type CoreOptions,
  type Databases,
  type Wire,
  type WireEvents,
} from './core.js';
export { EtcdError, errors, StoreError } from './errors.js';
export { Hasher } from './integrity/hasher.js';
export type { LeaderLine } from './lease/desk.js';
export { LeaseIds } from './lease/lease-ids.js';
export { hashKeys } from './mvcc/hash.js';
export { Meta } from './mvcc/meta.js';
export type { ChangeEvent } from './mvcc/mvcc.js';
export { RateLimiter } from './quota/rate-limiter.js';
export type { Transport } from './replica/replica.js';
export { fromWire, toWire } from './replica/wire.js';
export { addClientServices } from './services/client-services.js';
export type { DoorContext } from './services/door.js';
export type { Disk, DiskFile } from './wal/disk.js';
export { isDiskFull } from './wal/wal.js';
