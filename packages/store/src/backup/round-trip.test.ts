import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { etcd } from '@keelson/protocol';
import fc from 'fast-check';
import { AuthStore } from '../auth/auth-store.js';
import { LmdbBackend } from '../backend/lmdb.js';
import { Lessor } from '../lease/lessor.js';
import { hashKeys } from '../mvcc/hash.js';
import { Meta } from '../mvcc/meta.js';
import { Mvcc } from '../mvcc/mvcc.js';
import { BoltReader } from './bolt-reader.js';
import { exportDatabase } from './export.js';
import { type ImportOptions, importDatabase } from './import.js';

const NO_TOKENS = { add: () => undefined, revokeUser: () => undefined, revokeAll: () => undefined };
const AS_IT_IS: ImportOptions = { bumpRevision: 0, markCompacted: false };
const putDefaults = etcd.PutRequest.decode(Buffer.alloc(0));
const rangeDefaults = etcd.RangeRequest.decode(Buffer.alloc(0));
const names = fc.constantFrom('a', 'b', 'c', 'y'.repeat(2_000));
const step = fc.oneof(
  fc.record({ op: fc.constant('put' as const), key: names, lease: fc.constantFrom(0n, 1n, 2n) }),
  fc.record({ op: fc.constant('delete' as const), key: names }),
  fc.record({ op: fc.constant('compact' as const), slices: fc.nat(2) }),
);

describe('a backup', () => {
  let directory: string;
  let count = 0;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'keelson-backup-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const open = () => {
    count += 1;
    const backend = new LmdbBackend({ file: join(directory, `db-${count}`), mapBytes: 1024 ** 3 });
    return { backend, ...parts(backend) };
  };
  const parts = (backend: LmdbBackend) => {
    const meta = new Meta(backend);
    const lessor = new Lessor({ ttlMin: 0 }, backend, { monotonic: () => 0 });
    return { mvcc: new Mvcc(backend, meta), lessor, auth: new AuthStore(backend, meta, NO_TOKENS) };
  };
  const copied = async (backend: LmdbBackend, options: ImportOptions) => {
    count += 1;
    const file = join(directory, `backup-${count}`);
    await exportDatabase(backend, file);
    const target = open();
    const reader = new BoltReader(file);
    const revision = await importDatabase(reader, target.backend, options);
    reader.close();
    return { revision, backend: target.backend, ...parts(target.backend) };
  };

  test('holds every revision that can be read, leases with their keys, users and roles', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const source = open();
        for (const id of [1n, 2n]) source.lessor.grant(id, 100 * Number(id));
        source.lessor.checkpoint(2n, 50);
        for (const each of steps) {
          const write = source.mvcc.write(source.lessor);
          if (each.op === 'put') {
            write.put({ ...putDefaults, key: Buffer.from(each.key), value: Buffer.from('v'), lease: each.lease });
          } else if (each.op === 'delete') {
            write.deleteRange({ key: Buffer.from(each.key), rangeEnd: Buffer.alloc(0), prevKv: false });
          } else if (source.mvcc.revision > source.mvcc.compactRevision) {
            source.mvcc.compactor.schedule(source.mvcc.revision, source.mvcc.revision);
            for (let n = 0; n < each.slices; n += 1) source.mvcc.compactor.slice(3);
          }
          write.end();
        }
        source.mvcc.save();
        const target = await copied(source.backend, AS_IT_IS);
        assert.equal(target.mvcc.revision, source.mvcc.revision);
        assert.equal(target.mvcc.compactRevision, source.mvcc.compactRevision);
        assert.equal(hashKeys(target.mvcc, target.mvcc.revision), hashKeys(source.mvcc, source.mvcc.revision));
        const all = { ...rangeDefaults, key: Buffer.of(0), rangeEnd: Buffer.of(0) };
        for (let revision = Math.max(1, source.mvcc.compactRevision); revision <= source.mvcc.revision; revision += 1) {
          assert.deepEqual(target.mvcc.range({ ...all, revision }), source.mvcc.range({ ...all, revision }));
        }
        for (const id of [1n, 2n]) assert.deepEqual(target.lessor.keys(id), source.lessor.keys(id));
        assert.equal(target.lessor.get(2n)?.remaining, 50);
        // Compaction goes on where it was.
        for (const { mvcc } of [source, target]) while (mvcc.compactor.slice(5));
        assert.equal(hashKeys(target.mvcc, target.mvcc.revision), hashKeys(source.mvcc, source.mvcc.revision));
        await source.backend.close();
        await target.backend.close();
      }),
      { numRuns: 40 },
    );
  });

  test('keeps users and roles, and whether they matter', async () => {
    const source = open();
    source.auth.addUser({ name: 'root', password: '', options: undefined, hashedPassword: 'aGFzaA==' });
    source.auth.grantRole('root', 'root');
    source.auth.addRole('r');
    const perm = { permType: etcd.PermissionType.READ, key: Buffer.from('k'), rangeEnd: Buffer.from('l') };
    source.auth.grantPermission({ name: 'r', perm });
    source.auth.enable();
    const target = await copied(source.backend, AS_IT_IS);
    assert.deepEqual([target.auth.enabled, target.auth.revision], [true, source.auth.revision]);
    assert.deepEqual(target.auth.users, source.auth.users);
    assert.deepEqual(target.auth.roles, source.auth.roles);
    await source.backend.close();
    await target.backend.close();
  });

  test('can be restored at a later revision, before which nothing can be watched', async () => {
    const source = open();
    const write = source.mvcc.write(source.lessor);
    write.put({ ...putDefaults, key: Buffer.from('a'), value: Buffer.from('v') });
    write.end();
    source.mvcc.save();
    const target = await copied(source.backend, { bumpRevision: 1_000, markCompacted: true });
    assert.deepEqual([target.revision, target.mvcc.revision, target.mvcc.compactRevision], [1_002, 1_002, 1_002]);
    while (target.mvcc.compactor.slice(10));
    assert.equal(target.mvcc.range({ ...rangeDefaults, key: Buffer.from('a') }).count, 1);
    await source.backend.close();
    await target.backend.close();
  });
});
