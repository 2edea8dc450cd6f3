import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type ClientDuplexStream, Metadata, status } from '@grpc/grpc-js';
import { type Connection, etcd, type Init } from '@keelson/protocol';
import { connect, systemClock } from '@keelson/service';
import { ClusterUnderTest, hasEtcd, type Kind, until } from './processes.js';

/** What kube-apiserver asks of etcd (apiserver/pkg/storage/etcd3), shape by shape, against ours and the real one. */
for (const kind of ['keelson', 'etcd'] satisfies Kind[]) {
  const skip = kind === 'etcd' && !hasEtcd ? 'etcd is not installed' : false;
  describe(`a kube-apiserver’s access to ${kind}`, { skip }, () => {
    let cluster: ClusterUnderTest;
    let connection: Connection;
    before(async () => {
      cluster = await ClusterUnderTest.start(kind, 1);
      const address = cluster.endpoints[0]!.replace('http://', '');
      connection = connect(address, { clock: systemClock({ keepAlive: false }), tls: undefined });
    });
    after(async () => {
      connection?.close();
      await cluster?.stop();
    });

    const kv = () => connection.service(etcd.KVService);
    const key = (text: string) => Buffer.from(`/registry/${text}`);
    const object = (text: string) => Buffer.from(`k8s\0${text}`);
    const { MOD, VERSION } = etcd.CompareTarget;

    /** Create: put if the key was never written, or was deleted. */
    const create = (name: string, value: string, lease = 0n) =>
      kv().txn({
        compare: [{ key: key(name), target: MOD, result: etcd.CompareResult.EQUAL, modRevision: 0 }],
        success: [{ requestPut: { key: key(name), value: object(value), lease } }],
        failure: [],
      });
    /** GuaranteedUpdate: put if nobody changed it meanwhile, else what is there now. */
    const update = (name: string, value: string, modRevision: number) =>
      kv().txn({
        compare: [{ key: key(name), target: MOD, result: etcd.CompareResult.EQUAL, modRevision }],
        success: [{ requestPut: { key: key(name), value: object(value) } }],
        failure: [{ requestRange: { key: key(name) } }],
      });
    const remove = (name: string, modRevision: number) =>
      kv().txn({
        compare: [{ key: key(name), target: MOD, result: etcd.CompareResult.EQUAL, modRevision }],
        success: [{ requestDeleteRange: { key: key(name) } }],
        failure: [{ requestRange: { key: key(name) } }],
      });

    test('create, get, update with what one saw, delete: and the loser of a race gets what is there', async () => {
      const created = await create('pods/ns/a', 'v1');
      assert.equal(created.succeeded, true);
      const revision = created.header!.revision;
      // The revision that an object gets is that of the operation's own header.
      assert.equal(created.responses[0]?.responsePut?.header?.revision, revision);
      assert.equal((await create('pods/ns/a', 'again')).succeeded, false);
      const { kvs, header } = await kv().range({ key: key('pods/ns/a') });
      assert.deepEqual([kvs[0]?.modRevision, header?.revision], [revision, revision]);
      const updated = await update('pods/ns/a', 'v2', revision);
      assert.equal(updated.succeeded, true);
      const lost = await update('pods/ns/a', 'v2 too', revision);
      assert.equal(lost.succeeded, false);
      const [seen] = lost.responses[0]!.responseRange!.kvs;
      assert.deepEqual([seen?.value.toString(), seen?.modRevision], ['k8s\0v2', updated.header!.revision]);
      const deleted = await remove('pods/ns/a', seen!.modRevision);
      assert.equal(deleted.responses[0]?.responseDeleteRange?.deleted, 1);
      assert.equal((await kv().range({ key: key('pods/ns/a') })).count, 0);
      assert.equal((await create('pods/ns/a', 'v3')).succeeded, true);
    });

    test('lists in pages at one revision, whatever happens meanwhile; counts, keys only', async () => {
      for (let n = 0; n < 25; n += 1) await create(`items/${String(n).padStart(2, '0')}`, `${n}`);
      const rangeEnd = key('items0');
      const first = await kv().range({ key: key('items/'), rangeEnd, limit: 10 });
      assert.deepEqual([first.kvs.length, first.more, first.count], [10, true, 25]);
      const revision = first.header!.revision;
      await create('items/05x', 'late');
      await kv().deleteRange({ key: key('items/20') });
      const seen = first.kvs.map((each) => each.key.toString());
      for (let more = first.more; more; ) {
        const from = Buffer.concat([Buffer.from(seen.at(-1)!), Buffer.of(0)]);
        const page = await kv().range({ key: from, rangeEnd, limit: 10, revision });
        seen.push(...page.kvs.map((each) => each.key.toString()));
        assert.ok(page.header!.revision > revision);
        more = page.more;
      }
      assert.equal(seen.length, 25);
      assert.ok(!seen.includes('/registry/items/05x') && seen.includes('/registry/items/20'));
      const count = await kv().range({ key: key('items/'), rangeEnd, countOnly: true });
      assert.deepEqual([count.count, count.kvs.length], [25, 0]);
      const names = await kv().range({ key: key('items/'), rangeEnd, keysOnly: true, serializable: true });
      assert.ok(names.kvs.length === 25 && names.kvs.every((each) => each.value.length === 0 && each.modRevision > 0));
    });

    type Watching = ClientDuplexStream<Init<etcd.WatchRequest>, etcd.WatchResponse>;
    const watch = (request: Init<etcd.WatchCreateRequest>) => {
      const metadata = new Metadata();
      metadata.set('hasleader', 'true');
      const call: Watching = connection.service(etcd.WatchService).watch({ metadata });
      const responses: etcd.WatchResponse[] = [];
      call.on('data', (response: etcd.WatchResponse) => responses.push(response));
      call.on('error', () => undefined);
      call.write({ createRequest: { ...request, prevKv: true, progressNotify: true } });
      return { call, responses };
    };

    test('watches a prefix from where a list ended, with what was before, and asks how far it is', async () => {
      await create('watched/a', '1');
      const list = await kv().range({ key: key('watched/'), rangeEnd: key('watched0') });
      const startRevision = list.header!.revision + 1;
      const { call, responses } = watch({ key: key('watched/'), rangeEnd: key('watched0'), startRevision });
      await update('watched/a', '2', list.kvs[0]!.modRevision);
      await create('elsewhere', 'x');
      const { header } = await kv().deleteRange({ key: key('watched/a') });
      await create('elsewhere/2', 'x');
      const events = () => responses.flatMap((each) => each.events);
      await until(async () => events().length === 2, 'both events came');
      const [put, del] = events();
      assert.deepEqual(
        [put?.type, put?.kv?.value.toString(), put?.prevKv?.value.toString()],
        [0, 'k8s\x002', 'k8s\x001'],
      );
      assert.deepEqual(
        [del?.type, del?.kv?.modRevision, del?.prevKv?.value.toString()],
        [1, header!.revision, 'k8s\x002'],
      );
      const { header: last } = await create('elsewhere/3', 'x');
      call.write({ progressRequest: {} });
      await until(async () => responses.at(-1)!.watchId === -1, 'progress is told');
      const progress = responses.at(-1)!;
      assert.ok(progress.header!.revision >= last!.revision && progress.events.length === 0);
      call.cancel();
    });

    test('compacts as several API servers do together: whoever bumps compact_rev_key may', async () => {
      const compactKey = Buffer.from('compact_rev_key');
      const { header } = await kv().range({ key: compactKey });
      const attempt = (version: number, revision: number) =>
        kv().txn({
          compare: [{ key: compactKey, target: VERSION, result: etcd.CompareResult.EQUAL, version }],
          success: [{ requestPut: { key: compactKey, value: Buffer.from(String(revision)) } }],
          failure: [{ requestRange: { key: compactKey } }],
        });
      const [one, other] = await Promise.all([attempt(0, header!.revision), attempt(0, header!.revision)]);
      assert.notEqual(one.succeeded, other.succeeded);
      const loser = one.succeeded ? other : one;
      const [seen] = loser.responses[0]!.responseRange!.kvs;
      assert.equal(seen?.version, 1);
      await kv().compact({ revision: header!.revision });
      await assert.rejects(kv().range({ key: key('items/00'), revision: header!.revision - 1 }), {
        code: status.OUT_OF_RANGE,
        details: 'etcdserver: mvcc: required revision has been compacted',
      });
      const { call, responses } = watch({ key: key('items/'), rangeEnd: key('items0'), startRevision: 2 });
      await until(async () => responses.some((each) => each.canceled), 'the watch is canceled');
      assert.equal(responses.find((each) => each.canceled)?.compactRevision, header!.revision);
      call.cancel();
      assert.equal((await attempt(seen!.version, header!.revision + 1)).succeeded, true);
    });

    test('gives events a lease to end by, and looks whether the store is one it can rely on', async () => {
      const { ID, TTL } = await connection.service(etcd.LeaseService).leaseGrant({ TTL: 3_600 });
      assert.ok(TTL === 3_600 && ID !== 0n);
      await create('events/ns/a', 'e', ID);
      assert.equal((await kv().range({ key: key('events/ns/a') })).kvs[0]?.lease, ID);
      const { version } = await connection.service(etcd.MaintenanceService).status({});
      const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
      if (kind === 'keelson') {
        // Progress requests are trusted from 3.4.31 on, but for 3.5.0 to 3.5.12.
        assert.ok(major === 3 && (minor > 5 || (minor === 5 && patch > 12) || (minor === 4 && patch > 30)), version);
      }
    });
  });
}
