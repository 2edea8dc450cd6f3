import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { after, before, test } from 'node:test';
import type { ConfigMap, SubjectAccessReview, TokenReview } from '@keelson/api';
import { type ApiClient, DelegatedAccess, type Resource } from '@keelson/client';
import { Registry, silentLogger, systemClock, type TlsIdentity } from '@keelson/service';
import { FrontProxyAccess } from '../src/access/front-proxy-access.js';
import { HttpDoor } from '../src/api/http-door.js';
import { MetricsApi } from '../src/api/metrics-api.js';
import { UsageStore } from '../src/points/usage-store.js';
import { authority } from './certificates.js';

const clock = systemClock({ keepAlive: false });
const BASE = '/apis/metrics.k8s.io/v1beta1';
const nobody = { get: () => undefined, list: () => [] };

let door: HttpDoor;
let port: number;
let proxy: TlsIdentity;
let user: TlsIdentity;
let impostor: TlsIdentity;
let isAway = false;
let isReady = true;

/** An API server that knows one token, and lets alice list pods and those whom it knows see documents. */
function fakeClient(): ApiClient {
  const create = async ({ kind }: Resource, { spec }: TokenReview & SubjectAccessReview) => {
    if (isAway) throw new Error('no connection');
    if (kind === 'TokenReview')
      return { status: { authenticated: spec?.token === 'good', user: { username: 'alice', groups: [] } } };
    const { verb, resource, namespace } = spec?.resourceAttributes ?? {};
    const sees = spec?.nonResourceAttributes !== undefined && spec.groups?.includes('system:authenticated') === true;
    const lists = spec?.user === 'alice' && verb === 'list' && resource === 'pods' && namespace === 'shop';
    return { status: { allowed: lists || sees } };
  };
  return { create } as unknown as ApiClient;
}

before(async () => {
  const [cluster, front] = [await authority('cluster'), await authority('front-proxy')];
  const own = await cluster('keelson-metrics-server.kube-system.svc');
  proxy = await front('front-proxy-client');
  user = await cluster('alice');
  impostor = await front('somebody');
  const wanted = () => ({});
  const delegated = new DelegatedAccess({ ca: own.ca, wanted }, { client: fakeClient(), clock });
  const access = new FrontProxyAccess({ delegated, clock, logger: silentLogger });
  access.trust({
    data: {
      'requestheader-client-ca-file': proxy.ca.toString(),
      'requestheader-allowed-names': '["front-proxy-client"]',
      'requestheader-username-headers': '["X-Remote-User"]',
      'requestheader-group-headers': '["X-Remote-Group"]',
    },
  } as unknown as ConfigMap);
  const store = new UsageStore({ resolutionMs: 15_000 }, { now: () => clock.monotonic() });
  const api = new MetricsApi({ nodes: nobody, pods: nobody, store, clock });
  const unready = () => (isReady ? undefined : 'not heard of yet: nodes');
  const options = { host: '127.0.0.1', port: 0, tls: own };
  door = new HttpDoor(options, { api, access, registry: new Registry(), unready, logger: silentLogger });
  port = await door.listen();
});
after(() => door.close());

interface Asked {
  readonly as?: TlsIdentity;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

async function ask(path: string, { as, method = 'GET', headers = {} }: Asked = {}) {
  const tls = as === undefined ? {} : { cert: as.cert, key: as.key };
  const options = {
    port,
    path,
    method,
    headers: { connection: 'close', ...headers },
    rejectUnauthorized: false,
    ...tls,
  };
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    request(options, resolve).on('error', reject).end();
  });
  let text = '';
  for await (const chunk of answer) text += String(chunk);
  return { status: answer.statusCode, type: answer.headers['content-type'], text };
}

const by = (name: string, ...groups: string[]) => ({
  'x-remote-user': name,
  ...(groups.length > 0 ? { 'x-remote-group': groups.join() } : {}),
});

