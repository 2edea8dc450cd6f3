import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { keelson } from '@keelson/protocol';
import { connect, systemClock } from '@keelson/service';
import { ExtensionServer } from './extension-server.js';
import { options, ServerUnderTest } from './server-under-test.js';

const NAME = 'v1beta1.metrics.k8s.io';
const BASE = '/apis/metrics.k8s.io/v1beta1';
const API_SERVICES = '/apis/apiregistration.k8s.io/v1/apiservices';
const admin = { cert: 'admin' };
const run = promisify(execFile);
const directory = mkdtempSync(join(tmpdir(), 'aggregation-'));
let server: ServerUnderTest;
let extension: ExtensionServer;

before(async () => {
  extension = await ExtensionServer.create(directory, 'metrics.default.svc');
  await extension.start();
  const file = (name: string) => join(directory, name);
  const shown = ['--proxy-client-cert-file', file('front-proxy-client.crt'), '--proxy-client-key-file'];
  server = await ServerUnderTest.start(...shown, file('front-proxy-client.key'));
});
after(async () => {
  await server.stop();
  await extension.stop();
  rmSync(directory, { recursive: true });
});

async function condition(): Promise<{ status?: string; reason?: string; message?: string }> {
  const { body } = await server.call('GET', `${API_SERVICES}/${NAME}`, admin);
  const { status } = body as unknown as { status?: { conditions?: { status: string }[] } };
  return status?.conditions?.[0] ?? {};
}

