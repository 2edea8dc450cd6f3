import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientHttp2Stream, connect as connectHttp2 } from 'node:http2';
import { request as httpsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import { after, before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { keelson } from '@keelson/protocol';
import { connect, systemClock } from '@keelson/service';
import { options, type Reply, ServerUnderTest } from './server-under-test.js';

let world: ServerUnderTest;
const call: ServerUnderTest['call'] = (...request) => world.call(...request);

before(async () => {
  world = await ServerUnderTest.start();
});
after(() => world.stop());

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';

test('REST and gRPC see the same objects', options, async () => {
  const made = await call('POST', CONFIG_MAPS, { cert: 'admin' }, { metadata: { name: 'a' }, data: { k: 'v' } });
  assert.equal(made.status, 201);
  const [ca, cert, key] = ['ca.crt', 'admin.crt', 'admin.key'].map((name) => world.read(name));
  const connection = connect(`127.0.0.1:${world.ports.grpc}`, {
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

test('all answers that one connection asks for are sent, however many wait for it to read', options, async () => {
  const maps = '/api/v1/namespaces/large/configmaps';
  await call('POST', '/api/v1/namespaces', { cert: 'admin' }, { metadata: { name: 'large' } });
  for (let at = 0; at < 4; at += 1) {
    const made = { metadata: { name: `m${at}` }, data: { k: 'v'.repeat(900_000) } };
    assert.equal((await call('POST', maps, { cert: 'admin' }, made)).status, 201);
  }
  const [ca, cert, key] = ['ca.crt', 'admin.crt', 'admin.key'].map((name) => world.read(name));
  const session = connectHttp2(`https://127.0.0.1:${world.ports.rest}`, { ca: ca!, cert: cert!, key: key! });
  const streams: ClientHttp2Stream[] = [];
  for (let at = 0; at < 12; at += 1) {
    streams.push(session.request({ ':path': maps }));
    await once(streams.at(-1)!, 'response');
  }
  const lengthOf = async (stream: ClientHttp2Stream) => {
    let length = 0;
    for await (const chunk of stream) length += (chunk as Buffer).length;
    return length;
  };
  const lengths = await Promise.all(streams.map(lengthOf));
  session.close();
  assert.ok(lengths[0]! > 3_600_000);
  assert.equal(new Set(lengths).size, 1);
});

test('long answers are compressed for whoever takes that, and no others', options, async () => {
  const [ca, cert, key] = ['ca.crt', 'admin.crt', 'admin.key'].map((name) => world.read(name));
  const session = connectHttp2(`https://127.0.0.1:${world.ports.rest}`, { ca: ca!, cert: cert!, key: key! });
  const ask = async (path: string, accepted: string) => {
    const stream = session.request({ ':path': path, 'accept-encoding': accepted });
    const [head] = (await once(stream, 'response')) as [Record<string, string>];
    const body = Buffer.concat((await stream.toArray()) as Buffer[]);
    return { encoding: head['content-encoding'], vary: head['vary'], length: head['content-length'], body };
  };
  const long = '/api/v1/namespaces/large/configmaps';
  const plain = await ask(long, 'identity');
  assert.deepEqual([plain.encoding, plain.vary, plain.length], [undefined, undefined, String(plain.body.length)]);
  for (const accepted of ['gzip', 'br, gzip']) {
    const { encoding, vary, length, body } = await ask(long, accepted);
    assert.deepEqual([encoding, vary, length], ['gzip', 'Accept-Encoding', undefined]);
    assert.ok(gunzipSync(body).equals(plain.body));
    assert.ok(body.length < plain.body.length / 10);
  }
  const weighed = await ask(long, 'gzip;q=1');
  assert.equal(weighed.encoding, undefined);
  const short = await ask('/api/v1/namespaces/large', 'gzip');
  assert.deepEqual([short.encoding, short.length], [undefined, String(short.body.length)]);
  session.close();
});

test('a server that is killed comes back with everything', options, async () => {
  const made = await call('POST', CONFIG_MAPS, { cert: 'admin' }, { metadata: { name: 'kept' } });
  await world.killServer();
  await world.startServer();
  const read = await call('GET', `${CONFIG_MAPS}/kept`, { cert: 'admin' });
  assert.deepEqual(read.body.metadata, made.body.metadata);
});

test('documents come in the encodings that they have', options, async () => {
  const get = (path: string, accept?: string) =>
    call('GET', path, { cert: 'admin' }, undefined, 'application/json', accept === undefined ? {} : { accept });
  const v2 = await get('/openapi/v2');
  assert.deepEqual([v2.status, v2.body['swagger']], [200, '2.0']);
  const index = await get('/openapi/v3', 'application/json');
  assert.ok(Object.keys(index.body['paths'] ?? {}).includes('apis/apps/v1'));
  assert.equal((await get('/openapi/v3/apis/nope/v1')).status, 404);
  for (const path of ['/openapi/v2', '/openapi/v3/api/v1', '/version', '/apis', '/apis/apps/v1']) {
    assert.equal((await get(path, 'text/html')).status, 406, path);
  }
  const refused = await get('/version', 'application/vnd.kubernetes.protobuf');
  assert.deepEqual([refused.status, String(refused.body['text']).slice(0, 4)], [406, 'k8s\0']);
});

test('CBOR is neither read nor written, as upstream has it unless its gate is opened', options, async () => {
  const maps = '/api/v1/namespaces/default/configmaps';
  const admin = { cert: 'admin' };
  const known = 'application/json, application/yaml, application/vnd.kubernetes.protobuf';
  const refused = async (status: number, message: string, ...asked: Parameters<typeof call>) => {
    const reply = await call(...asked);
    assert.deepEqual([reply.status, reply.body.message], [status, message], asked.slice(0, 2).join(' '));
  };
  const unread = `the body of the request was in an unknown format - accepted media types include: ${known}`;
  const body = { metadata: { name: 'cbor' } };
  for (const type of ['application/cbor', 'application/cbor;charset=utf-8', 'application/cbor-seq']) {
    await refused(415, unread, 'POST', maps, admin, body, type);
    await refused(415, unread, 'PUT', `${maps}/cbor`, admin, body, type);
    await refused(415, unread, 'DELETE', maps, admin, body, type, { 'transfer-encoding': 'chunked' });
  }
  for (const type of ['application/apply-patch+cbor', 'application/cbor'])
    await refused(415, '415: Unsupported Media Type', 'PATCH', `${maps}/cbor`, admin, body, type);
  const unwritten = `406: Not Acceptable\n\nAvailable representations: ${known}`;
  const streams = ', application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch';
  const accepting = (accept: string) => ['GET', maps, admin, undefined, undefined, { accept }] as const;
  await refused(406, `${unwritten}${streams}`, ...accepting('application/cbor'));
  await refused(406, unwritten, 'GET', `${maps}/x`, admin, undefined, undefined, { accept: 'application/cbor' });
  await refused(406, `${unwritten}${streams}`, ...accepting('application/cbor-seq'));
  const either = await call(...accepting('application/cbor, application/json;q=0.5'));
  assert.equal(either.status, 200);
  assert.equal((either.body as { kind?: string }).kind, 'ConfigMapList');
});

test('a watch goes over a WebSocket as well, an event a message', options, async () => {
  const maps = '/api/v1/namespaces/default/configmaps';
  const made = await call('POST', maps, { cert: 'admin' }, { metadata: { name: 'socket' } });
  const query = (more: string) => `${maps}?watch=1&fieldSelector=metadata.name%3Dsocket${more}`;
  const first = await upgraded(query('&timeoutSeconds=60'), { cert: 'admin' });
  assert.equal((await first.next()).type, 'ADDED');
  await call('DELETE', `${maps}/socket`, { cert: 'admin' });
  const { type, object } = await first.next();
  assert.deepEqual([type, object.metadata?.uid], ['DELETED', made.body.metadata?.uid]);
  first.socket.destroy();
  const older = await upgraded(`/api/v1/watch/namespaces/default/configmaps?resourceVersion=1&timeoutSeconds=1`, {
    cert: 'admin',
  });
  while ((await older.frame()).readUInt16BE(0) !== 1000);
  older.socket.destroy();
  const there = '/api/v1/namespaces/kube-system/configmaps?watch=1';
  const binary = await upgraded(there, { cert: 'admin', accept: 'application/vnd.kubernetes.protobuf' });
  assert.equal((await binary.frame()).toString('latin1', 2, 7), 'ADDED', 'without a length before it');
  binary.socket.destroy();
  await assert.rejects(upgraded(query(''), { cert: 'tom' }), /^Error: 403 /);
  await assert.rejects(upgraded(query('&labelSelector=(('), { cert: 'admin' }), /^Error: 400 /);
  await assert.rejects(upgraded(`${maps}?watch=0`, { cert: 'admin' }), /^Error: 400 .*not a stream/);
});

interface Event {
  readonly type: string;
  readonly object: { readonly metadata?: { readonly uid?: string } };
}

/** Frames of a server are not masked, and ours are whole messages. */
function upgraded(path: string, { cert, accept = 'application/json' }: { cert: string; accept?: string }) {
  const upgrade = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' };
  const headers = { ...upgrade, accept, 'sec-websocket-key': Buffer.alloc(16).toString('base64') };
  const own = { cert: world.read(`${cert}.crt`), key: world.read(`${cert}.key`), ca: world.read('ca.crt') };
  const target = { host: '127.0.0.1', port: world.ports.rest, path, headers, agent: false as const, ...own };
  return new Promise<{ socket: Duplex; next(): Promise<Event>; frame(): Promise<Buffer> }>((resolve, reject) => {
    const request = httpsRequest(target, async (response) => {
      let text = '';
      for await (const chunk of response) text += String(chunk);
      reject(new Error(`${response.statusCode} ${text}`));
    });
    request.on('error', reject);
    request.on('upgrade', (_response, socket, head) => {
      let waiting = head;
      let wake = () => {};
      socket.on('data', (chunk: Buffer) => {
        waiting = Buffer.concat([waiting, chunk]);
        wake();
      });
      const frame = async (): Promise<Buffer> => {
        for (;;) {
          const short = waiting[1] ?? 0;
          const from = short === 126 ? 4 : 2;
          const length = short === 126 && waiting.length >= 4 ? waiting.readUInt16BE(2) : short;
          if (waiting.length >= 2 && waiting.length >= from + length) {
            const body = waiting.subarray(from, from + length);
            waiting = waiting.subarray(from + length);
            return body;
          }
          await new Promise<void>((next) => {
            wake = next;
          });
        }
      };
      resolve({ socket, frame, next: async () => JSON.parse((await frame()).toString()) as Event });
    });
    request.end();
  });
}
