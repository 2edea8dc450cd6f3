import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { exportJWK, SignJWT } from 'jose';
import { writeCertificates } from './certificates.js';
import { options, ServerUnderTest } from './server-under-test.js';

/** What a webhook or an issuer was asked, and what it says. */
class Other {
  readonly asked: { path: string; authorization: string | undefined; body: Record<string, never> }[] = [];
  readonly #answers: Record<string, (body: never) => object | string>;
  readonly #directory: string;
  #server: Server | undefined;

  constructor(directory: string, answers: Record<string, (body: never) => object | string>) {
    this.#directory = directory;
    this.#answers = answers;
  }

  async start(): Promise<string> {
    const file = (name: string) => readFileSync(join(this.#directory, name));
    this.#server = createServer({ cert: file('other.crt'), key: file('other.key') }, async (request, response) => {
      let text = '';
      for await (const chunk of request) text += String(chunk);
      const path = request.url ?? '';
      const body = text === '' ? {} : JSON.parse(text);
      this.asked.push({ path, authorization: request.headers.authorization, body });
      const answer = this.#answers[path]?.(body as never);
      response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
      response.end(typeof answer === 'string' ? answer : JSON.stringify(answer ?? {}));
    });
    await new Promise<void>((resolve) => this.#server?.listen(0, '127.0.0.1', resolve));
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server?.close();
    this.#server?.closeAllConnections();
  }
}

const directory = mkdtempSync(join(tmpdir(), 'keelson-access-'));
const issuerKey = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const file = (name: string, content: string) => {
  writeFileSync(join(directory, name), content);
  return join(directory, name);
};
let url = '';
const denied = new Set<string>();
const other = new Other(directory, {
  '/.well-known/openid-configuration': () => ({ issuer: url, jwks_uri: `${url}/keys` }),
  '/keys': () => keys,
  '/claims': () => elsewhere,
  '/authn': ({ spec }: { spec: { token: string } }) => ({
    status:
      spec.token === 'from-webhook'
        ? { authenticated: true, user: { username: 'hook', groups: ['hooked'], uid: '9' } }
        : { authenticated: false },
  }),
  '/authz': ({ spec }: { spec: { user: string } }) => ({
    status: { allowed: spec.user === 'ann', denied: denied.has(spec.user), reason: 'the hook' },
  }),
});
let keys: object;
let elsewhere = '';
let world: ServerUnderTest;
const NODES = '/api/v1/nodes';
const WHO = '/apis/authentication.k8s.io/v1/selfsubjectreviews';

async function whoIs(token: string): Promise<object | number> {
  const { status, body } = await world.call('POST', WHO, { token }, {});
  return status === 201 ? (body as unknown as { status: { userInfo: object } }).status.userInfo : status;
}

before(async () => {
  await writeCertificates(directory, { other: [{ CN: ['other'] }] }, 'other-ca');
  keys = { keys: [{ ...(await exportJWK(issuerKey.publicKey)), kid: 'k', alg: 'ES256', use: 'sig' }] };
  url = await other.start();
  const ca = readFileSync(join(directory, 'other-ca.crt'), 'utf8');
  const kubeconfig = (path: string) =>
    file(
      `${path}.kubeconfig`,
      JSON.stringify({
        'current-context': 'c',
        contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
        clusters: [{ name: 'c', cluster: { server: `${url}/${path}`, 'certificate-authority': 'other-ca.crt' } }],
        users: [{ name: 'u', user: { token: 'shown' } }],
      }),
    );
  const jwt = { issuer: { url, audiences: ['me'], certificateAuthority: ca } };
  const authorizers = [
    {
      type: 'Webhook',
      name: 'hook',
      webhook: {
        ...{ timeout: '3s', subjectAccessReviewVersion: 'v1', failurePolicy: 'NoOpinion', unauthorizedTTL: '0s' },
        connectionInfo: { type: 'KubeConfigFile', kubeConfigFile: kubeconfig('authz') },
      },
    },
    { type: 'RBAC', name: 'rbac' },
  ];
  const head = (kind: string) => ({ apiVersion: 'apiserver.config.k8s.io/v1', kind });
  world = await ServerUnderTest.start(
    ...['--token-auth-file', file('tokens.csv', 'static,ann,7,"devs"\n')],
    '--enable-bootstrap-token-auth',
    ...['--authentication-token-webhook-config-file', kubeconfig('authn')],
    ...['--authentication-token-webhook-version', 'v1'],
    '--authentication-config',
    file(
      'authentication.json',
      JSON.stringify({
        ...head('AuthenticationConfiguration'),
        jwt: [
          { ...jwt, claimMappings: { username: { claim: 'sub', prefix: 'o:' }, groups: { claim: 'g', prefix: '' } } },
        ],
        anonymous: { enabled: true, conditions: [{ path: '/readyz' }] },
      }),
    ),
    '--authorization-config',
    file('authorization.json', JSON.stringify({ ...head('AuthorizationConfiguration'), authorizers })),
  );
});
after(async () => {
  await world.stop();
  other.stop();
  rmSync(directory, { recursive: true });
});

const GROUPS = ['system:authenticated'];

test('tokens of a file, of a webhook and of an issuer say who calls', options, async () => {
  assert.deepEqual(await whoIs('static'), { username: 'ann', uid: '7', groups: ['devs', ...GROUPS] });
  assert.deepEqual(await whoIs('from-webhook'), { username: 'hook', uid: '9', groups: ['hooked', ...GROUPS] });
  const now = Math.floor(Date.now() / 1000);
  const sign = (claims: object) =>
    new SignJWT({ iss: url, aud: 'me', exp: now + 600, sub: 'joe', g: ['x'], ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'k' })
      .sign(issuerKey.privateKey);
  assert.deepEqual(await whoIs(await sign({})), { username: 'o:joe', groups: ['x', ...GROUPS] });
  assert.equal(await whoIs(await sign({ aud: 'you' })), 401);
  assert.equal(await whoIs(await sign({ exp: now - 600 })), 401);
  assert.equal(await whoIs('nonsense'), 401);
  elsewhere = await sign({ sub: 'claims', g: ['far', 'away'] });
  const claims = (access_token: string) => ({
    ...{ g: undefined, _claim_names: { g: 'src' } },
    _claim_sources: { src: { endpoint: `${url}/claims`, access_token } },
  });
  assert.deepEqual(await whoIs(await sign(claims('far'))), { username: 'o:joe', groups: ['far', 'away', ...GROUPS] });
  assert.equal(other.asked.find(({ path }) => path === '/claims')?.authorization, 'Bearer far');
  elsewhere = await sign({ aud: 'you' });
  assert.equal(await whoIs(await sign(claims('x'))), 401);
  const asked = other.asked.find(({ path }) => path === '/authn');
  assert.equal(asked?.authorization, 'Bearer shown');
});

test('a bootstrap token is good while its Secret says so', options, async () => {
  const path = '/api/v1/namespaces/kube-system/secrets';
  const secret = (data: Record<string, string>, type = 'bootstrap.kubernetes.io/token') => ({
    metadata: { name: 'bootstrap-token-abcdef' },
    type,
    stringData: {
      'token-id': 'abcdef',
      'token-secret': '0123456789abcdef',
      'usage-bootstrap-authentication': 'true',
      'auth-extra-groups': 'system:bootstrappers:w',
      ...data,
    },
  });
  const token = 'abcdef.0123456789abcdef';
  assert.equal(await whoIs(token), 401);
  const put = async (it: object) => {
    await world.call('DELETE', `${path}/bootstrap-token-abcdef`, { cert: 'admin' });
    assert.equal((await world.call('POST', path, { cert: 'admin' }, it)).status, 201);
    return whoIs(token);
  };
  const groups = ['system:bootstrappers', 'system:bootstrappers:w', ...GROUPS];
  assert.deepEqual(await put(secret({})), { username: 'system:bootstrap:abcdef', groups });
  assert.equal(await whoIs('abcdef.0123456789abcdeX'), 401);
  assert.equal(await whoIs('abcdef.0123456789abcdee'), 401);
  assert.equal(await put(secret({ 'usage-bootstrap-authentication': 'false' })), 401);
  assert.equal(await put(secret({ expiration: '2020-01-01T00:00:00Z' })), 401);
  assert.equal(await put(secret({ expiration: 'whenever' })), 401);
  assert.notEqual(await put(secret({ expiration: '2999-01-01T00:00:00Z' })), 401);
  assert.equal(await put(secret({ 'auth-extra-groups': 'system:masters' })), 401);
  assert.equal(await put(secret({}, 'Opaque')), 401);
});

test('a webhook allows, denies, or leaves it to roles', options, async () => {
  assert.equal((await world.call('GET', NODES, { token: 'static' })).status, 200);
  const refused = await world.call('GET', NODES, { cert: 'jane' });
  assert.equal(refused.status, 403);
  assert.match(refused.body.message ?? '', /the hook$/);
  const binding = {
    metadata: { name: 'jane' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'User', name: 'jane', apiGroup: 'rbac.authorization.k8s.io' }],
  };
  const bindings = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings';
  assert.equal((await world.call('POST', bindings, { cert: 'admin' }, binding)).status, 201);
  assert.equal((await world.call('GET', NODES, { cert: 'jane' })).status, 200);
  denied.add('jane');
  assert.equal((await world.call('GET', NODES, { cert: 'jane' })).status, 403);
  // Superusers are asked of nobody.
  denied.add('admin');
  assert.equal((await world.call('GET', NODES, { cert: 'admin' })).status, 200);
  const asked = other.asked
    .filter(({ path }) => path === '/authz')
    .map(({ body }) => body['spec'] as unknown as { user: string });
  assert.ok(!asked.some(({ user }) => user === 'admin'));
});

test('who shows nothing reaches only the paths that are named', options, async () => {
  assert.equal((await world.call('GET', '/readyz', {})).status, 200);
  assert.equal((await world.call('GET', '/version', {})).status, 401);
  assert.equal((await world.call('GET', NODES, {})).status, 401);
});

test('a changed file is read again, one that is wrong is not', { ...options, timeout: 120_000 }, async () => {
  const path = join(directory, 'authentication.json');
  const config = JSON.parse(readFileSync(path, 'utf8')) as { anonymous: { conditions: object[] } };
  const openTo = async (wanted: string) => {
    while ((await world.call('GET', wanted, {})).status === 401)
      await new Promise((resolve) => setTimeout(resolve, 100));
  };
  writeFileSync(path, '{"kind": "Nonsense"}');
  config.anonymous.conditions = [{ path: '/version' }];
  assert.equal((await world.call('GET', '/readyz', {})).status, 200);
  writeFileSync(path, JSON.stringify(config));
  await openTo('/version');
  assert.equal((await world.call('GET', '/readyz', {})).status, 401);
});