async function until<T>(ask: () => Promise<T>, is: (it: T) => boolean, seconds = 15): Promise<T> {
  for (let tries = 0; ; tries++) {
    const it = await ask();
    if (is(it)) return it;
    assert.ok(tries < seconds * 20, `still ${JSON.stringify(it)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const reason = (wanted: string) => until(condition, (it) => it.reason === wanted);

async function make(path: string, body: object): Promise<void> {
  const { status, body: said } = await server.call('POST', path, admin, body);
  assert.equal(status, 201, said.message);
}

const labels = { 'kubernetes.io/service-name': 'metrics' };
const slice = (endpoints: object[], name = 'https') => ({
  ...{ metadata: { name: 'metrics-1', labels }, addressType: 'IPv4', endpoints },
  ports: [{ name, port: extension.port, protocol: 'TCP' }],
});
const SERVICES = '/api/v1/namespaces/default/services';
const SLICES = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices';

test('an APIService is available once its service is there, listens, has endpoints, and answers', options, async () => {
  const service = { namespace: 'default', name: 'metrics', port: 443 };
  await make(API_SERVICES, {
    metadata: { name: NAME },
    spec: { group: 'metrics.k8s.io', version: 'v1beta1', groupPriorityMinimum: 100, versionPriority: 100, service },
  });
  const where = 'service/metrics in "default"';
  assert.equal((await reason('ServiceNotFound')).message, `${where} is not present`);
  const asked = await server.call('GET', `${BASE}/nodes`, admin);
  assert.deepEqual([asked.status, asked.body], [503, { text: 'service unavailable\n' }]);
  await make(SERVICES, { metadata: { name: 'metrics' }, spec: { ports: [{ name: 'https', port: 444 }] } });
  assert.equal((await reason('ServicePortError')).message, `${where} is not listening on port 443`);
  const ports = [{ op: 'replace', path: '/spec/ports/0/port', value: 443 }];
  await server.call('PATCH', `${SERVICES}/metrics`, admin, ports, 'application/json-patch+json');
  assert.equal((await reason('EndpointsNotFound')).message, `cannot find endpointslices for ${where}`);
  await make(SLICES, slice([{ addresses: ['127.0.0.1'], conditions: { ready: false } }]));
  const none = `endpointslices for ${where} have no addresses with port name "https"`;
  assert.equal((await reason('MissingEndpoints')).message, none);
  const ready = [{ op: 'replace', path: '/endpoints/0/conditions/ready', value: true }];
  await server.call('PATCH', `${SLICES}/metrics-1`, admin, ready, 'application/json-patch+json');
  const url = `https://127.0.0.1:${extension.port}${BASE}`;
  const untrusted = 'tls: failed to verify certificate: x509: certificate signed by unknown authority';
  const failed = `failing or missing response from ${url}: Get "${url}": ${untrusted}`;
  assert.equal((await reason('FailedDiscoveryCheck')).message, failed);
  const trust = { spec: { caBundle: extension.caBundle } };
  await server.call('PATCH', `${API_SERVICES}/${NAME}`, admin, trust, 'application/merge-patch+json');
  const passed = await reason('Passed');
  assert.deepEqual([passed.status, passed.message], ['True', 'all checks passed']);
  const { body } = await server.call('GET', '/metrics', admin);
  const text = String((body as { text?: string }).text);
  assert.match(text, /aggregator_unavailable_apiservice\{name="v1beta1\.metrics\.k8s\.io"\} 0/);
  assert.match(text, /aggregator_unavailable_apiservice\{name="v1\.batch"\} 0/);
});

test(
  'requests are passed on as whoever makes them, if they may, and nothing else of them is believed',
  options,
  async () => {
    const refused = await server.call('GET', `${BASE}/nodes/n1`, { cert: 'jane' });
    assert.equal(refused.status, 403);
    const why = 'nodes.metrics.k8s.io "n1" is forbidden: User "jane" cannot get resource "nodes" in API group';
    assert.ok(refused.body.message?.startsWith(why), refused.body.message);
    const extra = {
      'impersonate-user': 'tom',
      'impersonate-group': 'g1',
      'impersonate-extra-a%2Fb': 'c',
      'x-remote-user': 'x',
    };
    const answer = await server.call('GET', `${BASE}/nodes?limit=5`, admin, undefined, undefined, extra);
    assert.equal(answer.status, 403); // tom may not either
    const masters = { ...extra, 'impersonate-group': 'system:masters' };
    const got = await server.call('GET', `${BASE}/nodes?limit=5`, admin, undefined, undefined, masters);
    assert.equal(got.status, 200);
    assert.equal((got.body as { kind?: string }).kind, 'NodeMetricsList');
    const { url, headers } = extension.seen.findLast((it) => it.url.startsWith(`${BASE}/nodes`))!;
    assert.equal(url, `${BASE}/nodes?limit=5`);
    assert.equal(headers['x-remote-user'], 'tom');
    assert.equal(headers['x-remote-group'], 'system:masters, system:authenticated');
    assert.equal(headers['x-remote-extra-a%2fb'], 'c');
    assert.ok(!Object.keys(headers).some((name) => name.startsWith('impersonate') || name === 'authorization'));
    const echoed = await server.call('POST', `${BASE}/nodes`, admin, { a: 1 });
    assert.equal((echoed.body as { body?: string }).body, '{"a":1}');
    const missing = await server.call('GET', `${BASE}/nothing`, admin);
    assert.deepEqual([missing.status, missing.body], [404, { text: 'no such thing' }]);
  },
);

function open(path: string, headers = {}) {
  const identity = { cert: server.read('admin.crt'), key: server.read('admin.key'), ca: server.read('ca.crt') };
  return httpsRequest({ host: '127.0.0.1', port: server.ports.rest, path, headers, agent: false, ...identity });
}

test('a watch is passed on as it comes, and ends when its client leaves', options, async () => {
  const asked = open(`${BASE}/nodes?watch=1`);
  asked.end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of answer) {
    text += String(chunk);
    if (text.includes('n2')) break;
  }
  assert.match(text, /"n1"[\s\S]*\n.*"n2"/);
  asked.destroy();
  await until(
    async () => extension.left,
    (left) => left > 0,
  );
});

