import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { etcd } from '@keelson/protocol';
import type { StoreClient } from '@keelson/store-client';
import { LmdbBackend } from '../src/backend/lmdb.js';
import { Table } from '../src/backend/tables.js';
import { ClusterUnderTest, type ProcessMember, until } from './processes.js';

const key = (text: string) => Buffer.from(text);

/** Changes one byte of a stored value, as a disk or a bug might. */
async function corrupt(cluster: ClusterUnderTest, member: ProcessMember, value: string): Promise<void> {
  const directory = join(cluster.dataDirectory(member), 'member');
  const file = readdirSync(directory).find((name) => /^db-[0-9a-f]{16}$/.test(name))!;
  const backend = new LmdbBackend({ file: join(directory, file), mapBytes: 1024 ** 3 });
  const rows = [...backend.scan(Buffer.of(Table.history), Buffer.of(Table.history + 1))];
  const [place, bytes] = rows.find(([, row]) => row.includes(value))!;
  const changed = Buffer.from(bytes);
  changed[changed.indexOf(value)]! ^= 1;
  backend.put(Buffer.from(place), changed);
  await backend.commit();
  await backend.close();
}

describe('corruption', () => {
  let cluster: ClusterUnderTest;
  let client: StoreClient;
  beforeEach(async () => {
    cluster = await ClusterUnderTest.start('keelson', 3, ['--corrupt-check-time', '200ms']);
    client = cluster.client();
    for (const name of ['a', 'b', 'c']) await client.kv.put({ key: key(name), value: key(`value of ${name}`) });
    // What is put is in every member's database once each has answered with it and is stopped in good order.
    for (const url of cluster.endpoints) {
      const each = cluster.client([url]);
      assert.equal((await each.kv.range({ key: key('c') })).count, 1);
      each.close();
    }
  });
  afterEach(async () => {
    client.close();
    await cluster.stop();
  });

  const corruptOneFollower = async () => {
    const leader = await cluster.leader();
    const victim = cluster.members.find((member) => member !== leader)!;
    await cluster.kill(victim, 'SIGTERM');
    await corrupt(cluster, victim, 'value of b');
    return victim;
  };

  test('a member whose data differs is named in an alarm; writes are refused, reads go on, until it is disarmed', async () => {
    const victim = await corruptOneFollower();
    await cluster.start(victim);
    const { header } = await client.status(victim.clientUrl);
    const alarm = await until(
      async () => (await client.maintenance.alarm({ action: etcd.AlarmRequestAlarmAction.GET })).alarms[0],
      'the alarm is raised',
    );
    assert.equal(alarm.alarm, etcd.AlarmType.CORRUPT);
    assert.equal(alarm.memberID, header!.memberId);
    const refusal = { code: status.DATA_LOSS, details: 'etcdserver: corrupt cluster' };
    await assert.rejects(client.kv.put({ key: key('d'), value: key('d') }), refusal);
    await assert.rejects(client.kv.deleteRange({ key: key('a') }), refusal);
    await assert.rejects(client.kv.txn({ success: [{ requestDeleteRange: { key: key('a') } }] }), refusal);
    await assert.rejects(client.kv.compact({ revision: 2 }), refusal);
    await assert.rejects(client.lease.grant({ TTL: 60 }), refusal);
    assert.equal((await client.kv.range({ key: key('a') })).count, 1);
    const told = async () => (await client.status()).errors.join().includes('alarm:CORRUPT');
    await until(told, 'the status tells of the alarm');
  });

  test('a member that is asked to compare at start does not serve what differs', async () => {
    const victim = await corruptOneFollower();
    const main = new URL('../src/main.js', import.meta.url).pathname;
    const child = spawn(process.execPath, [main, ...cluster.args(victim), '--experimental-initial-corrupt-check']);
    let output = '';
    child.stderr.on('data', (data: Buffer) => {
      output += data.toString();
    });
    const code = await new Promise((resolve) => child.once('close', resolve));
    assert.equal(code, 1);
    assert.match(output, /error: found data inconsistency with peers: .* delete its data directory and add it again/);
    const sound = cluster.members.find((member) => member !== victim)!;
    await cluster.kill(sound, 'SIGTERM');
    await corruptionFree(cluster, sound);
  });

  test('and where that is wished, replaces itself by a new member with the data of the others', async () => {
    const victim = await corruptOneFollower();
    await cluster.start(victim, ['--experimental-initial-corrupt-check', '--repair-from-peers']);
    await cluster.said(victim, /the data cannot be trusted/);
    const revision = (await client.kv.put({ key: key('d'), value: key('d') })).header!.revision;
    const hashes = await Promise.all(
      cluster.endpoints.map((url) => until(() => client.hashKV(revision, url), 'it caught up')),
    );
    assert.equal(new Set(hashes.map((each) => each.hash)).size, 1);
  });

  const corruptionFree = async (running: ClusterUnderTest, member: ProcessMember) => {
    await running.start(member, ['--feature-gates', 'InitialCorruptCheck=true']);
    await running.said(member, /compared with the other members: no corruption/);
  };
});

test('what compactions left is compared too', async () => {
  const gate = ['--feature-gates', 'CompactHashCheck=true', '--compact-hash-check-time', '200ms'];
  const cluster = await ClusterUnderTest.start('keelson', 3, gate);
  const client = cluster.client();
  try {
    for (const name of ['a', 'b', 'a']) await client.kv.put({ key: key(name), value: key(`value of ${name}`) });
    const { header } = await client.kv.put({ key: key('c'), value: key('c') });
    await client.kv.compact({ revision: header!.revision, physical: true });
    const leader = await cluster.leader();
    const victim = cluster.members.find((member) => member !== leader)!;
    await until(
      async () => (await client.hashKV(0, victim.clientUrl)).compactRevision === header!.revision,
      'the follower compacts too',
    );
    await cluster.kill(victim, 'SIGTERM');
    await corrupt(cluster, victim, 'value of b');
    await cluster.start(victim);
    const { header: answered } = await client.status(victim.clientUrl);
    const alarm = await until(
      async () => (await client.maintenance.alarm({ action: etcd.AlarmRequestAlarmAction.GET })).alarms[0],
      'the alarm is raised',
    );
    assert.equal(alarm.memberID, answered!.memberId);
  } finally {
    client.close();
    await cluster.stop();
  }
});
