import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { etcd } from '@keelson/protocol';
import type { StoreClient, StoreClientError } from '@keelson/store-client';
import { writeCertificates } from './certificates.js';
import { ClusterUnderTest, until } from './processes.js';

const key = (text: string) => Buffer.from(text);
const ROOT = { name: 'root', password: 'rootpw' };
const ALICE = { name: 'alice', password: 'pw' };
const denied = (error: unknown) => (error as StoreClientError).code === status.PERMISSION_DENIED;

/** root may do everything, alice read and write below a/. */
async function enable(client: StoreClient): Promise<void> {
  await client.auth.userAdd(ROOT);
  await client.auth.roleAdd({ name: 'root' });
  await client.auth.userGrantRole({ user: 'root', role: 'root' });
  await client.auth.userAdd(ALICE);
  await client.auth.roleAdd({ name: 'a' });
  const perm = { permType: etcd.PermissionType.READWRITE, key: key('a/'), rangeEnd: key('a0') };
  await client.auth.roleGrantPermission({ name: 'a', perm });
  await client.auth.userGrantRole({ user: 'alice', role: 'a' });
  await client.auth.authEnable({});
}

async function allowedAndDenied(client: StoreClient): Promise<void> {
  await client.kv.put({ key: key('a/x'), value: key('1') });
  assert.ok((await client.kv.range({ key: key('a/'), rangeEnd: key('a0') })).count > 0);
  await assert.rejects(client.kv.put({ key: key('b/x'), value: key('1') }), denied);
  await assert.rejects(client.kv.range({ key: key('a/'), rangeEnd: key('b') }), denied);
}

describe('authentication and permissions', () => {
  let cluster: ClusterUnderTest;
  let root: StoreClient;
  let alice: StoreClient;

  before(async () => {
    cluster = await ClusterUnderTest.start('keelson', 3, ['--bcrypt-cost', '4']);
    const nobody = cluster.client();
    await enable(nobody);
    nobody.close();
    root = cluster.client(cluster.endpoints, undefined, ROOT);
    alice = cluster.client(cluster.endpoints, undefined, ALICE);
  });
  after(async () => {
    root?.close();
    alice?.close();
    await cluster?.stop();
  });

  test('a user does what its roles allow, whichever member is asked', async () => {
    for (const endpoint of cluster.endpoints) {
      const client = cluster.client([endpoint], undefined, ALICE);
      await allowedAndDenied(client);
      client.close();
    }
  });

  test('a token that one member made is good at the others at once', async () => {
    const { token } = await root.auth.authenticate(ALICE, { endpoint: cluster.endpoints[0]! });
    assert.match(token, /^[a-zA-Z]{16}\.\d+$/);
    for (const endpoint of cluster.endpoints) {
      const { kvs } = await withToken(endpoint, token, key('a/x'));
      assert.equal(kvs.length, 1);
    }
    await assert.rejects(withToken(cluster.endpoints[1]!, 'abcdefghijklmnop.99999999', key('a/x')), {
      code: status.UNAUTHENTICATED,
      details: 'etcdserver: invalid auth token',
    });
  });

  const withToken = async (endpoint: string, token: string, at: Buffer) => {
    const { Metadata } = await import('@grpc/grpc-js');
    const { connect, systemClock } = await import('@keelson/service');
    const connection = connect(endpoint.replace('http://', ''), { clock: systemClock(), tls: undefined });
    const metadata = new Metadata();
    metadata.set('token', token);
    try {
      return await connection.service(etcd.KVService).range({ key: at }, { metadata });
    } finally {
      connection.close();
    }
  };

  test('a watch of what one may not read is refused when it is made, others go on', async () => {
    const watch = alice.watch({ key: key('a/'), rangeEnd: key('a0') });
    await watch.started;
    const forbidden = alice.watch({ key: key('b/') });
    await assert.rejects(forbidden.started, denied);
    await alice.kv.put({ key: key('a/watched'), value: key('1') });
    for await (const { events } of watch) {
      assert.equal(events[0]?.kv?.key.toString(), 'a/watched');
      break;
    }
  });

  test('locks and leases are bound by permissions too', async () => {
    const lease = await root.lease.grant({ TTL: 60 });
    await root.kv.put({ key: key('b/leased'), value: key('1'), lease: lease.ID });
    await assert.rejects(alice.lease.revoke(lease.ID), denied);
    await assert.rejects(alice.lease.keepAliveOnce(lease.ID), denied);
    await assert.rejects(alice.lease.timeToLive(lease.ID, true), denied);
    assert.equal((await alice.lease.timeToLive(lease.ID)).grantedTTL, 60);
    await root.lease.revoke(lease.ID);
    const own = await alice.lease.grant({ TTL: 2 });
    await alice.kv.put({ key: key('a/leased'), value: key('1'), lease: own.ID });
    await until(
      async () => (await alice.kv.range({ key: key('a/leased') })).count === 0,
      'a lease ends by itself while authentication is on',
    );
  });

  test('only an administrator sees users, and the members’ data whole; what etcd does not translate is said its way', async () => {
    await assert.rejects(alice.auth.userList({}), denied);
    await assert.rejects(alice.auth.roleGet({ role: 'root' }), denied);
    assert.deepEqual((await alice.auth.userGet({ name: 'alice' })).roles, ['a']);
    assert.equal((await alice.auth.roleGet({ role: 'a' })).perm.length, 1);
    assert.deepEqual((await root.auth.userList({})).users, ['alice', 'root']);
    assert.deepEqual((await root.auth.roleGet({ role: 'root' })).perm, [], 'what was granted, and no more');
    const nobody = cluster.client();
    const { ACTIVATE, DEACTIVATE, GET } = etcd.AlarmRequestAlarmAction;
    const alarm = (client: StoreClient, action: etcd.AlarmRequestAlarmAction) =>
      client.maintenance.alarm({ action, memberID: 1n, alarm: etcd.AlarmType.NOSPACE });
    const snapshot = async (client: StoreClient) => {
      for await (const _ of client.snapshot()) break;
    };
    const translated: ((client: StoreClient) => Promise<unknown>)[] = [
      (client) => client.kv.compact({ revision: 2 }),
      (client) => client.status(cluster.endpoints[0]!),
      (client) => alarm(client, ACTIVATE),
      (client) => alarm(client, DEACTIVATE),
      (client) => client.maintenance.moveLeader({ targetID: 1n }),
      (client) => client.maintenance.downgrade({ version: '3.4.0' }),
      (client) => client.cluster.memberAdd({ peerURLs: ['http://127.0.0.1:1'] }),
    ];
    for (const call of translated) {
      await assert.rejects(call(alice), { code: status.PERMISSION_DENIED, details: 'etcdserver: permission denied' });
      await assert.rejects(call(nobody), { code: status.INVALID_ARGUMENT, details: 'etcdserver: user name is empty' });
    }
    const plain = [
      (client: StoreClient) => client.maintenance.defragment({}),
      (client: StoreClient) => client.hashKV(0),
      (client: StoreClient) => client.maintenance.hash({}),
      snapshot,
    ];
    for (const call of plain) {
      await assert.rejects(call(alice), { code: status.UNKNOWN, details: 'auth: permission denied' });
      await assert.rejects(call(nobody), { code: status.UNKNOWN, details: 'auth: user name is empty' });
    }
    const forWhomeverIsKnown = [
      (client: StoreClient) => client.cluster.memberList({}),
      (client: StoreClient) => alarm(client, GET),
      (client: StoreClient) => client.lease.timeToLive(1n),
      (client: StoreClient) => client.lease.leases(),
    ];
    for (const call of forWhomeverIsKnown) {
      await call(alice);
      await assert.rejects(call(nobody), { code: status.INVALID_ARGUMENT, details: 'etcdserver: user name is empty' });
    }
    nobody.close();
    await root.kv.compact({ revision: 2 });
  });

  test('users, and that they matter, survive a restart of all members; clients authenticate again', async () => {
    const { authRevision } = await root.auth.authStatus({});
    await Promise.all(cluster.members.map((member) => cluster.kill(member)));
    await Promise.all(cluster.members.map((member) => cluster.start(member)));
    const after = await root.auth.authStatus({});
    assert.deepEqual([after.enabled, after.authRevision], [true, authRevision]);
    await allowedAndDenied(alice);
  });

  test('a changed password ends sessions; without authentication everything is open again', async () => {
    await root.auth.userChangePassword({ name: 'alice', password: 'new' });
    await assert.rejects(alice.kv.range({ key: key('a/x') }), /authentication failed, invalid user ID or password/);
    await root.auth.authDisable({});
    const nobody = cluster.client();
    await nobody.kv.put({ key: key('b/x'), value: key('1') });
    nobody.close();
  });
});

