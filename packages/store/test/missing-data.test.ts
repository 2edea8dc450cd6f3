import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { StoreClient } from '@keelson/store-client';
import { ClusterUnderTest, type ProcessMember, until } from './processes.js';

/** Everything below a directory, with its content; LMDB's locks say who has it open. */
function contentOf(directory: string): Map<string, string> {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile() && !each.name.endsWith('-lock'))
    .map((each) => join(each.parentPath, each.name));
  return new Map(files.map((file) => [file, readFileSync(file, 'latin1')]));
}

describe('a data directory of which a part is missing', () => {
  let cluster: ClusterUnderTest;
  let client: StoreClient;
  let member: ProcessMember;
  let directory: string;
  let wal: string;

  beforeEach(async () => {
    // Snapshots are taken early, so that the log does not go back to its beginning.
    cluster = await ClusterUnderTest.start('keelson', 1, ['--snapshot-count', '20', '--snapshot-catchup-entries', '5']);
    [member] = cluster.members as [ProcessMember];
    directory = join(cluster.dataDirectory(member), 'member');
    wal = join(directory, 'wal');
    client = cluster.client();
    await fill('before');
  });
  afterEach(async () => {
    client?.close();
    await cluster?.stop();
  });

  /** Resolves once the database on disk stands for the beginning, and the log has let go of all it had before. */
  const fill = async (name: string) => {
    const segments = () => readdirSync(wal).filter((name) => name.endsWith('.wal'));
    const had = new Set(segments());
    for (let n = 0; n < 60; n += 1)
      await client.kv.put({ key: Buffer.from(`${name}${n}`), value: Buffer.alloc(50_000) });
    await until(async () => !segments().some((segment) => had.has(segment)), 'the log lets its beginning go');
  };
  const databases = () => readdirSync(directory).filter((name) => /^db-[0-9a-f]+$/.test(name));

  const refuses = async (what: RegExp) => {
    const before = contentOf(directory);
    for (const _ of [1, 2]) assert.match(await cluster.startToEnd(member), what);
    const after = contentOf(directory);
    for (const [file, content] of before) assert.equal(after.get(file), content, `${file} was changed`);
    assert.deepEqual([...after.keys()].sort(), [...before.keys()].sort());
  };
  const servesAll = async () => {
    await cluster.start(member);
    const { count } = await client.kv.range({ key: Buffer.from('before'), rangeEnd: Buffer.from('beforf') });
    assert.equal(count, 60);
  };

  test('starts without any part of it that can be made again', async () => {
    await cluster.kill(member);
    for (const name of databases()) rmSync(join(directory, `${name}-lock`));
    for (const name of ['copy-3', 'incoming-part-1', 'incoming-99'])
      writeFileSync(join(directory, name), 'left behind');
    await servesAll();
    assert.deepEqual(
      readdirSync(directory).filter((name) => /^(copy|incoming)/.test(name)),
      [],
    );
  });

  test('is refused, and left as it is, without its log', async () => {
    await cluster.kill(member);
    const aside = join(cluster.directory, 'aside');
    renameSync(wal, aside);
    const what = /the write-ahead log is missing: there is a database, .*Nothing was changed: put back what is missing/;
    await refuses(what);
    rmSync(wal, { recursive: true, force: true });
    mkdirSync(wal);
    await refuses(what);
    rmSync(wal, { recursive: true });
    renameSync(aside, wal);
    await servesAll();
  });

  test('is refused, and left as it is, without its database', async () => {
    await cluster.kill(member);
    const [name] = databases() as [string];
    const aside = join(cluster.directory, 'aside');
    renameSync(join(directory, name), aside);
    await refuses(/the database is missing: the log in .* goes back to entry \d+.*Nothing was changed/);
    renameSync(aside, join(directory, name));
    await servesAll();
  });

  test('is refused, and left as it is, with a log that is older than its database', async () => {
    await cluster.kill(member);
    const [older, aside] = [join(cluster.directory, 'older'), join(cluster.directory, 'aside')];
    cpSync(wal, older, { recursive: true });
    await cluster.start(member);
    await fill('later');
    await cluster.kill(member);
    renameSync(wal, aside);
    cpSync(older, wal, { recursive: true });
    await refuses(/they do not belong together/);
    rmSync(wal, { recursive: true });
    renameSync(aside, wal);
    await servesAll();
  });

  test('and what is there can be read by its owner only', async () => {
    for (const entry of [directory, wal]) assert.equal(statSync(entry).mode & 0o777, 0o700, entry);
    for (const file of contentOf(directory).keys()) assert.equal(statSync(file).mode & 0o077, 0, file);
    for (const name of readdirSync(directory)) assert.equal(statSync(join(directory, name)).mode & 0o077, 0, name);
  });
});
