import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import { connect as connectNet, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import type { KubeObject } from '@keelson/api';
import { keelson } from '@keelson/protocol';
import { connect, GrpcServer, seededRandom, systemClock } from '@keelson/service';
import { httpServer, listen } from '@keelson/service/sockets';
import { routeOf } from '../src/doors/rest/route.js';
import { ProxyDoor } from '../src/proxy/proxy-door.js';
import { toApiError } from '../src/registry/handler.js';
import type { Kubelets } from '../src/streams/kubelets.js';
import { context, request, world } from './world.js';

const clock = systemClock();
const kubelet = new GrpcServer({ address: '127.0.0.1:0', protoFiles: ['keelson/v1/pods.proto'] });
const closers: (() => void | Promise<void>)[] = [];
let behind: Server;
let behindPort = 0;
let port = 0;
const seen: IncomingMessage[] = [];

/** A kubelet that joins every port of a pod to the server behind, but for port 99. */
const portForward: Parameters<typeof kubelet.add<typeof keelson.PodsService>>[1]['portForward'] = (call) => {
  let socket: Socket | undefined;
  call.on('data', ({ start, data }: keelson.PortForwardRequest) => {
    if (start?.port === 99) call.emit('error', { code: 2, details: 'connection refused' });
    else if (start !== undefined) {
      socket = connectNet(behindPort, '127.0.0.1');
      socket.on('data', (bytes) => call.write({ data: bytes }));
      socket.on('end', () => call.end());
      socket.on('error', () => call.end());
    }
    if (data !== undefined) socket?.write(data);
  });
  call.on('end', () => socket?.end());
  call.on('cancelled', () => socket?.destroy());
};

before(async () => {
  const cluster = await world();
  const unused = () => {};
  kubelet.add(keelson.PodsService, { exec: unused, attach: unused, logs: unused, portForward });
  const connection = connect(`127.0.0.1:${await kubelet.listen()}`, { clock });
  behind = httpServer({}, async (asked, response) => {
    seen.push(asked);
    let body = '';
    try {
      for await (const chunk of asked) body += String(chunk);
    } catch {
      return; // it left
    }
    if (asked.url === '/away') response.writeHead(302, { location: `http://${asked.headers.host}/there?x=1` });
    else response.writeHead(asked.url === '/teapot' ? 418 : 200, { 'x-from': 'behind', 'set-cookie': ['a=1', 'b=2'] });
    response.end(`${asked.method} ${asked.url} ${body}`);
  });
  behind.on('upgrade', (asked, socket, head) => {
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${asked.headers.upgrade}\r\n\r\n`,
    );
    socket.write(`hello ${head}`);
    socket.on('data', (bytes) => socket.write(bytes.toString().toUpperCase()));
    socket.on('end', () => socket.end());
  });
  behindPort = await listen(behind, { host: '127.0.0.1', port: 0 });
  const make = (plural: string, group: string, object: object) => {
    const collection = plural === 'pods' ? cluster.pods : cluster.collection(plural, group);
    return cluster.registry.create(collection, request(collection, 'create', '', object as KubeObject), context);
  };
  const containers = [{ name: 'main', image: 'i', ports: [{ containerPort: 8080 }] }];
  await make('pods', '', { metadata: { name: 'p' }, spec: { containers, nodeName: 'n' } });
  await make('pods', '', { metadata: { name: 'nowhere' }, spec: { containers } });
  const labels = { 'kubernetes.io/service-name': 's' };
  await make('endpointslices', 'discovery.k8s.io', {
    metadata: { name: 's-1', labels },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080 }],
    endpoints: [
      {
        addresses: ['10.0.0.1'],
        conditions: { ready: false },
        targetRef: { kind: 'Pod', name: 'nowhere', namespace: 'default' },
      },
      { addresses: ['10.0.0.2'], targetRef: { kind: 'Pod', name: 'p', namespace: 'default' } },
    ],
  });
  const ports = [
    { name: 'http', port: 80, targetPort: 8080, protocol: 'TCP' },
    { name: 'other', port: 81, protocol: 'TCP' },
  ];
  await make('services', '', {
    metadata: { name: 's' },
    spec: { ports, selector: { a: 'b' }, clusterIP: 'None', clusterIPs: ['None'] },
  });
  const door = new ProxyDoor({
    open: async (_path, asked) => asked,
    pods: cluster.pods,
    services: cluster.collection('services'),
    endpointSlices: cluster.collection('endpointslices', 'discovery.k8s.io'),
    nodes: cluster.collection('nodes'),
    kubelets: { of: () => connection.service(keelson.PodsService) } as unknown as Kubelets,
    kubeletTls: { ca: Buffer.alloc(0), cert: Buffer.alloc(0), key: Buffer.alloc(0) },
    random: seededRandom(1),
  });
  const front = httpServer({}, async (asked, response) => {
    const route = routeOf(new URL(asked.url ?? '', 'http://x').pathname);
    assert.equal(route.type, 'proxy');
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    await door.serve(route, asked, response, { ...context, signal: gone.signal }).catch((error: unknown) => {
      const { code, message } = toApiError(error);
      response.writeHead(code).end(message);
    });
  });
  front.on('upgrade', (asked, socket, head) => {
    const route = routeOf(new URL(asked.url ?? '', 'http://x').pathname);
    assert.equal(route.type, 'proxy');
    door.upgrade(route, { request: asked, socket, head }, context).catch((error: unknown) => {
      socket.end(`HTTP/1.1 ${toApiError(error).code} X\r\nconnection: close\r\n\r\n`);
    });
  });
  port = await listen(front, { host: '127.0.0.1', port: 0 });
  closers.push(
    ...[front, behind].flatMap((it) => [() => void it.close(), () => it.closeAllConnections()]),
    () => connection.close(),
    () => kubelet.close((ms) => clock.sleep(ms), 10),
    () => cluster.close(),
  );
});
after(async () => {
  for (const close of closers) await close();
});

const POD = '/api/v1/namespaces/default/pods/p/proxy';

async function call(path: string, method = 'GET', body = '', headers: Record<string, string> = {}) {
  const asked = httpRequest({ host: '127.0.0.1', port, path, method, headers });
  asked.end(body);
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return { status: response.statusCode, headers: response.headers, text };
}

test('a request reaches the pod as it came, but for what is this server’s', async () => {
  const answer = await call(`${POD}/a//b%2Fc?q=1`, 'POST', 'body', {
    authorization: 'Bearer secret',
    'impersonate-user': 'x',
    'x-remote-user': 'y',
    'x-mine': 'z',
  });
  assert.equal(answer.text, 'POST /a//b%2Fc?q=1 body');
  assert.equal(answer.headers['x-from'], 'behind');
  assert.deepEqual(answer.headers['set-cookie'], ['a=1', 'b=2']);
  const { headers } = seen.at(-1)!;
  assert.equal(headers['x-mine'], 'z');
  assert.equal(headers['x-forwarded-uri'], `${POD}/a//b%2Fc`);
  assert.equal(headers.authorization ?? headers['impersonate-user'] ?? headers['x-remote-user'], undefined);
});

test('a status is passed back, a redirection leads through the server', async () => {
  assert.equal((await call(`${POD}/teapot`)).status, 418);
  assert.equal((await call(`${POD}/away`)).headers.location, `${POD}/there?x=1`);
  const bare = await call(`${POD}?x=1`);
  assert.deepEqual([bare.status, bare.headers.location], [301, `${POD}/?x=1`]);
});

test('a service leads to one of its ready pods', async () => {
  const service = (name: string) => `/api/v1/namespaces/default/services/${name}/proxy/x`;
  for (const name of ['s:http', 's:80', 'http:s:http']) assert.equal((await call(service(name))).text, 'GET /x ', name);
  const none = await call(service('s:81'));
  assert.deepEqual([none.status, none.text], [503, 'no endpoints available for service "s"']);
  assert.deepEqual((await call(service('s:82'))).text, 'no service port "82" found for service "s"');
  assert.equal((await call(service('absent'))).status, 404);
});

test('what is not there is said', async () => {
  const refused = await call('/api/v1/namespaces/default/pods/p:99/proxy/');
  assert.deepEqual([refused.status, refused.text], [503, 'error trying to reach service: connection refused']);
  assert.equal((await call('/api/v1/namespaces/default/pods/nowhere/proxy/')).status, 400);
  assert.equal((await call('/api/v1/namespaces/default/pods/absent/proxy/')).status, 404);
  assert.equal((await call('/api/v1/namespaces/default/pods/p:a:b:c/proxy/')).status, 400);
  assert.equal((await call('/api/v1/namespaces/default/pods/p:http/proxy/')).status, 400);
});

test('an upgraded connection is joined to the one behind', async () => {
  const headers = { connection: 'Upgrade', upgrade: 'chat' };
  const asked = httpRequest({ host: '127.0.0.1', port, path: `${POD}/ws`, headers });
  asked.end();
  const [response, socket, head] = (await once(asked, 'upgrade')) as [IncomingMessage, Socket, Buffer];
  assert.equal(response.headers.upgrade, 'chat');
  let text = head.toString();
  socket.on('data', (bytes) => {
    text += bytes.toString();
  });
  socket.write('abc');
  while (!text.includes('ABC')) await once(socket, 'data');
  assert.equal(text, 'hello ABC');
  socket.destroy();
});

test('a client that leaves is left by the one behind', async () => {
  const arrived = once(behind, 'connection');
  const socket = connectNet(port, '127.0.0.1');
  socket.write(`POST ${POD}/slow HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nfirst`);
  const [other] = (await arrived) as [Socket];
  socket.destroy();
  await new Promise((resolve) => other.once('close', resolve));
});