test('connections are upgraded for whatever protocol is asked for', options, async () => {
  for (const protocol of ['websocket', 'SPDY/3.1']) {
    const asked = open(`${BASE}/nodes/n1/proxy`, { connection: 'Upgrade', upgrade: protocol });
    asked.end();
    const [answer, socket, head] = await once(asked, 'upgrade');
    assert.equal(answer.headers.upgrade, protocol);
    let text = String(head);
    socket.on('data', (bytes: Buffer) => {
      text += String(bytes);
    });
    socket.write('ping');
    await until(
      async () => text,
      (it) => it === 'hello PING',
    );
    socket.end();
    assert.equal(extension.seen.at(-1)?.headers['x-remote-user'], 'admin');
  }
});

interface Discovered {
  readonly freshness: string;
  readonly resources: { resource: string; scope: string; responseKind: { kind: string }; verbs: string[] }[];
}

async function discovered(): Promise<Discovered | undefined> {
  const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
  const { body } = await server.call('GET', '/apis', admin, undefined, undefined, { accept });
  const { items } = body as unknown as { items: { metadata: { name: string }; versions: Discovered[] }[] };
  assert.equal(items[0]?.metadata.name, 'apiregistration.k8s.io');
  const apps = items.find((it) => it.metadata.name === 'apps');
  assert.ok((apps?.versions[0]?.resources.length ?? 0) > 0, 'another server says what apps are');
  const at = items.findIndex((it) => it.metadata.name === 'metrics.k8s.io');
  assert.ok(at === -1 || at === items.length - 1);
  return items[at]?.versions[0];
}

/** A change of its APIService is a reason to ask again. */
async function askAgain(): Promise<void> {
  const touch = { metadata: { annotations: { touched: String(Date.now()) } } };
  await server.call('PATCH', `${API_SERVICES}/${NAME}`, admin, touch, 'application/merge-patch+json');
}

test('what the other serves is told of beside everything else, and whether it is still so', options, async () => {
  const current = await until(discovered, (it) => it?.freshness === 'Current');
  const names = current?.resources.map((it) => [it.resource, it.scope, it.responseKind.kind, it.verbs.join()]);
  const all = [
    ['nodes', 'Cluster', 'NodeMetrics', 'get,list'],
    ['pods', 'Namespaced', 'PodMetrics', 'get,list'],
  ];
  assert.deepEqual(names, all);
  for (const manner of ['with rubbish', 'without end', 'never'] as const) {
    extension.manner = manner;
    await askAgain();
    const stale = await until(discovered, (it) => it?.freshness === 'Stale', 30);
    assert.equal(stale?.resources.length, 2, manner);
    extension.manner = 'as of old';
    await askAgain();
    const old = await until(discovered, (it) => it?.freshness === 'Current');
    assert.deepEqual(
      old?.resources.map((it) => [it.resource, it.scope, it.responseKind.kind, it.verbs.join()]),
      all,
    );
  }
  extension.manner = 'well';
  const { body } = await server.call('GET', '/apis', admin);
  const { groups } = body as unknown as { groups: { name: string }[] };
  assert.equal(groups.at(-1)?.name, 'metrics.k8s.io');
  const group = await server.call('GET', '/apis/metrics.k8s.io', admin);
  const version = { groupVersion: 'metrics.k8s.io/v1beta1', version: 'v1beta1' };
  const wanted = { kind: 'APIGroup', apiVersion: 'v1', name: 'metrics.k8s.io', versions: [version] };
  assert.deepEqual(group.body, { ...wanted, preferredVersion: version });
  const list = await server.call('GET', BASE, admin);
  assert.equal((list.body as { kind?: string }).kind, 'APIResourceList');
});

