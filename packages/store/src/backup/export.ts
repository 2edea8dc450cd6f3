import { rm } from 'node:fs/promises';
import { etcd } from '@keelson/protocol';
import { AuthStore } from '../auth/auth-store.js';
import type { Backend } from '../backend/backend.js';
import { Lessor } from '../lease/lessor.js';
import type { Change } from '../mvcc/history.js';
import { Meta } from '../mvcc/meta.js';
import { Mvcc } from '../mvcc/mvcc.js';
import { type BoltPair, BoltWriter } from './bolt-writer.js';
import { AuthKey, Bucket, encodeRevision, encodeUint64, MetaKey } from './etcd-schema.js';

/** Changes read at a time. */
const SLICE = 250;

/**
 * Writes what a database holds as a file of etcd's: keys with their history, leases, users and roles. Who its members
 * are and how far the log was is left out, for whoever restores it begins a new cluster. Nobody may write to the
 * database meanwhile.
 */
export async function exportDatabase(backend: Backend, file: string): Promise<void> {
  const writer = await BoltWriter.create(file);
  try {
    await writeBuckets(backend, writer);
    await writer.finish();
  } catch (error) {
    await writer.close().catch(() => undefined);
    await rm(file, { force: true });
    throw error;
  }
}

async function writeBuckets(backend: Backend, writer: BoltWriter): Promise<void> {
  const meta = new Meta(backend);
  const mvcc = new Mvcc(backend, meta);
  const auth = new AuthStore(backend, meta, NO_TOKENS);
  const lessor = new Lessor({ ttlMin: 0 }, backend, { monotonic: () => 0 });
  await writer.addBucket(Bucket.key, changes(mvcc));
  await writer.addBucket(Bucket.meta, [compactions(mvcc)]);
  await writer.addBucket(Bucket.lease, [leases(lessor)]);
  await writer.addBucket(Bucket.auth, [
    [
      [Buffer.from(AuthKey.enabled), Buffer.of(Number(auth.enabled))],
      [Buffer.from(AuthKey.revision), encodeUint64(auth.revision)],
    ],
  ]);
  await writer.addBucket(Bucket.authUsers, [auth.users.map((user): BoltPair => [user.name, etcd.User.encode(user)])]);
  await writer.addBucket(Bucket.authRoles, [auth.roles.map((role): BoltPair => [role.name, etcd.Role.encode(role)])]);
  const { alarm, cluster, members, removedMembers } = Bucket;
  for (const name of [alarm, cluster, members, removedMembers]) await writer.addBucket(name, []);
}

function* changes(mvcc: Mvcc): Generator<BoltPair[]> {
  let next = { main: 0, sub: 0 };
  for (;;) {
    const slice: Change[] = [];
    for (const change of mvcc.history.scan(next, mvcc.revision)) {
      slice.push(change);
      if (slice.length === SLICE) break;
    }
    yield slice.map((change): BoltPair => [encodeRevision(change, change.deleted), contentOf(change)]);
    const last = slice.at(-1);
    if (slice.length < SLICE || !last) return;
    next = { main: last.main, sub: last.sub + 1 };
  }
}

/** The bytes lent by the database are copied: they are written later. Of a deletion etcd keeps the key only. */
function contentOf({ deleted, kv }: Change): Buffer {
  return deleted ? etcd.KeyValue.encode({ key: etcd.KeyValue.decode(kv).key }) : Buffer.from(kv);
}

function compactions({ compactor }: Mvcc): BoltPair[] {
  if (compactor.revision === 0) return [];
  const revision = encodeRevision({ main: compactor.revision, sub: 0 });
  const scheduled: BoltPair = [Buffer.from(MetaKey.scheduledCompaction), revision];
  return compactor.pending ? [scheduled] : [[Buffer.from(MetaKey.finishedCompaction), revision], scheduled];
}

function leases(lessor: Lessor): BoltPair[] {
  const pairs = lessor.ids().map((id): BoltPair => {
    const { ttl, remaining } = lessor.get(id)!;
    return [encodeUint64(id), etcd.Lease.encode({ ID: id, TTL: ttl, RemainingTTL: remaining })];
  });
  return pairs.sort(([a], [b]) => Buffer.compare(a, b));
}

const NO_TOKENS = { add: () => undefined, revokeUser: () => undefined, revokeAll: () => undefined };