test('a front proxy is believed whom a request is of, and nobody else is', async () => {
  const path = `${BASE}/namespaces/shop/pods`;
  const asAlice = { headers: by('alice') };
  assert.equal((await ask(path, { as: proxy, ...asAlice })).status, 200);
  assert.equal((await ask(path, { as: user })).status, 200, 'she herself');
  assert.equal((await ask(path, { headers: { authorization: 'Bearer good' } })).status, 200, 'by a token');
  assert.equal((await ask(path, asAlice)).status, 403, 'the header alone is worth nothing');
  assert.equal((await ask(path, { as: impostor, ...asAlice })).status, 401, 'a proxy of another name');
  assert.equal((await ask(path, { headers: { authorization: 'Bearer bad' } })).status, 401);
  const { status, text } = await ask(`${BASE}/nodes`, { as: user });
  assert.equal(status, 403);
  assert.equal(
    JSON.parse(text).message,
    'nodes.metrics.k8s.io is forbidden: User "alice" cannot list resource "nodes" in API group "metrics.k8s.io" at the cluster scope',
  );
});

test('when nobody says who may see it, nobody does; health is everybody’s', async () => {
  isAway = true;
  assert.equal((await ask(`${BASE}/pods`, { as: proxy, headers: by('bob') })).status, 503);
  isAway = false;
  assert.equal((await ask('/readyz')).text, 'ok');
  isReady = false;
  assert.deepEqual([(await ask('/readyz')).status, (await ask('/livez')).status], [500, 200]);
  isReady = true;
});

const master = { headers: by('system:kube-aggregator', 'system:masters') };

test('what is there is told as an aggregator asks for it', async () => {
  const as = proxy;
  const list = JSON.parse((await ask(BASE, { as, ...master })).text);
  assert.deepEqual(
    list.resources.map((it: { name: string; kind: string; verbs: string[] }) => [it.name, it.kind, it.verbs]),
    [
      ['nodes', 'NodeMetrics', ['get', 'list']],
      ['pods', 'PodMetrics', ['get', 'list']],
    ],
  );
  const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
  const found = await ask('/apis', { as, headers: { ...master.headers, accept } });
  assert.equal(found.type, accept);
  assert.equal(JSON.parse(found.text).items[0].versions[0].resources[1].responseKind.kind, 'PodMetrics');
  // The aggregator asks for documents as a user without groups.
  const own = { as, headers: by('system:aggregator') };
  const index = JSON.parse((await ask('/openapi/v3', own)).text);
  const document = JSON.parse((await ask(index.paths[BASE.slice(1)].serverRelativeURL.split('?')[0], own)).text);
  assert.ok(document.paths[`${BASE}/namespaces/{namespace}/pods/{name}`].get);
  assert.ok(document.components.schemas['io.k8s.metrics.v1beta1.PodMetrics'].properties.containers);
  assert.ok(JSON.parse((await ask('/openapi/v2', own)).text).paths[`${BASE}/nodes`]);
});

test('what cannot be answered is a Status', async () => {
  const as = proxy;
  const status = async (path: string, method = 'GET', headers: Record<string, string> = {}) => {
    const { status: code, text } = await ask(path, { as, method, headers: { ...master.headers, ...headers } });
    return [code, JSON.parse(text).message];
  };
  const unsupported = (verb: string, what = 'pods') =>
    `${verb} is not supported on resources of kind "${what}.metrics.k8s.io"`;
  assert.deepEqual(await status(`${BASE}/pods?watch=true`), [405, unsupported('watch')]);
  assert.deepEqual(await status(`${BASE}/nodes/n1`, 'DELETE'), [405, unsupported('delete', 'nodes')]);
  assert.deepEqual(await status(`${BASE}/nodes/n1`), [404, 'nodes "n1" not found']);
  assert.equal((await status(`${BASE}/pods`, 'GET', { accept: 'application/vnd.kubernetes.protobuf' }))[0], 406);
  const table = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };
  assert.deepEqual(await status(`${BASE}/pods?includeObject=All`, 'GET', table), [
    400,
    'unrecognized includeObject value: "All"',
  ]);
  assert.equal((await ask('/nothing', { as, ...master })).status, 404);
});