test('its OpenAPI documents are among the others, under names that are free', options, async () => {
  await askAgain();
  const path = BASE.slice(1);
  const index = async () =>
    (await server.call('GET', '/openapi/v3', admin)).body as unknown as {
      paths: Record<string, { serverRelativeURL: string }>;
    };
  const { paths } = await until(index, (it) => it.paths[path] !== undefined);
  const { serverRelativeURL } = paths[path]!;
  assert.match(serverRelativeURL, /^\/openapi\/v3\/apis\/metrics\.k8s\.io\/v1beta1\?hash=[0-9a-f]{64}$/);
  const document = await server.call('GET', serverRelativeURL, admin);
  assert.ok((document.body as { paths?: Record<string, object> }).paths?.[`${BASE}/nodes`]);
  assert.equal((await server.call('GET', serverRelativeURL, { cert: 'jane' })).status, 200);
  assert.equal(extension.seen.at(-1)?.headers['x-remote-user'], 'jane');
  interface V2 {
    readonly paths: Record<string, object>;
    readonly definitions: Record<string, { description?: string; properties?: { metadata?: object } }>;
  }
  const older = async () => (await server.call('GET', '/openapi/v2', admin)).body as unknown as V2;
  const v2 = await until(older, (it) => it.paths[`${BASE}/nodes`] !== undefined);
  const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';
  assert.equal(v2.definitions[`${meta}_v2`]?.description, 'of another release');
  const ref = { $ref: `#/definitions/${meta}_v2` };
  const type = 'io.k8s.metrics.pkg.apis.metrics.v1beta1.NodeMetrics';
  assert.deepEqual(v2.definitions[type]?.properties?.metadata, ref);
  assert.ok(v2.paths['/apis/apps/v1/namespaces/{namespace}/deployments']);
  assert.match(await kubectl('explain', 'nodes', '--api-version', 'metrics.k8s.io/v1beta1'), /how much a node uses/);
});

async function kubectl(...args: string[]): Promise<string> {
  const trust = ['--certificate-authority', server.file('ca.crt'), '--cache-dir', join(directory, 'cache')];
  const who = ['--client-certificate', server.file('admin.crt'), '--client-key', server.file('admin.key')];
  const all = ['--server', `https://127.0.0.1:${server.ports.rest}`, ...trust, ...who, ...args];
  const { stdout } = await run('kubectl', all, { env: { ...process.env, KUBECONFIG: '/dev/null' } });
  return stdout;
}

test('kubectl sees what there is, and asks it for metrics', options, async () => {
  assert.match(await kubectl('get', 'apiservices', NAME), /v1beta1\.metrics\.k8s\.io +default\/metrics +True/);
  assert.match(await kubectl('get', '--raw', `${BASE}/nodes`), /NodeMetricsList/);
  const resources = await kubectl('api-resources', '--api-group', 'metrics.k8s.io');
  assert.match(resources, /^nodes +metrics\.k8s\.io\/v1beta1 +false +NodeMetrics$/m);
  await make('/api/v1/nodes', { metadata: { name: 'n1' } });
  const capacity = { cpu: '1', memory: '1Gi', pods: '10' };
  const status = { status: { capacity, allocatable: capacity } };
  await server.call('PATCH', '/api/v1/nodes/n1/status', admin, status, 'application/merge-patch+json');
  assert.match(await kubectl('top', 'nodes'), /^n1 +250m +25% +512Mi +50%/m);
  assert.match(await kubectl('top', 'pods', '-n', 'default'), /^p1 +250m +512Mi/m);
});

test('authorities that nobody can read are told of, and what is under way goes on', options, async () => {
  const watch = open(`${BASE}/nodes?watch=1`);
  watch.end();
  const [events] = (await once(watch, 'response')) as [IncomingMessage];
  const { left } = extension;
  const trust = (caBundle: string) =>
    server.call('PATCH', `${API_SERVICES}/${NAME}`, admin, { spec: { caBundle } }, 'application/merge-patch+json');
  await trust(Buffer.from('no certificate').toString('base64'));
  const nodes = () => server.call('GET', `${BASE}/nodes`, admin);
  const { body } = await until(nodes, ({ status }) => status === 500);
  assert.deepEqual(body, { text: 'unable to load root certificates: unable to parse bytes as PEM block\n' });
  await trust(extension.caBundle);
  await until(nodes, ({ status }) => status === 200);
  assert.equal(extension.left, left);
  let text = '';
  for await (const chunk of events) {
    text += String(chunk);
    if (text.includes('n2')) break;
  }
  watch.destroy();
});

