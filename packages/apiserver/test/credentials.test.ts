import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { keelson } from '@keelson/protocol';
import { connect, systemClock } from '@keelson/service';
import { type JWTPayload, SignJWT } from 'jose';
import { signingKeyOf } from '../src/auth/tokens/signing-key.js';
import { options, ServerUnderTest } from './server-under-test.js';

let world: ServerUnderTest;
const call: ServerUnderTest['call'] = (...request) => world.call(...request);

before(async () => {
  world = await ServerUnderTest.start();
});
after(() => world.stop());

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';

test('a token is as good on the gRPC door, and what is no token of ours is refused there', options, async () => {
  const accounts = '/api/v1/namespaces/default/serviceaccounts';
  await call('POST', accounts, { cert: 'admin' }, { metadata: { name: 'caller' } });
  const made = await call('POST', `${accounts}/caller/token`, { cert: 'admin' }, { spec: {} });
  const { token } = (made.body as unknown as { status: { token: string } }).status;
  const discover = async (given: string | undefined, tls: object) => {
    const dependencies = { clock: systemClock(), tls: { ca: world.read('ca.crt'), ...tls }, token: given };
    const connection = connect(`127.0.0.1:${world.ports.grpc}`, dependencies);
    const type = { group: '', version: 'v1', resource: 'configmaps' };
    try {
      return await connection.service(keelson.ResourcesService).get({ type, namespace: 'default', name: 'a' });
    } finally {
      connection.close();
    }
  };
  const stranger = { cert: world.read('stranger.crt'), key: world.read('stranger.key') };
  const denied = { code: status.PERMISSION_DENIED, details: /User "system:serviceaccount:default:caller" cannot get/ };
  await assert.rejects(discover(token, {}), denied);
  await assert.rejects(discover(undefined, {}), { code: status.PERMISSION_DENIED, details: /system:anonymous/ });
  await assert.rejects(discover('nonsense', {}), { code: status.UNAUTHENTICATED });
  await assert.rejects(discover(undefined, stranger), { code: status.UNAUTHENTICATED });
  await assert.rejects(discover(token, stranger), denied);
});

test('what a node may do cannot be listed', options, async () => {
  const path = '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews';
  const rules = async (acting: Record<string, string>) => {
    const { body } = await call('POST', path, { cert: 'admin' }, { spec: { namespace: 'default' } }, undefined, acting);
    return (body as unknown as { status: { incomplete: boolean } }).status.incomplete;
  };
  assert.equal(await rules({ 'impersonate-user': 'system:node:n', 'impersonate-group': 'system:nodes' }), true);
  assert.equal(await rules({ 'impersonate-user': 'ann' }), false);
});

test('whom this server trusts is told to other API servers', options, async () => {
  const path = '/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication';
  const { body } = await call('GET', path, { cert: 'admin' });
  assert.deepEqual((body as { data?: object }).data, { 'client-ca-file': String(world.read('ca.crt')) });
});

test('a certificate that no authority vouches for is refused, not anonymous', options, async () => {
  assert.equal((await call('GET', '/version', {})).status, 200);
  assert.equal((await call('GET', '/version', { cert: 'stranger' })).status, 401);
});

test(
  'a token of ours without its claims, or a header with bad escapes, is no failure of the server',
  options,
  async () => {
    const store = world.store();
    const { kvs } = await store.kv.range({ key: Buffer.from('/registry/serviceaccountkeys/signing') });
    const { id, algorithm, privateKey } = signingKeyOf(kvs[0]!.value);
    store.close();
    const sign = (claims: JWTPayload, subject: string) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: algorithm, kid: id })
        .setIssuer('https://kubernetes.default.svc.cluster.local')
        .setAudience('https://kubernetes.default.svc.cluster.local')
        .setSubject(subject)
        .setExpirationTime('1h')
        .sign(privateKey);
    const account = { name: 'default', uid: 'x' };
    for (const claim of [
      undefined,
      null,
      7,
      {},
      { namespace: 'default' },
      { namespace: 'default', serviceaccount: {} },
    ]) {
      const token = await sign({ 'kubernetes.io': claim }, 'system:serviceaccount:default:default');
      assert.equal((await call('GET', CONFIG_MAPS, { token })).status, 401, JSON.stringify(claim));
    }
    const other = { namespace: 'default', serviceaccount: account };
    const token = await sign({ 'kubernetes.io': other }, 'system:serviceaccount:kube-system:default');
    assert.equal((await call('GET', CONFIG_MAPS, { token })).status, 401);
    const acting = { 'impersonate-user': 'ann', 'impersonate-extra-100%': 'x', 'impersonate-extra-%ff': 'y' };
    assert.equal((await call('GET', CONFIG_MAPS, { cert: 'jane' }, undefined, undefined, acting)).status, 403);
    assert.equal((await call('GET', CONFIG_MAPS, { cert: 'admin' }, undefined, undefined, acting)).status, 403);
  },
);

test('to exec by WebSocket takes as much as by POST', options, async () => {
  const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/default';
  const admin = { cert: 'admin' };
  const may = async (verb: string) => {
    const rules = [{ apiGroups: [''], resources: ['pods/exec', 'pods/attach'], verbs: [verb] }];
    await call('POST', `${rbac}/roles`, admin, { metadata: { name: verb }, rules });
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: verb };
    const subjects = [{ kind: 'User', name: 'tom' }];
    await call('POST', `${rbac}/rolebindings`, admin, { metadata: { name: `tom-${verb}` }, roleRef, subjects });
  };
  await may('get');
  const upgrade = { upgrade: 'websocket', connection: 'upgrade', 'sec-websocket-version': '13' };
  const ask = (subresource: string) =>
    call('GET', `/api/v1/namespaces/default/pods/none/${subresource}`, { cert: 'tom' }, undefined, undefined, upgrade);
  for (const subresource of ['exec', 'attach']) {
    for (;;) {
      const { status: code, body } = await ask(subresource);
      assert.equal(code, 403);
      if (body.message?.includes(`cannot create resource "pods/${subresource}"`)) break;
    }
  }
  await may('create');
  while ((await ask('exec')).status === 403);
  assert.equal((await ask('exec')).status, 404);
});
