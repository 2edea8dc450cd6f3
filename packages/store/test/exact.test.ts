import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { type Connection, etcd } from '@keelson/protocol';
import { connect, systemClock } from '@keelson/service';
import type { StoreClient } from '@keelson/store-client';
import { ClusterUnderTest } from './processes.js';

const key = (text: string) => Buffer.from(text);
const ABSENT_LEASE = 987_654_321n;
const keyNotFound = { code: status.INVALID_ARGUMENT, details: 'etcdserver: key not found' };
const emptyKey = { code: status.INVALID_ARGUMENT, details: 'etcdserver: key is not provided' };
const leaseNotFound = { code: status.NOT_FOUND, details: 'etcdserver: requested lease not found' };
const compacted = {
  code: status.OUT_OF_RANGE,
  details: 'etcdserver: mvcc: required revision has been compacted',
};
const future = {
  code: status.OUT_OF_RANGE,
  details: 'etcdserver: mvcc: required revision is a future revision',
};

describe('what etcd answers where two answers could be given', () => {
  let cluster: ClusterUnderTest;
  let client: StoreClient;
  let connection: Connection;

  before(async () => {
    cluster = await ClusterUnderTest.start('keelson', 1);
    client = cluster.client();
    const address = cluster.endpoints[0]!.replace('http://', '');
    connection = connect(address, { clock: systemClock({ keepAlive: false }), tls: undefined });
    await client.kv.put({ key: key('there'), value: key('v') });
  });
  after(async () => {
    client?.close();
    connection?.close();
    await cluster?.stop();
  });

  test('a put alone looks for the lease before the key, one in a transaction for the key before the lease', async () => {
    for (const flag of [{ ignoreValue: true }, { ignoreLease: true, value: key('x') }]) {
      const lease = flag.ignoreLease ? 0n : ABSENT_LEASE;
      const put = { key: key('absent'), lease, ...flag };
      await assert.rejects(client.kv.put(put), lease ? leaseNotFound : keyNotFound);
      await assert.rejects(client.kv.txn({ success: [{ requestPut: put }] }), keyNotFound);
      const present = { ...put, key: key('there') };
      if (!lease) continue;
      await assert.rejects(client.kv.put(present), leaseNotFound);
      await assert.rejects(client.kv.txn({ success: [{ requestPut: present }] }), leaseNotFound);
    }
    const empty = { key: key(''), lease: ABSENT_LEASE };
    await assert.rejects(client.kv.put(empty), emptyKey);
    await assert.rejects(client.kv.txn({ failure: [{ requestPut: empty }] }), emptyKey);
  });

  test('of a transaction all puts are looked at before any read', async () => {
    const read = { requestRange: { key: key('there'), revision: 1_000_000 } };
    const put = { requestPut: { key: key('absent'), ignoreValue: true } };
    for (const success of [
      [read, put],
      [{ requestTxn: { success: [read] } }, put],
      [read, { requestTxn: { success: [put] } }],
    ]) {
      await assert.rejects(client.kv.txn({ success }), keyNotFound);
    }
    await assert.rejects(client.kv.txn({ success: [read, { requestPut: { key: key('x') } }] }), future);
    assert.equal((await client.kv.range({ key: key('x') })).count, 0);
  });

  test('within a transaction each response shows the revision as of its operation', async () => {
    const { header } = await client.kv.range({ key: key('there') });
    const at = header!.revision;
    const range = { requestRange: { key: key('there') } };
    const nothing = { requestDeleteRange: { key: key('nothing') } };
    const put = { requestPut: { key: key('there'), value: key('w') } };
    const { responses, header: own } = await client.kv.txn({
      success: [range, nothing, put, range, nothing, { requestTxn: { success: [range] } }],
    });
    const revisions = responses.map(
      (each) =>
        (each.responseRange ?? each.responsePut ?? each.responseDeleteRange ?? each.responseTxn)?.header?.revision,
    );
    assert.deepEqual(revisions, [at, at, at + 1, at + 1, at + 1, 0]);
    assert.equal(responses[5]?.responseTxn?.responses[0]?.responseRange?.header?.revision, at + 1);
    assert.equal(own?.revision, at + 1);
  });

  test('a revision below zero is the latest alone, and none in a transaction', async () => {
    const at = (revision: number) => ({ key: key('there'), revision });
    const within = (revision: number) => client.kv.txn({ success: [{ requestRange: at(revision) }] });
    for (const revision of [-1, -5]) assert.equal((await client.kv.range(at(revision))).count, 1);
    assert.equal((await within(-1)).responses[0]?.responseRange?.count, 1);
    await assert.rejects(within(-2), compacted);
    await client.kv.compact({ revision: 2 });
    for (const revision of [-1, -2, 1]) await assert.rejects(within(revision), compacted);
    assert.equal((await client.kv.range(at(-1))).count, 1);
  });

  test('a watch from a revision below zero is refused as compacted', async () => {
    const call = connection.service(etcd.WatchService).watch({});
    const answers: etcd.WatchResponse[] = [];
    const closed = new Promise<void>((resolve) => {
      call.on('data', (response: etcd.WatchResponse) => {
        answers.push(response);
        if (answers.length === 2) resolve();
      });
    });
    call.on('error', () => undefined);
    call.write({ createRequest: { key: key('there'), startRevision: -1 } });
    call.write({ createRequest: { key: key('there') } });
    await closed;
    call.cancel();
    const [refused, made] = answers;
    assert.deepEqual(
      [refused?.created, refused?.canceled, refused?.watchId, refused?.cancelReason],
      [true, true, -1, 'etcdserver: mvcc: required revision has been compacted'],
    );
    assert.deepEqual([made?.created, made?.canceled, made?.watchId], [true, false, 0]);
  });

  test('locks and elections want a key, and say so as their client would', async () => {
    const unknown = { code: status.UNKNOWN, details: emptyKey.details };
    await assert.rejects(async () => connection.service(etcd.LockService).unlock({}), unknown);
    const leader = { name: key('e'), key: key(''), rev: 1, lease: 1n };
    const election = connection.service(etcd.ElectionService);
    await assert.rejects(async () => election.proclaim({ leader, value: key('x') }), unknown);
    await assert.rejects(async () => election.resign({ leader }), unknown);
    await assert.rejects(
      async () => connection.service(etcd.LockService).lock({ name: key('l'), lease: ABSENT_LEASE }),
      {
        code: status.UNKNOWN,
        details: leaseNotFound.details,
      },
    );
  });
});