describe('other ways to say who one is', () => {
  const directory = mkdtempSync(join(tmpdir(), 'keelson-auth-'));
  after(() => rmSync(directory, { recursive: true }));

  test('signed tokens: good at every member without being kept, until users or roles change', async () => {
    const file = join(directory, 'jwt.pem');
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const cluster = await ClusterUnderTest.start('keelson', 1, [
      ...['--bcrypt-cost', '4', '--auth-token', `jwt,sign-method=ES256,priv-key=${file}`],
    ]);
    try {
      const nobody = cluster.client();
      await enable(nobody);
      const { token } = await nobody.auth.authenticate(ALICE);
      assert.equal(token.split('.').length, 3);
      const claims = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString());
      assert.equal(claims.username, 'alice');
      nobody.close();
      const alice = cluster.client(cluster.endpoints, undefined, ALICE);
      await allowedAndDenied(alice);
      const root = cluster.client(cluster.endpoints, undefined, ROOT);
      await root.auth.roleAdd({ name: 'another' });
      await allowedAndDenied(alice);
      alice.close();
      root.close();
    } finally {
      await cluster.stop();
    }
  });

  test('the name in a client certificate, where certificates are required', async () => {
    const files = await writeCertificates(directory);
    const identity = { ca: readFileSync(files.ca), cert: readFileSync(files.cert), key: readFileSync(files.key) };
    const flags = (prefix: string) => [
      ...[`--${prefix}cert-file`, files.cert, `--${prefix}key-file`, files.key],
      ...[`--${prefix}trusted-ca-file`, files.ca, `--${prefix}client-cert-auth`],
    ];
    const cluster = await ClusterUnderTest.start('keelson', 1, [...flags(''), ...flags('peer-')], identity);
    try {
      // The certificate says CN=store.
      const client = cluster.client();
      await client.auth.userAdd({ name: 'store', options: { noPassword: true } });
      await enable(client);
      await assert.rejects(client.kv.put({ key: key('a/x'), value: key('1') }), denied);
      const root = cluster.client(cluster.endpoints, undefined, ROOT);
      await root.auth.userGrantRole({ user: 'store', role: 'a' });
      await allowedAndDenied(client);
      await assert.rejects(client.auth.authenticate({ name: 'store', password: 'x' }), /no password user/);
      client.close();
      root.close();
    } finally {
      await cluster.stop();
    }
  });
});
