import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { etcd } from '@keelson/protocol';
import { type StoreClient, StoreClientError, type WatchResponse } from '@keelson/store-client';
import { ClusterUnderTest, hasEtcd, type Kind } from './processes.js';

const key = (text: string) => Buffer.from(text);

/** The same tests against ours and the real one: what holds for both is etcd's contract. */
for (const kind of ['keelson', 'etcd'] satisfies Kind[]) {
  describe(`client of ${kind}`, { skip: kind === 'etcd' && !hasEtcd ? 'etcd is not installed' : false }, () => {
    let cluster: ClusterUnderTest;
    let client: StoreClient;

    before(async () => {
      cluster = await ClusterUnderTest.start(kind, 1);
      client = cluster.client();
    });
    after(async () => {
      client?.close();
      await cluster?.stop();
    });

    test('what is put is read, with its numbers', async () => {
      const first = await client.kv.put({ key: key('kv/a'), value: key('1') });
      await client.kv.put({ key: key('kv/a'), value: key('2') });
      const { kvs, count } = await client.kv.range({ key: key('kv/a') });
      assert.equal(count, 1);
      assert.equal(kvs[0]?.value.toString(), '2');
      assert.equal(kvs[0]?.version, 2);
      assert.equal(kvs[0]?.createRevision, first.header?.revision);
      const old = await client.kv.range({ key: key('kv/a'), revision: first.header!.revision });
      assert.equal(old.kvs[0]?.value.toString(), '1');
    });

    test('a transaction compares, then writes or reads', async () => {
      const create = {
        compare: [{ key: key('txn/a'), target: etcd.CompareTarget.MOD, modRevision: 0 }],
        success: [{ requestPut: { key: key('txn/a'), value: key('mine') } }],
        failure: [{ requestRange: { key: key('txn/a') } }],
      };
      assert.equal((await client.kv.txn(create)).succeeded, true);
      const again = await client.kv.txn(create);
      assert.equal(again.succeeded, false);
      assert.equal(again.responses[0]?.responseRange?.kvs[0]?.value.toString(), 'mine');
    });

    test('a deletion says what it deleted', async () => {
      for (const name of ['del/a', 'del/b']) await client.kv.put({ key: key(name), value: key('x') });
      const { deleted, prevKvs } = await client.kv.deleteRange({
        key: key('del/'),
        rangeEnd: key('del0'),
        prevKv: true,
      });
      assert.equal(deleted, 2);
      assert.deepEqual(
        prevKvs.map((kv) => kv.key.toString()),
        ['del/a', 'del/b'],
      );
    });

    test('a watch gets everything from its revision on, in order, with what was before', async () => {
      const { header } = await client.kv.put({ key: key('watch/a'), value: key('1') });
      const watch = client.watch({
        key: key('watch/'),
        rangeEnd: key('watch0'),
        startRevision: header!.revision,
        prevKv: true,
      });
      await watch.started;
      await client.kv.put({ key: key('watch/a'), value: key('2') });
      await client.kv.deleteRange({ key: key('watch/a') });
      const events = await collect(watch, 3);
      watch.cancel();
      assert.deepEqual(
        events.map((event) => [event.type, event.kv?.value.toString(), event.prevKv?.value.toString()]),
        [
          [etcd.EventType.PUT, '1', undefined],
          [etcd.EventType.PUT, '2', '1'],
          [etcd.EventType.DELETE, '', '2'],
        ],
      );
    });

    test('a watch says how far it has got when asked', async () => {
      const watch = client.watch({ key: key('progress') });
      await watch.started;
      const { header } = await client.kv.put({ key: key('elsewhere'), value: key('x') });
      watch.requestProgress();
      const response = await nextOf(watch);
      assert.equal(response.progress, true);
      assert.ok(response.revision >= header!.revision);
      watch.cancel();
    });

    test('a watch of what is compacted away ends and says so', async () => {
      const { header } = await client.kv.put({ key: key('compact'), value: key('1') });
      await client.kv.put({ key: key('compact'), value: key('2') });
      const last = await client.kv.put({ key: key('compact'), value: key('3') });
      await client.kv.compact({ revision: last.header!.revision });
      const watch = client.watch({ key: key('compact'), startRevision: header!.revision });
      const responses: WatchResponse[] = [];
      for await (const response of watch) responses.push(response);
      assert.deepEqual(
        responses.map((response) => response.compactRevision),
        [last.header!.revision],
      );
      await assert.rejects(client.kv.range({ key: key('compact'), revision: header!.revision }), (error) => {
        assert.ok(error instanceof StoreClientError);
        return error.isCompacted;
      });
    });

    test('keys go with their lease', async () => {
      const { ID, TTL } = await client.lease.grant({ TTL: 60 });
      assert.equal(TTL, 60);
      await client.kv.put({ key: key('lease/a'), value: key('x'), lease: ID });
      const { keys, grantedTTL } = await client.lease.timeToLive(ID, true);
      assert.deepEqual(
        keys.map((each) => each.toString()),
        ['lease/a'],
      );
      assert.equal(grantedTTL, 60);
      assert.equal(await client.lease.keepAliveOnce(ID), 60);
      assert.ok((await client.lease.leases()).leases.some((lease) => lease.ID === ID));
      await client.lease.revoke(ID);
      assert.equal((await client.kv.range({ key: key('lease/a') })).count, 0);
      assert.equal((await client.lease.timeToLive(ID)).TTL, -1);
      await assert.rejects(client.lease.keepAliveOnce(ID), (error) => (error as StoreClientError).isLeaseNotFound);
    });

    test('members and their state are told', async () => {
      const { members } = await client.memberList();
      assert.deepEqual(
        members.map((member) => member.name),
        ['m1'],
      );
      const { leader, version, raftIndex } = await client.status();
      assert.equal(leader, members[0]?.ID);
      assert.match(version, /^3\.\d+\.\d+/);
      assert.ok(raftIndex > 0);
    });

    test('a dead endpoint does not matter while another lives', async () => {
      const some = cluster.client(['http://127.0.0.1:1', ...cluster.endpoints]);
      await some.kv.put({ key: key('endpoint'), value: key('x') });
      assert.equal((await some.kv.range({ key: key('endpoint') })).count, 1);
      some.close();
    });
  });
}

async function collect(watch: AsyncIterable<WatchResponse>, count: number): Promise<etcd.Event[]> {
  const events: etcd.Event[] = [];
  for await (const response of watch) {
    events.push(...response.events);
    if (events.length >= count) break;
  }
  return events;
}

async function nextOf(watch: AsyncIterable<WatchResponse>): Promise<WatchResponse> {
  for await (const response of watch) return response;
  throw new Error('the watch ended');
}
