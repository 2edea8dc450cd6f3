/** How long the API server keeps its event loop for the worst that clients can send. Takes minutes: only where asked for. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { encodeProtobuf, type KubeObject } from '@keelson/api';
import { keelson } from '@keelson/protocol';
import { connect, systemClock } from '@keelson/service';
import { options, ServerUnderTest } from './server-under-test.js';

const TURN_MS_MAX = 200;
const ONLY = new RegExp(process.env['KEELSON_TURNS_ONLY'] ?? '');
const METER = fileURLToPath(new URL('./turn-meter.js', import.meta.url));
const skip = process.env['KEELSON_TURNS'] === undefined ? 'asked for by KEELSON_TURNS=1' : options.skip;

const many = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, at) => make(at));
const map = (count: number, make: (index: number) => readonly [string, unknown]) =>
  Object.fromEntries(many(count, make));

const meta = (name: string, more: object = {}) => ({ metadata: { name, namespace: 'default', ...more } });
const pod = (name: string, spec: object, more: object = {}) => ({
  ...{ apiVersion: 'v1', kind: 'Pod' },
  ...meta(name, more),
  spec: { containers: [{ name: 'c', image: 'i' }], ...spec },
});
const configMap = (name: string, data: object, more: object = {}) => ({
  ...{ apiVersion: 'v1', kind: 'ConfigMap' },
  ...meta(name, more),
  data,
});
const crd = (properties: object) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'as.x.io' },
  spec: {
    group: 'x.io',
    scope: 'Namespaced',
    names: { plural: 'as', singular: 'a', kind: 'A', listKind: 'AList' },
    versions: [
      { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', properties } } },
    ],
  },
});
const nested = (depth: number, width: number): object =>
  depth === 0
    ? { type: 'string' }
    : { type: 'object', properties: map(width, (at) => [`p${at}`, nested(depth - 1, width)]) };

const PODS = '/api/v1/namespaces/default/pods';
const MAPS = '/api/v1/namespaces/default/configmaps';
const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const MERGE = 'application/merge-patch+json';
const STRATEGIC = 'application/strategic-merge-patch+json';
const JSON_PATCH = 'application/json-patch+json';
const APPLY = 'application/apply-patch+yaml';
const PROTOBUF = 'application/vnd.kubernetes.protobuf';

const BODIES: Readonly<Record<string, readonly [path: string, body: object]>> = {
  'pod of containers': [PODS, pod('a', { containers: many(16_000, (at) => ({ name: `c${at}`, image: 'i' })) })],
  'pod of empty containers': [PODS, pod('a', { containers: many(48_000, () => ({})) })],
  'pod of variables': [
    PODS,
    pod('a', { containers: [{ name: 'c', image: 'i', env: many(12_000, (at) => ({ name: `E${at}`, value: 'v' })) }] }),
  ],
  'pod of tolerations': [PODS, pod('a', { tolerations: many(45_000, () => ({})) })],
  'pod of volumes': [PODS, pod('a', { volumes: many(12_000, (at) => ({ name: `v${at}`, emptyDir: {} })) })],
  'pod of quantities': [
    PODS,
    pod('a', {
      containers: [{ name: 'c', image: 'i', resources: { limits: map(48_000, (at) => [`x.io/${at}`, '1']) } }],
    }),
  ],
  'bad labels': [MAPS, configMap('a', {}, { labels: map(48_000, (at) => [`bad key! ${at}`, 'bad value!']) })],
  labels: [MAPS, configMap('a', {}, { labels: map(48_000, (at) => [`k${at}`, 'v']) })],
  annotations: [MAPS, configMap('a', {}, { annotations: map(48_000, (at) => [`k${at}`, '']) })],
  'bad annotations': [MAPS, configMap('a', {}, { annotations: map(48_000, (at) => [`bad! ${at}`, '']) })],
  owners: [
    MAPS,
    configMap(
      'a',
      {},
      { ownerReferences: many(9_500, (at) => ({ apiVersion: 'v1', kind: 'K', name: 'n', uid: `${at}` })) },
    ),
  ],
  'owners without anything': [MAPS, configMap('a', {}, { ownerReferences: many(48_000, () => ({})) })],
  finalizers: [MAPS, configMap('a', {}, { finalizers: many(48_000, (at) => `bad ${at}`) })],
  data: [
    MAPS,
    configMap(
      'a',
      map(48_000, (at) => [`k${at}`, '']),
    ),
  ],
  managers: [
    MAPS,
    configMap(
      'a',
      {},
      {
        managedFields: many(12_000, (at) => ({
          manager: `m${at}`,
          operation: 'Update',
          apiVersion: 'v1',
          fieldsType: 'FieldsV1',
          fieldsV1: { 'f:data': {} },
        })),
      },
    ),
  ],
  'managers of many fields': [
    MAPS,
    configMap(
      'a',
      {},
      {
        managedFields: many(2, (at) => ({
          manager: `m${at}`,
          operation: 'Update',
          apiVersion: 'v1',
          fieldsType: 'FieldsV1',
          fieldsV1: { 'f:data': map(40_000, (it) => [`f:k${it}`, {}]) },
        })),
      },
    ),
  ],
  'wide CRD': [CRDS, crd(map(24_000, (at) => [`p${at}`, { type: 'string' }]))],
  'deep CRD': [CRDS, crd(map(4, (at) => [`p${at}`, nested(6, 4)]))],
  'CRD of flaws': [CRDS, crd(map(24_000, (at) => [`p${at}`, { type: 'bad' }]))],
  'CRD of enums': [CRDS, crd({ a: { type: 'string', enum: many(45_000, (at) => `${at}`) } })],
  'unknown fields': [MAPS, { ...configMap('a', {}), ...map(48_000, (at) => [`x${at}`, 1]) }],
  'review of many groups': [
    '/apis/authorization.k8s.io/v1/subjectaccessreviews',
    {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: {
        user: 'u',
        groups: many(45_000, (at) => `g${at}`),
        resourceAttributes: { verb: 'get', resource: 'pods' },
      },
    },
  ],
};

test('no turn of the event loop is longer than others may wait', { skip, timeout: 1_800_000 }, async () => {
  const server = await metered();
  const found: string[] = [];
  const tell = (what: string, said: string, ms: number) => {
    console.log(`${ms.toFixed(1).padStart(8)} ms  ${what}: ${said}`);
    if (ms > TURN_MS_MAX) found.push(`${what}: ${ms} ms`);
  };
  const measured = async (what: string, run: () => Promise<string>) => {
    if (!ONLY.test(what)) return;
    await server.longest();
    const said = await run().catch((error: Error) => error.message.slice(0, 100));
    tell(what, said, await server.longest());
  };
  try {
    const { send } = server;
    await send('POST', '/api/v1/namespaces/default/serviceaccounts', meta('default'));
    for (const [what, [path, body]] of Object.entries(BODIES)) {
      await measured(`create, ${what}`, async () => await send('POST', `${path}?fieldManager=a`, body));
      await measured(`create by protobuf, ${what}`, async () => {
        const bytes = encodeProtobuf({ kind: 'ConfigMap', apiVersion: 'v1', ...body });
        return await send('POST', path, bytes, PROTOBUF, PROTOBUF);
      });
      await measured(
        `apply, ${what}`,
        async () =>
          await send(
            'PATCH',
            `${path}/b?fieldManager=b`,
            { ...body, metadata: { ...(body as KubeObject).metadata, name: 'b' } },
            APPLY,
          ),
      );
      await measured(`gRPC create, ${what}`, () => server.create(path, body));
    }
    // What is there and large: about as much as the store takes.
    const keys = map(40_000, (at) => [`k${at}`, '']);
    const live = {
      [`${MAPS}/m`]: configMap('m', keys),
      [`${PODS}/p`]: pod('p', { containers: many(3_500, (at) => ({ name: `c${at}`, image: 'i' })) }),
      [`${PODS}/e`]: pod('e', { tolerations: many(24_000, () => ({ operator: 'Exists' })) }),
      [`${CRDS}/as.x.io`]: crd(map(20_000, (at) => [`p${at}`, { type: 'string' }])),
    };
    for (const [path, object] of Object.entries(live)) {
      const label = { metadata: { labels: { a: 'x' } } };
      await measured(
        `create, live ${path}`,
        async () => await send('POST', path.slice(0, path.lastIndexOf('/')), object),
      );
      await measured(`get, live ${path}`, async () => await send('GET', path));
      for (const accept of [PROTOBUF, 'application/yaml', 'application/json;as=Table;g=meta.k8s.io;v=v1'])
        await measured(
          `get as ${accept}, live ${path}`,
          async () => await send('GET', path, undefined, undefined, accept),
        );
      await measured(`merge patch, live ${path}`, async () => await send('PATCH', path, label, MERGE));
      await measured(
        `strategic patch, live ${path}`,
        async () => await send('PATCH', path, { metadata: { labels: { b: 'x' } } }, STRATEGIC),
      );
      await measured(`large strategic patch, live ${path}`, async () => await send('PATCH', path, object, STRATEGIC));
      await measured(
        `JSON patch, live ${path}`,
        async () =>
          await send(
            'PATCH',
            path,
            many(9_000, () => ({ op: 'add', path: '/metadata/labels/c', value: 'x' })),
            JSON_PATCH,
          ),
      );
      await measured(
        `apply, live ${path}`,
        async () => await send('PATCH', `${path}?fieldManager=x&force=true`, object, APPLY),
      );
      await measured(`apply less, live ${path}`, async () => {
        const { apiVersion, kind, metadata } = object as KubeObject;
        return await send('PATCH', `${path}?fieldManager=x&force=true`, { apiVersion, kind, metadata }, APPLY);
      });
      await measured(`update, live ${path}`, async () => await send('PUT', path, object));
      await measured(
        `status patch, live ${path}`,
        async () => await send('PATCH', `${path}/status`, { status: {} }, MERGE),
      );
    }
    for (const part of ['resize', 'ephemeralcontainers'])
      await measured(
        `patch of ${part}, live pod`,
        async () => await send('PATCH', `${PODS}/p/${part}`, { metadata: { labels: { z: 'x' } } }, MERGE),
      );
    for (const kilobytes of [3, 15]) {
      const text = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: y${kilobytes}}\ndata:\n  a: [${'{},'.repeat((kilobytes * 1024) / 3)}]`;
      await measured(
        `YAML of ${kilobytes} KB`,
        async () => await send('POST', MAPS, Buffer.from(text), 'application/yaml'),
      );
    }
    const store = server.store();
    for (let at = 0; at < 20_000; at += 100) {
      await store.kv.txn({
        success: many(100, (it) => ({
          requestPut: {
            key: Buffer.from(`/registry/configmaps/many/c${at + it}`),
            value: Buffer.from(
              JSON.stringify({
                ...configMap(`c${at + it}`, { k: 'v' }),
                metadata: {
                  name: `c${at + it}`,
                  namespace: 'many',
                  uid: `${at + it}`,
                  creationTimestamp: '2024-01-01T00:00:00Z',
                  labels: { a: 'b' },
                },
              }),
            ),
          },
        })),
      });
    }
    store.close();
    const MANY = '/api/v1/namespaces/many/configmaps';
    for (const accept of [
      'application/json',
      'application/json;as=Table;g=meta.k8s.io;v=v1',
      'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
      PROTOBUF,
      'application/yaml',
    ])
      await measured(`list as ${accept}`, async () => await send('GET', MANY, undefined, undefined, accept));
    await measured('list by label', async () => await send('GET', `${MANY}?labelSelector=a%3Db`));
    await measured('list by gRPC', () => server.list(false));
    await measured('list by gRPC as Table', () => server.list(true));
    for (const accept of ['application/json', 'application/json;as=Table;g=meta.k8s.io;v=v1', PROTOBUF])
      await measured(
        `watch as ${accept}`,
        async () =>
          await send('GET', `${MANY}?watch=1&timeoutSeconds=3&resourceVersion=0`, undefined, undefined, accept),
      );
    await measured(
      'list of the past',
      async () =>
        await send(
          'GET',
          `${MANY}?limit=500&resourceVersionMatch=Exact&resourceVersion=${await server.revision(MANY)}`,
        ),
    );
    // Nobody waits for the turn in which the program is loaded: it is not measured. The cache is filled after it.
    await server.restart();
    await measured('list after a restart', async () => await send('GET', `${MANY}?limit=1`));
    await measured('delete collection', async () => await send('DELETE', MANY));
  } finally {
    await server.stop();
  }
  assert.deepEqual(found, []);
});

async function metered() {
  process.env['KEELSON_TURNS_FILE'] = `/tmp/keelson-turns-${process.pid}`;
  process.env['NODE_OPTIONS'] = `--import=${METER}`;
  const server = await ServerUnderTest.start();
  const file = process.env['KEELSON_TURNS_FILE'];
  const [ca, cert, key] = ['ca.crt', 'admin.crt', 'admin.key'].map((name) => server.read(name));
  const connection = connect(`127.0.0.1:${server.ports.grpc}`, {
    clock: systemClock(),
    tls: { ca: ca!, cert: cert!, key: key! },
  });
  const resources = connection.service(keelson.ResourcesService);
  const lines = () => {
    try {
      return readFileSync(file, 'utf8').split('\n').slice(0, -1);
    } catch {
      return [];
    }
  };
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  const send = (
    method: string,
    path: string,
    body?: object,
    mediaType = 'application/json',
    accept = 'application/json',
  ) =>
    new Promise<string>((resolve, reject) => {
      const headers = { 'content-type': mediaType, accept };
      const { rest: port } = server.ports;
      const target = { host: '127.0.0.1', port, method, path, headers, agent: false, ca, cert, key };
      const request = httpsRequest(target, async (response) => {
        let [text, length] = ['', 0];
        for await (const chunk of response) {
          length += (chunk as Buffer).length;
          if (text.length < 20_000) text += String(chunk);
        }
        const said = /"message":"(.{0,70})/.exec(text)?.[1] ?? `${length} bytes`;
        resolve(`${response.statusCode} ${said}`);
      });
      request.on('error', reject);
      request.end(body === undefined || Buffer.isBuffer(body) ? body : JSON.stringify(body));
    });
  return {
    send,
    store: () => server.store(),
    async longest(): Promise<number> {
      await pause(50);
      const known = lines().length;
      server.signal('SIGUSR2');
      while (lines().length === known) await pause(5);
      return Number(lines().at(-1));
    },
    async create(path: string, body: object): Promise<string> {
      const parts = path.split('/').filter(Boolean);
      const [group, version] = parts[0] === 'api' ? ['', parts[1]] : [parts[1], parts[2]];
      const type = { group: group!, version: version!, resource: parts.at(-1)! };
      const namespace = path.includes('/namespaces/') ? 'default' : '';
      const { object } = await resources.create({ type, namespace, object: Buffer.from(JSON.stringify(body)) });
      return `${object.length} bytes`;
    },
    async list(table: boolean): Promise<string> {
      const type = { group: '', version: 'v1', resource: 'configmaps' };
      const { object } = await resources.list({ type, namespace: 'many', table });
      return `${object.length} bytes`;
    },
    async revision(path: string): Promise<string> {
      const { body } = await server.call('GET', `${path}?limit=1`, { cert: 'admin' });
      return body.metadata?.resourceVersion ?? '';
    },
    async restart(): Promise<void> {
      await server.killServer();
      await server.startServer();
    },
    async stop(): Promise<void> {
      connection.close();
      await server.stop();
    },
  };
}
