import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { etcd } from '@keelson/protocol';
import type { StoreClient } from '@keelson/store-client';
import { ClusterUnderTest, until } from './processes.js';

const key = (text: string) => Buffer.from(text);
const { GET, DEACTIVATE } = etcd.AlarmRequestAlarmAction;
const FULL = { code: status.RESOURCE_EXHAUSTED, details: 'etcdserver: mvcc: database space exceeded' };

describe('a store that is full', () => {
  const QUOTA = 4 * 1024 * 1024;
  let cluster: ClusterUnderTest;
  let client: StoreClient;
  before(async () => {
    cluster = await ClusterUnderTest.start('keelson', 3, ['--quota-backend-bytes', String(QUOTA)]);
    client = cluster.client();
  });
  after(async () => {
    client?.close();
    await cluster?.stop();
  });

  const put = (name: string, bytes = 10) => client.kv.put({ key: key(name), value: Buffer.alloc(bytes, 'v') });

  test('says so, takes deletions and compactions, and after them writes again', async () => {
    await until(async () => {
      try {
        for (let n = 0; n < 20; n += 1) await put(`big/${n}`, 100_000);
        return false;
      } catch (error) {
        assert.equal((error as { details: string }).details, FULL.details);
        return true;
      }
    }, 'the store is full');
    const { alarms } = await client.maintenance.alarm({ action: GET });
    assert.equal(alarms[0]?.alarm, etcd.AlarmType.NOSPACE);
    await assert.rejects(put('small'), FULL);
    await assert.rejects(client.lease.grant({ TTL: 60 }), FULL);
    await assert.rejects(client.kv.txn({ success: [{ requestPut: { key: key('small') } }] }), FULL);
    await until(async () => {
      const told = await Promise.all(cluster.endpoints.map((url) => client.status(url)));
      return told.every(({ errors }) => errors.join().includes('alarm:NOSPACE'));
    }, 'the status of every member tells of the alarm');
    const { kvs } = await client.kv.range({ key: key('big/'), rangeEnd: key('big0'), keysOnly: true });
    const [first, ...others] = kvs;
    const { succeeded } = await client.kv.txn({
      compare: [{ key: first!.key, target: etcd.CompareTarget.MOD, modRevision: first!.modRevision }],
      success: [{ requestDeleteRange: { key: first!.key } }],
      failure: [{ requestRange: { key: first!.key } }],
    });
    assert.equal(succeeded, true, 'a transaction that only deletes is taken');
    const { deleted, header } = await client.kv.deleteRange({ key: key('big/'), rangeEnd: key('big0') });
    assert.equal(deleted, others.length);
    await client.kv.compact({ revision: header!.revision, physical: true });
    await client.maintenance.defragment({});
    await until(async () => {
      const sizes = await Promise.all(cluster.endpoints.map((url) => client.status(url)));
      return sizes.every((each) => each.dbSizeInUse < QUOTA / 2);
    }, 'the space is free on every member');
    for (const each of (await client.maintenance.alarm({ action: GET })).alarms) {
      await client.maintenance.alarm({ ...each, action: DEACTIVATE });
    }
    await put('small');
  });

  test('space that is free is used again: the file does not grow with what is overwritten and compacted', async () => {
    const rounds = async (count: number) => {
      for (let round = 0; round < count; round += 1) {
        for (let n = 0; n < 10; n += 1) await put(`again/${n}`, 100_000);
        const { header } = await put('round');
        await client.kv.compact({ revision: header!.revision, physical: true });
        await client.maintenance.defragment({}, { endpoint: (await cluster.leader()).clientUrl });
      }
      return (await client.status((await cluster.leader()).clientUrl)).dbSize;
    };
    const before = await rounds(5);
    const afterwards = await rounds(20);
    assert.ok(afterwards < before + QUOTA, `from ${before} to ${afterwards} bytes while 20 MB were written`);
  });
});

describe('limits of prefixes', () => {
  const flags = ['--prefix-quota', '/events/=10keys,4KiB', '--request-rate-limit', '/busy/=0.001/s,burst=5'];
  let cluster: ClusterUnderTest;
  let client: StoreClient;
  before(async () => {
    cluster = await ClusterUnderTest.start('keelson', 3, flags);
    client = cluster.client();
  });
  after(async () => {
    client?.close();
    await cluster?.stop();
  });

  const put = (name: string, bytes = 1) => client.kv.put({ key: key(name), value: Buffer.alloc(bytes, 'v') });
  const tooMany = { code: status.RESOURCE_EXHAUSTED, details: /quota of "\/events\/" is 10 keys/ };
  /** Refused by the quota, not by a connection that just broke. */
  const isFull = () =>
    until(
      () =>
        put('/events/one-more').then(
          () => assert.fail('it was put'),
          (error: { details: string }) => tooMany.details.test(error.details),
        ),
      'a new key is refused',
    );
  /** The leader makes its flags the cluster's a moment after it leads. */
  const filled = () =>
    until(async () => {
      const attempts = Array.from({ length: 11 }, (_, n) => put(`/events/${n}`));
      const results = await Promise.allSettled(attempts);
      if (results.some((each) => each.status === 'rejected')) return true;
      await client.kv.deleteRange({ key: key('/events/'), rangeEnd: key('/events0') });
      return false;
    }, 'the quota holds');

  test('a prefix that is full takes no new keys, whatever else goes on; deleting makes room', async () => {
    await filled();
    await assert.rejects(put('/events/new'), tooMany);
    await assert.rejects(client.kv.txn({ success: [{ requestPut: { key: key('/events/new') } }] }), tooMany);
    await put('/other/new');
    await put('/events/1', 100);
    await assert.rejects(put('/events/1', 5_000), { details: /quota of "\/events\/" is 4096 bytes/ });
    await client.kv.deleteRange({ key: key('/events/1') });
    await put('/events/new');
  });

  test('every member counts the same, and goes on counting after a restart and a change of leader', async () => {
    await Promise.all(cluster.members.map((member) => cluster.kill(member)));
    await Promise.all(cluster.members.map((member) => cluster.start(member)));
    await isFull();
    await cluster.kill(await cluster.leader());
    await until(async () => {
      await put('/other/after');
      return true;
    }, 'another leads');
    await isFull();
  });

  test('too many writes a second below a prefix are refused at the door', async () => {
    const [endpoint] = cluster.members.filter((member) => member.process).map((member) => member.clientUrl);
    const one = cluster.client([endpoint!]);
    for (let n = 0; n < 5; n += 1) await one.kv.put({ key: key('/busy/x'), value: key('1') });
    await assert.rejects(one.kv.put({ key: key('/busy/x'), value: key('1') }), {
      code: status.RESOURCE_EXHAUSTED,
      details: /writes below "\/busy\/" are limited to 0.001 a second/,
    });
    await one.kv.put({ key: key('/idle/x'), value: key('1') });
    assert.equal((await one.kv.range({ key: key('/busy/x') })).count, 1);
    one.close();
  });
});
