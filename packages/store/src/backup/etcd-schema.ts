import type { Revision } from '../mvcc/key-index.js';

/** etcd's buckets (server/storage/schema). Those without content are there because etcd expects them. */
export const Bucket = {
  alarm: 'alarm',
  auth: 'auth',
  authRoles: 'authRoles',
  authUsers: 'authUsers',
  cluster: 'cluster',
  key: 'key',
  lease: 'lease',
  members: 'members',
  removedMembers: 'members_removed',
  meta: 'meta',
} as const;

export const MetaKey = {
  scheduledCompaction: 'scheduledCompactRev',
  finishedCompaction: 'finishedCompactRev',
  storageVersion: 'storageVersion',
} as const;

export const AuthKey = { enabled: 'authEnabled', revision: 'authRevision' } as const;

const REVISION_BYTES = 17;
const SEPARATOR = '_'.charCodeAt(0);
const TOMBSTONE = 't'.charCodeAt(0);

/** "<main>_<sub>", and a "t" for a deletion. */
export function encodeRevision({ main, sub }: Revision, deleted = false): Buffer {
  const bytes = Buffer.alloc(REVISION_BYTES + Number(deleted));
  bytes.writeBigUInt64BE(BigInt(main), 0);
  bytes[8] = SEPARATOR;
  bytes.writeBigUInt64BE(BigInt(sub), 9);
  if (deleted) bytes[REVISION_BYTES] = TOMBSTONE;
  return bytes;
}

/** Undefined for what is no revision. */
export function decodeRevision(bytes: Buffer): (Revision & { readonly deleted: boolean }) | undefined {
  const deleted = bytes.length === REVISION_BYTES + 1 && bytes[REVISION_BYTES] === TOMBSTONE;
  if (bytes[8] !== SEPARATOR || (bytes.length !== REVISION_BYTES && !deleted)) return undefined;
  return { main: Number(bytes.readBigUInt64BE(0)), sub: Number(bytes.readBigUInt64BE(9)), deleted };
}

export function encodeUint64(value: number | bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt.asUintN(64, BigInt(value)));
  return bytes;
}
