import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { makeDataDirectory, openDatabase } from './backend/open.js';
import { DamagedError } from './errors.js';
import { Meta } from './mvcc/meta.js';
import { LmdbDatabases } from './replica/lmdb-databases.js';
import { databaseName, SnapshotFiles } from './replica/snapshot-files.js';

describe('what is in a data directory', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'keelson-data-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const databases = () => new LmdbDatabases(directory, {} as SnapshotFiles);
  const make = async (index: number) => {
    const backend = openDatabase(join(directory, databaseName(index)));
    new Meta(backend).writeNumber('applied', index);
    await backend.commit();
    await backend.close();
  };
  const touch = (...names: string[]) => {
    for (const name of names) writeFileSync(join(directory, name), 'x');
  };
  const names = () => readdirSync(directory).sort();

  test('opening a database removes nothing; only once it goes with the log do others go', async () => {
    for (const index of [0, 5, 9]) await make(index);
    touch('incoming-12', 'incoming-part-3', 'copy-1', 'db-notes', 'notes', 'incomings');
    const before = names();
    const backend = await databases().current(7);
    assert.equal(new Meta(backend).readNumber('applied'), 5);
    assert.deepEqual(names(), before);
    await databases().clean(backend);
    assert.deepEqual(names(), ['db-notes', databaseName(5), `${databaseName(5)}-lock`, 'incomings', 'notes'].sort());
    await backend.close();
  });

  test('a log that begins after a snapshot is refused without its database, and nothing is made in its place', async () => {
    await assert.rejects(databases().current(7), (error: Error) => {
      assert.ok(error instanceof DamagedError);
      assert.match(error.message, /the database is missing: the log in .* goes back to entry 8/);
      assert.match(
        error.message,
        /put back what is missing; or, if the other members are healthy, .* restore a backup/,
      );
      return true;
    });
    assert.deepEqual(names(), []);
    await make(9);
    const before = names();
    await assert.rejects(databases().current(7), /the database is missing/);
    assert.deepEqual(names(), before);
  });

  test('a log without a snapshot is refused beside the database of one', async () => {
    await make(9);
    await assert.rejects(
      databases().current(0),
      /the log does not belong to the database: .* knows nothing of db-0000000000000009/,
    );
  });

  test('a whole log makes its database anew', async () => {
    const backend = await databases().current(0);
    assert.equal(new Meta(backend).readNumber('applied'), 0);
    await backend.close();
  });

  test('a database without a log is refused', () => {
    SnapshotFiles.requireNone(directory, ['wal', 'copy-1', 'db-notes']);
    assert.throws(
      () => SnapshotFiles.requireNone(directory, ['wal', databaseName(3), `${databaseName(3)}-lock`]),
      (error) => error instanceof DamagedError && /the write-ahead log is missing/.test(error.message),
    );
  });

  test('is for its owner only, also where the directory was there before', async () => {
    const member = join(directory, 'a', 'member');
    await makeDataDirectory(member);
    for (const made of [join(directory, 'a'), member]) assert.equal(statSync(made).mode & 0o777, 0o700);
    const open = join(directory, 'open');
    mkdirSync(open, { mode: 0o755 });
    await makeDataDirectory(open);
    assert.equal(statSync(open).mode & 0o777, 0o700);
  });
});
