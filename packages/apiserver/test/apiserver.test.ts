import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { keelson } from '@keelson/protocol';
import { connect, systemClock } from '@keelson/service';
import { writeCertificates } from './certificates.js';

const MAIN = fileURLToPath(new URL('../src/main.js', import.meta.url));
const hasEtcd = spawnSync('etcd', ['--version']).status === 0;
const options = { skip: hasEtcd ? false : 'no etcd on this machine', timeout: 60_000 };

const directory = mkdtempSync(join(tmpdir(), 'apiserver-test-'));
const file = (name: string) => join(directory, name);
const children: ChildProcess[] = [];
let ports = { etcd: 0, peer: 0, rest: 0, grpc: 0 };
let server: ChildProcess;

interface Reply {
  readonly status: number;
  readonly warning: string | undefined;
  readonly body: Record<string, never> & { metadata?: { uid?: string; resourceVersion?: string } };
}

/** One request with a client certificate or a token. */
function call(
  method: string,
  path: string,
  who: { cert?: string; token?: string },
  body?: object,
  mediaType = 'application/json',
  more: Record<string, string> = {},
): Promise<Reply> {
  const identity = who.cert
    ? { cert: readFileSync(file(`${who.cert}.crt`)), key: readFileSync(file(`${who.cert}.key`)) }
    : {};
  const headers = {
    'content-type': mediaType,
    ...more,
    ...(who.token ? { authorization: `Bearer ${who.token}` } : {}),
  };
  return new Promise((resolve, reject) => {
    const target = {
      host: '127.0.0.1',
      port: ports.rest,
      method,
      path,
      headers,
      agent: false,
      ca: readFileSync(file('ca.crt')),
      ...identity,
    };
    const request = httpsRequest(target, async (response) => {
      let text = '';
      for await (const chunk of response) text += String(chunk);
      const isJson = String(response.headers['content-type']).includes('json');
      const { warning } = response.headers;
      resolve({ status: response.statusCode ?? 0, warning, body: isJson ? JSON.parse(text) : { text } });
    });
    request.on('error', reject);
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

function start(program: string, args: readonly string[]): ChildProcess {
  const child = spawn(program, args, { stdio: 'ignore' });
  children.push(child);
  return child;
}

function startServer(): ChildProcess {
  const flags = {
    'etcd-servers': `http://127.0.0.1:${ports.etcd}`,
    'secure-port': ports.rest,
    'grpc-port': ports.grpc,
    'tls-cert-file': file('server.crt'),
    'tls-private-key-file': file('server.key'),
    'client-ca-file': file('ca.crt'),
  };
  return start(process.execPath, [
    MAIN,
    ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]),
  ]);
}

async function ready(): Promise<void> {
  for (;;) {
    const reply = await call('GET', '/readyz', { cert: 'admin' }).catch(() => undefined);
    if (reply?.status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

before(async () => {
  if (!hasEtcd) return;
  ports = { etcd: await freePort(), peer: await freePort(), rest: await freePort(), grpc: await freePort() };
  await writeCertificates(directory, {
    server: [{ CN: ['kube-apiserver'] }],
    admin: [{ O: ['system:masters'] }, { CN: ['admin'] }],
    jane: [{ CN: ['jane'] }],
  });
  const [client, peer] = [`http://127.0.0.1:${ports.etcd}`, `http://127.0.0.1:${ports.peer}`];
  start('etcd', [
    ...['--data-dir', file('etcd'), '--listen-client-urls', client, '--advertise-client-urls', client],
    ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer, '--initial-cluster', `default=${peer}`],
  ]);
  server = startServer();
  await ready();
});

after(async () => {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  rmSync(directory, { recursive: true, force: true });
});

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';

test('REST and gRPC see the same objects', options, async () => {
  const made = await call('POST', CONFIG_MAPS, { cert: 'admin' }, { metadata: { name: 'a' }, data: { k: 'v' } });
  assert.equal(made.status, 201);
  const [ca, cert, key] = ['ca.crt', 'admin.crt', 'admin.key'].map((name) => readFileSync(file(name)));
  const connection = connect(`127.0.0.1:${ports.grpc}`, {
    clock: systemClock(),
    tls: { ca: ca!, cert: cert!, key: key! },
  });
  const resources = connection.service(keelson.ResourcesService);
  const type = { group: '', version: 'v1', resource: 'configmaps' };
  const { object } = await resources.get({ type, namespace: 'default', name: 'a' });
  assert.equal(JSON.parse(object.toString()).metadata.uid, made.body.metadata?.uid);
  connection.close();
});

test('nobody does what no role allows', options, async () => {
  const refused = await call('GET', CONFIG_MAPS, { cert: 'jane' });
  assert.equal(refused.status, 403);
  const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/default';
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' };
  const binding = { metadata: { name: 'jane' }, roleRef, subjects: [{ kind: 'User', name: 'jane' }] };
  assert.equal((await call('POST', `${rbac}/rolebindings`, { cert: 'admin' }, binding)).status, 201);
  for (;;) {
    const { status } = await call('GET', CONFIG_MAPS, { cert: 'jane' });
    if (status === 200) break;
    assert.equal(status, 403);
  }
  assert.equal((await call('POST', CONFIG_MAPS, { cert: 'jane' }, { metadata: { name: 'b' } })).status, 403);
  assert.equal((await call('GET', CONFIG_MAPS, {})).status, 403);
});

test('a service account’s token is good for as long as its account is', options, async () => {
  const accounts = '/api/v1/namespaces/default/serviceaccounts';
  await call('POST', accounts, { cert: 'admin' }, { metadata: { name: 'robot' } });
  const made = await call('POST', `${accounts}/robot/token`, { cert: 'admin' }, { spec: {} });
  const { token } = (made.body as unknown as { status: { token: string } }).status;
  const whoami = await call('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', { token }, {});
  const { userInfo } = (whoami.body as unknown as { status: { userInfo: { username: string } } }).status;
  assert.equal(userInfo.username, 'system:serviceaccount:default:robot');
  await call('DELETE', `${accounts}/robot`, { cert: 'admin' });
  while ((await call('GET', CONFIG_MAPS, { token })).status !== 401);
  assert.equal((await call('GET', CONFIG_MAPS, { token: 'nonsense' })).status, 401);
});

test(
  'a Table of what is only done is refused, and what is deprecated says so whatever comes of it',
  options,
  async () => {
    const table = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };
    const review = { spec: { resourceAttributes: { verb: 'get', resource: 'pods' } } };
    const made = [
      ['/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', review],
      ['/apis/authentication.k8s.io/v1/selfsubjectreviews', {}],
      ['/api/v1/namespaces/default/serviceaccounts/default/token', { spec: {} }],
      ['/api/v1/namespaces/default/pods/p/eviction', { metadata: { name: 'p' } }],
      ['/api/v1/namespaces/default/pods/p/binding', { metadata: { name: 'p' }, target: { name: 'n' } }],
      ['/api/v1/namespaces/default/bindings', { metadata: { name: 'p' }, target: { name: 'n' } }],
    ] as const;
    for (const [path, body] of made) {
      const { status } = await call('POST', path, { cert: 'admin' }, body, 'application/json', table);
      assert.equal(status, 406, path);
    }
    const endpoints = '/api/v1/namespaces/default/endpoints';
    const text = '299 - "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"';
    for (const [method, path, code, body] of [
      ['GET', endpoints, 200],
      ['GET', `${endpoints}/nobody`, 404],
      ['DELETE', `${endpoints}/nobody`, 404],
      ['POST', endpoints, 422, { metadata: { name: '-' } }],
      ['POST', endpoints, 201, { metadata: { name: 'e' } }],
    ] as const) {
      const { status, warning } = await call(method, path, { cert: 'admin' }, body);
      assert.deepEqual([status, warning], [code, text], `${method} ${path}`);
    }
    assert.equal((await call('GET', CONFIG_MAPS, { cert: 'admin' })).warning, undefined);
  },
);

test('sixteen clients change one object and none is turned away', options, async () => {
  const admin = { cert: 'admin' };
  const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
  const spec = { replicas: 1, selector: { matchLabels: { a: 'b' } }, template };
  const path = '/apis/apps/v1/namespaces/default/deployments';
  assert.equal((await call('POST', path, admin, { metadata: { name: 'd' }, spec })).status, 201);
  const identity = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' } };
  const patch = (type: string, body: object, more = '') =>
    call('PATCH', `${path}/d${more}`, admin, body, `application/${type}`);
  const ways: ((key: string) => Promise<Reply>)[] = [
    (key) => patch('merge-patch+json', { metadata: { annotations: { [key]: '1' } } }),
    (key) => patch('strategic-merge-patch+json', { metadata: { annotations: { [key]: '1' } } }),
    () => patch('json-patch+json', [{ op: 'replace', path: '/spec/replicas', value: 3 }]),
    (key) =>
      patch(
        'apply-patch+yaml',
        { ...identity, metadata: { name: 'd', labels: { [key]: '1' } } },
        `?fieldManager=${key}`,
      ),
    () => patch('merge-patch+json', { spec: { replicas: 4 } }, '/scale'),
    () => call('PUT', `${path}/d/scale`, admin, { metadata: { name: 'd' }, spec: { replicas: 5 } }),
    () => call('PUT', `${path}/d/status`, admin, { ...identity, status: { replicas: 1 } }),
    () => patch('merge-patch+json', { status: { observedGeneration: 1 } }, '/status'),
  ];
  const client = async (name: number): Promise<number[]> => {
    const codes: number[] = [];
    for (let at = 0; at < 12; at++) codes.push((await ways[(name + at) % ways.length]!(`c${name}-${at}`)).status);
    return codes;
  };
  const codes = (await Promise.all(Array.from({ length: 16 }, (_, name) => client(name)))).flat();
  assert.deepEqual([...new Set(codes)], [200]);
});

test('a server that is killed comes back with everything', options, async () => {
  const made = await call('POST', CONFIG_MAPS, { cert: 'admin' }, { metadata: { name: 'kept' } });
  server.kill('SIGKILL');
  await once(server, 'exit');
  server = startServer();
  await ready();
  const read = await call('GET', `${CONFIG_MAPS}/kept`, { cert: 'admin' });
  assert.deepEqual(read.body.metadata, made.body.metadata);
});