test(
  'over gRPC it can be read as whoever asks, and for the rest it is said that REST is the way',
  options,
  async () => {
    const who = (name: string) => ({
      ...{ ca: server.read('ca.crt'), cert: server.read(`${name}.crt`), key: server.read(`${name}.key`) },
    });
    const open = (name: string) => connect(`127.0.0.1:${server.ports.grpc}`, { clock: systemClock(), tls: who(name) });
    const [connection, janes] = [open('admin'), open('jane')];
    const resources = connection.service(keelson.ResourcesService);
    const nodes = { group: 'metrics.k8s.io', version: 'v1beta1', resource: 'nodes' };
    const pods = { ...nodes, resource: 'pods' };
    const listed = await resources.list({ type: nodes, labelSelector: 'a=b', limit: 5 });
    assert.equal((JSON.parse(String(listed.object)) as { kind: string }).kind, 'NodeMetricsList');
    const { url, headers } = extension.seen.at(-1)!;
    assert.deepEqual([url, headers['x-remote-user']], [`${BASE}/nodes?labelSelector=a%3Db&limit=5`, 'admin']);
    const selectors = { labelSelector: 'app=web', metricLabelSelector: 'verb=GET' };
    await resources.get({ type: pods, namespace: 'default', name: '*', subresource: 'requests', ...selectors });
    const wanted = `${BASE}/namespaces/default/pods/*/requests?labelSelector=app%3Dweb&metricLabelSelector=verb%3DGET`;
    assert.equal(extension.seen.at(-1)?.url, wanted);
    const got = await resources.get({ type: pods, namespace: 'default', name: 'p1', table: true });
    assert.equal((JSON.parse(String(got.object)) as { kind: string }).kind, 'PodMetrics');
    assert.match(String(extension.seen.at(-1)?.headers.accept), /^application\/json;as=Table;v=v1;g=meta\.k8s\.io,/);
    await assert.rejects(resources.get({ type: { ...nodes, resource: 'others' }, name: 'x' }), {
      code: 5,
    });
    await assert.rejects(janes.service(keelson.ResourcesService).list({ type: nodes }), { code: 7 });
    await assert.rejects(resources.create({ type: nodes }), (error: { code?: number; details?: string }) => {
      assert.equal(error.code, 12);
      assert.match(error.details ?? '', /served by another server \(service default\/metrics\): create it over REST/);
      return true;
    });
    const { groups } = await resources.discover({});
    const all = JSON.parse(String(groups)) as {
      items: { metadata: { name?: string }; versions: { resources: object[] }[] }[];
    };
    const found = all.items.find(({ metadata }) => metadata.name === 'metrics.k8s.io')?.versions[0]?.resources;
    assert.deepEqual(
      (found as { resource: string; verbs: string[] }[]).map(({ resource, verbs }) => [resource, verbs]),
      [
        ['nodes', ['get', 'list']],
        ['pods', ['get', 'list']],
      ],
    );
    connection.close();
    janes.close();
  },
);

test('while the other is down it is said so, and it is noticed when it is back', options, async () => {
  await extension.stop();
  const down = await server.call('GET', `${BASE}/nodes`, admin);
  const text = `error trying to reach service: dial tcp 127.0.0.1:${extension.port}: connect: connection refused\n`;
  assert.deepEqual([down.status, down.body], [503, { text }]);
  // Something changes about its service, which is a reason to look.
  const touch = { metadata: { annotations: { touched: '1' } } };
  await server.call('PATCH', `${SERVICES}/metrics`, admin, touch, 'application/merge-patch+json');
  assert.match((await reason('FailedDiscoveryCheck')).message ?? '', /connect: connection refused$/);
  const unavailable = await server.call('GET', `${BASE}/nodes`, admin);
  assert.deepEqual([unavailable.status, unavailable.body], [503, { text: 'service unavailable\n' }]);
  await extension.start();
  await reason('Passed');
  assert.equal((await server.call('GET', `${BASE}/nodes`, admin)).status, 200);
});
