import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Etcd3, EtcdLockFailedError, EtcdPermissionDeniedError, type IKeyValue } from 'etcd3';
import { ClusterUnderTest, hasEtcd, type Kind } from './processes.js';

/** The npm client, against ours and the real one. */
for (const kind of ['keelson', 'etcd'] satisfies Kind[]) {
  describe(`etcd3, of ${kind}`, { skip: kind === 'etcd' && !hasEtcd ? 'etcd is not installed' : false }, () => {
    let cluster: ClusterUnderTest;
    let client: Etcd3;

    before(async () => {
      cluster = await ClusterUnderTest.start(kind, 3);
      client = new Etcd3({ hosts: cluster.endpoints });
    });
    after(async () => {
      client?.close();
      await cluster?.stop();
    });

    test('keys: put, get, count, sort, delete, namespaces', async () => {
      for (const [at, name] of ['b', 'a', 'c'].entries()) await client.put(`kv/${name}`).value(String(at));
      assert.equal(await client.get('kv/a').string(), '1');
      assert.equal(await client.get('kv/none').string(), null);
      assert.deepEqual(await client.getAll().prefix('kv/').strings(), { 'kv/a': '1', 'kv/b': '0', 'kv/c': '2' });
      assert.deepEqual(await client.getAll().prefix('kv/').sort('Create', 'Descend').limit(2).keys(), ['kv/c', 'kv/a']);
      assert.equal(await client.getAll().prefix('kv/').count(), 3);
      assert.equal(await client.namespace('kv/').get('b').number(), 0);
      const { deleted } = await client.delete().prefix('kv/');
      assert.equal(Number(deleted), 3);
    });

    test('transactions, also in software', async () => {
      const create = () => client.if('txn/a', 'Create', '==', 0).then(client.put('txn/a').value('1')).commit();
      assert.deepEqual([(await create()).succeeded, (await create()).succeeded], [true, false]);
      await client.put('txn/counter').value(0);
      const add = () =>
        client.stm({ retries: 100 }).transact(async (tx) => {
          const value = (await tx.get('txn/counter').number()) ?? 0;
          await tx.put('txn/counter').value(value + 1);
        });
      await Promise.all(Array.from({ length: 10 }, add));
      assert.equal(await client.get('txn/counter').number(), 10);
    });

    test('watch', async () => {
      const watcher = await client.watch().prefix('watch/').withPreviousKV().create();
      const seen: string[] = [];
      const done = new Promise<void>((resolve) => {
        watcher.on('put', (kv: IKeyValue, previous?: IKeyValue) => {
          seen.push(`put ${kv.key} ${kv.value} ${previous?.value ?? ''}`);
        });
        watcher.on('delete', (kv: IKeyValue, previous?: IKeyValue) => {
          seen.push(`delete ${kv.key} ${previous?.value}`);
          resolve();
        });
      });
      await client.put('watch/a').value('1');
      await client.put('watch/a').value('2');
      await client.delete().key('watch/a');
      await done;
      await watcher.cancel();
      assert.deepEqual(seen, ['put watch/a 1 ', 'put watch/a 2 1', 'delete watch/a 2']);
    });

    test('leases', async () => {
      const lease = client.lease(30, { autoKeepAlive: false });
      await lease.put('lease/a').value('x');
      assert.equal(Number((await lease.keepaliveOnce()).TTL), 30);
      assert.equal(await client.get('lease/a').string(), 'x');
      await lease.revoke();
      assert.equal(await client.get('lease/a').string(), null);
    });

    test('locks', async () => {
      const held = await client.lock('lock').acquire();
      await assert.rejects(client.lock('lock').acquire(), EtcdLockFailedError);
      await held.release();
      assert.equal(await client.lock('lock').do(async () => 'done'), 'done');
    });

    test('elections', async () => {
      const first = client.election('singers').campaign('ann');
      await first.wait();
      const observer = await client.election('singers').observe();
      assert.equal(observer.leader(), 'ann');
      const second = client.election('singers').campaign('bob');
      const changed = new Promise((resolve) => {
        observer.on('change', (leader?: string) => leader === 'bob' && resolve(undefined));
      });
      await first.resign();
      await second.wait();
      await changed;
      await second.proclaim('bob again');
      assert.equal(await client.election('singers').leader(), 'bob again');
      await observer.cancel();
      await second.resign();
    });

    test('users and roles', async () => {
      await client.role('root').create();
      const root = await client.user('root').create('rootpw');
      await root.addRole('root');
      const role = await client.role('reader').create();
      await role.grant({ permission: 'Read', range: client.range({ prefix: 'auth/' }) });
      const alice = await client.user('alice').create('pw');
      await alice.addRole('reader');
      await client.put('auth/a').value('1');
      await client.auth.authEnable();
      const asAlice = new Etcd3({ hosts: cluster.endpoints, auth: { username: 'alice', password: 'pw' } });
      const asRoot = new Etcd3({ hosts: cluster.endpoints, auth: { username: 'root', password: 'rootpw' } });
      try {
        assert.equal(await asAlice.get('auth/a').string(), '1');
        await assert.rejects(async () => await asAlice.put('auth/a').value('2'), EtcdPermissionDeniedError);
        await assert.rejects(async () => await asAlice.get('other').string(), EtcdPermissionDeniedError);
        const names = (await asRoot.getUsers()).map((user) => user.name).sort();
        assert.deepEqual(names, ['alice', 'root']);
      } finally {
        await asRoot.auth.authDisable();
        asAlice.close();
        asRoot.close();
      }
    });
  });
}
