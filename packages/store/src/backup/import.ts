import { etcd } from '@keelson/protocol';
import { Accounts } from '../auth/accounts.js';
import type { Backend } from '../backend/backend.js';
import { StoreError } from '../errors.js';
import { Lessor, TTL_MAX } from '../lease/lessor.js';
import { HEAD_BYTES, History } from '../mvcc/history.js';
import { KeyIndex } from '../mvcc/key-index.js';
import { Meta } from '../mvcc/meta.js';
import type { BoltReader } from './bolt-reader.js';
import { AuthKey, Bucket, decodeRevision, MetaKey } from './etcd-schema.js';

export interface ImportOptions {
  /** Added to the last revision: clients that saw more than the backup holds must not meet its revisions again. */
  readonly bumpRevision: number;
  /** Makes what is before the new revision unreadable, so that watches begin anew. */
  readonly markCompacted: boolean;
}

/** Versions of etcd whose databases hold what is read here in this form. */
const STORAGE_VERSIONS = /^3\.[4-6]\./;
/** Between commits, so that memory does not grow with the backup. */
const COMMIT_BYTES = 64 * 1024 * 1024;
const NONE = { main: 0, sub: 0 };
const HEAD = Buffer.alloc(HEAD_BYTES);

/** Takes what an etcd database file holds into an empty database. Returns its revision. @throws StoreError */
export async function importDatabase(reader: BoltReader, backend: Backend, options: ImportOptions): Promise<number> {
  if (!reader.has(Bucket.key)) throw new StoreError('the backup holds no keys: it is a database, but not one of etcd');
  const version = reader.get(Bucket.meta, MetaKey.storageVersion)?.toString();
  if (version !== undefined && !STORAGE_VERSIONS.test(version)) {
    throw new StoreError(`the backup is of storage version ${version}, which this version cannot read`);
  }
  const meta = new Meta(backend);
  importLeases(reader, backend);
  const { last, keys } = await importKeys(reader, backend);
  importAuth(reader, backend, meta);
  const compaction = (key: string) => decodeRevision(reader.get(Bucket.meta, key) ?? Buffer.alloc(0))?.main ?? 0;
  const scheduled = compaction(MetaKey.scheduledCompaction);
  const revision = Math.max(1, last, scheduled) + options.bumpRevision;
  meta.writeNumber('revision', revision);
  meta.writeNumber('keys', keys);
  meta.writeNumber('compact', options.markCompacted ? revision : scheduled);
  meta.writeNumber('compacted', compaction(MetaKey.finishedCompaction));
  await backend.commit();
  return revision;
}

function importLeases(reader: BoltReader, backend: Backend): void {
  const lessor = new Lessor({ ttlMin: 0 }, backend, { monotonic: () => 0 });
  for (const [, value] of reader.pairs(Bucket.lease)) {
    const { ID, TTL, RemainingTTL } = etcd.Lease.decode(value);
    lessor.grant(ID, Math.min(TTL, TTL_MAX));
    if (RemainingTTL > 0) lessor.checkpoint(ID, RemainingTTL);
  }
}

/** Every change in order, linked to the one of the same key before. Returns the last revision, and how many keys there are. */
async function importKeys(reader: BoltReader, backend: Backend): Promise<{ last: number; keys: number }> {
  const index = new KeyIndex(backend);
  const history = new History(backend);
  const lessor = new Lessor({ ttlMin: 0 }, backend, { monotonic: () => 0 });
  let [last, keys] = [0, 0];
  for (const [place, bytes] of reader.pairs(Bucket.key)) {
    const revision = decodeRevision(place);
    if (!revision) throw new StoreError('the backup is damaged: a key is stored where no revision is. Use another one');
    const { main, sub, deleted } = revision;
    const kv = etcd.KeyValue.decode(bytes);
    const old = index.get(kv.key);
    const content = deleted ? etcd.KeyValue.encode({ key: kv.key, modRevision: main }) : bytes;
    history.put({ main, sub, deleted, previous: old ?? NONE }, Buffer.concat([HEAD, content]));
    const entry = deleted
      ? { create: 0, version: 0, lease: 0n }
      : { create: kv.createRevision, version: kv.version, lease: kv.lease };
    index.put(kv.key, { main, sub, deleted, ...entry });
    const [before, after] = [old?.lease ?? 0n, entry.lease];
    if (before !== 0n && before !== after) lessor.detach(before, kv.key);
    if (after !== 0n && before !== after) lessor.attach(after, kv.key);
    keys += Number(!deleted) - Number(old !== undefined && !old.deleted);
    last = main;
    if (backend.pendingBytes > COMMIT_BYTES) await backend.commit();
  }
  return { last, keys };
}

function importAuth(reader: BoltReader, backend: Backend, meta: Meta): void {
  const accounts = new Accounts(backend);
  for (const [, value] of reader.pairs(Bucket.authUsers)) accounts.users.put(etcd.User.decode(value));
  for (const [, value] of reader.pairs(Bucket.authRoles)) accounts.roles.put(etcd.Role.decode(value));
  meta.writeNumber('authEnabled', reader.get(Bucket.auth, AuthKey.enabled)?.[0] === 1 ? 1 : 0);
  const revision = reader.get(Bucket.auth, AuthKey.revision);
  meta.writeNumber('authRevision', revision?.length === 8 ? Number(revision.readBigUInt64BE()) : 1);
}
