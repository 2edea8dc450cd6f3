import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { etcd } from '@keelson/protocol';
import type { StoreClient } from '@keelson/store-client';
import { ClusterUnderTest, until } from './processes.js';

const key = (text: string) => Buffer.from(text);
const { GET, ACTIVATE, DEACTIVATE } = etcd.AlarmRequestAlarmAction;

describe('maintenance', () => {
  let cluster: ClusterUnderTest;
  let client: StoreClient;
  before(async () => {
    cluster = await ClusterUnderTest.start('keelson', 3, ['--quota-backend-bytes', '100000000']);
    client = cluster.client();
    for (const name of ['a', 'b', 'a', 'c']) await client.kv.put({ key: key(name), value: key(name) });
  });
  after(async () => {
    client?.close();
    await cluster?.stop();
  });

  test('status tells versions, sizes and their limit', async () => {
    const told = await client.status();
    assert.deepEqual([told.version, told.storageVersion, told.dbSizeQuota], ['3.6.0', '3.6.0', 100_000_000]);
    assert.deepEqual([told.errors, told.isLearner, told.downgradeInfo?.enabled], [[], false, false]);
    assert.ok(told.dbSize >= told.dbSizeInUse && told.dbSizeInUse > 0);
    assert.ok(told.raftAppliedIndex <= told.raftIndex);
  });

  test('a downgrade is validated, enabled and canceled', async () => {
    const { VALIDATE, ENABLE, CANCEL } = etcd.DowngradeRequestDowngradeAction;
    const ask = (action: etcd.DowngradeRequestDowngradeAction, version = '3.5') =>
      client.maintenance.downgrade({ action, version });
    await assert.rejects(ask(VALIDATE, 'old'), { details: 'etcdserver: wrong downgrade target version format' });
    await assert.rejects(ask(VALIDATE, '3.4'), { details: 'etcdserver: invalid downgrade target version' });
    await assert.rejects(ask(CANCEL), { details: 'etcdserver: no inflight downgrade job' });
    assert.equal((await ask(VALIDATE)).version, '3.6');
    await ask(ENABLE, '3.5.0');
    await assert.rejects(ask(ENABLE), { details: 'etcdserver: cluster has a downgrade job in progress' });
    await until(
      async () => (await client.status(cluster.endpoints[2])).downgradeInfo?.targetVersion === '3.5.0',
      'every member knows of the downgrade',
    );
    await ask(CANCEL);
    await until(
      async () => (await client.status(cluster.endpoints[2])).downgradeInfo?.enabled === false,
      'every member knows that it is canceled',
    );
  });

  test('members have the same hash at the same revision and compaction; defragmenting changes nothing', async () => {
    const { header } = await client.kv.put({ key: key('d'), value: key('d') });
    await client.kv.compact({ revision: header!.revision - 1, physical: true });
    // A member has the revision before it has the compaction.
    const hashAt = async (url: string) => {
      const hash = await client.hashKV(header!.revision, url);
      return hash.compactRevision === header!.revision - 1 && hash;
    };
    const hashes = () => Promise.all(cluster.endpoints.map((url) => until(() => hashAt(url), 'it caught up')));
    const before = await hashes();
    assert.equal(new Set(before.map((each) => each.hash)).size, 1);
    for (const endpoint of cluster.endpoints) await client.maintenance.defragment({}, { endpoint });
    assert.deepEqual(
      (await hashes()).map((each) => each.hash),
      before.map((each) => each.hash),
    );
    await assert.rejects(client.hashKV(1), { code: status.OUT_OF_RANGE });
  });

  test('leadership moves to whom one says, but not to a stranger', async () => {
    const leader = await cluster.leader();
    const endpoint = leader.clientUrl;
    const { members } = await client.memberList();
    const other = members.find((member) => member.name !== leader.name)!;
    await assert.rejects(client.maintenance.moveLeader({ targetID: 42n }, { endpoint }), {
      details: 'etcdserver: bad leader transferee',
    });
    await client.maintenance.moveLeader({ targetID: other.ID }, { endpoint });
    await until(async () => (await client.status(endpoint)).leader === other.ID, 'the other leads');
    await assert.rejects(client.maintenance.moveLeader({ targetID: other.ID }, { endpoint }), {
      details: 'etcdserver: not leader',
    });
  });

  test('a snapshot is the data with its checksum at the end', async () => {
    const hash = createHash('sha256');
    let last: Buffer | undefined;
    let blobs = 0;
    for await (const { blob } of client.snapshot()) {
      if (last) hash.update(last);
      last = Buffer.from(blob);
      assert.ok(last.length <= 32 * 1024);
      blobs += 1;
    }
    assert.ok(blobs > 1);
    assert.deepEqual(last, hash.digest());
  });

  test('alarms are raised, listed and disarmed', async () => {
    const memberID = (await client.status()).header!.memberId;
    const NOSPACE = etcd.AlarmType.NOSPACE;
    await client.maintenance.alarm({ action: ACTIVATE, memberID, alarm: NOSPACE });
    assert.deepEqual((await client.maintenance.alarm({ action: GET })).alarms, [{ memberID, alarm: NOSPACE }]);
    await client.maintenance.alarm({ action: DEACTIVATE, memberID, alarm: NOSPACE });
    assert.deepEqual((await client.maintenance.alarm({ action: GET })).alarms, []);
  });
});
