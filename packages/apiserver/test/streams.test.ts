import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import type { Socket } from 'node:net';
import { after, before, test } from 'node:test';
import type { KubeObject } from '@keelson/api';
import { keelson } from '@keelson/protocol';
import { connect, GrpcServer, systemClock } from '@keelson/service';
import { httpServer, listen } from '@keelson/service/sockets';
import { openWebSocket, type WebSocket } from '@keelson/service/web-socket';
import type { ApiHandler } from '../src/registry/handler.js';
import { toApiError } from '../src/registry/handler.js';
import type { Kubelets } from '../src/streams/kubelets.js';
import { PodStreamDoor } from '../src/streams/pod-stream-door.js';
import { SpdyClient } from './spdy-client.js';
import { openTunnel } from './tunnel.js';
import { context, request, world } from './world.js';

/** A kubelet whose commands answer what they are sent, and whose ports send back what comes, in capitals. */
const kubelet = new GrpcServer({ address: '127.0.0.1:0', protoFiles: ['keelson/v1/pods.proto'] });
const sizes: unknown[] = [];
const clock = systemClock();
type Handlers = Parameters<typeof kubelet.add<typeof keelson.PodsService>>[1];
const exec: Handlers['exec'] = (call) => {
  call.on('data', ({ start, stdin, resize, stdinClosed }: keelson.ExecRequest) => {
    if (start !== undefined) call.write({ stdout: Buffer.from(`${start.container}: ${start.command.join(' ')}\n`) });
    if (stdin !== undefined) call.write({ stdout: stdin });
    if (resize !== undefined) sizes.push([resize.width, resize.height]);
    if (stdinClosed !== true) return;
    call.write({ stderr: Buffer.from('bye') });
    call.write({ status: Buffer.from('{"status":"Success"}') });
    call.end();
  });
};
const portForward: Handlers['portForward'] = (call) => {
  call.on('data', ({ start, data }: keelson.PortForwardRequest) => {
    if (start?.port === 99) call.emit('error', { code: 2, details: 'nobody listens' });
    if (data !== undefined) call.write({ data: Buffer.from(data.toString().toUpperCase()) });
  });
  call.on('end', () => call.end());
};
let cluster: Awaited<ReturnType<typeof world>>;
let port = 0;
const closers: (() => void | Promise<void>)[] = [];

before(async () => {
  cluster = await world();
  kubelet.add(keelson.PodsService, { exec, attach: exec, portForward, logs: () => {} });
  const connection = connect(`127.0.0.1:${await kubelet.listen()}`, { clock });
  const containers = [{ name: 'main', image: 'i' }];
  for (const [name, nodeName] of [
    ['there', 'node'],
    ['nowhere', undefined],
  ]) {
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { containers, nodeName } };
    await cluster.registry.create(cluster.pods, request(cluster.pods, 'create', '', pod as KubeObject), context);
  }
  const door = new PodStreamDoor({
    open: async (_path, asked) => asked,
    pods: cluster.pods,
    kubelets: { of: () => connection.service(keelson.PodsService) } as unknown as Kubelets,
    handler: { authorize: () => {} } as unknown as ApiHandler,
    clock,
  });
  const server = httpServer({}, (_request, response) => void response.end());
  server.on('upgrade', (asked, socket, head) => {
    const url = new URL(asked.url ?? '', 'http://door');
    const [, name = '', subresource = ''] = url.pathname.split('/');
    const path = { group: '', version: 'v1', resource: 'pods', namespace: 'default', name, subresource };
    const gone = new AbortController();
    socket.once('close', () => gone.abort());
    door
      .upgrade(path, url.searchParams, { ...context, signal: gone.signal }, { request: asked, socket, head })
      .catch((error: unknown) => {
        const { code, message } = toApiError(error);
        socket.end(`HTTP/1.1 ${code} X\r\nconnection: close\r\ncontent-length: ${message.length}\r\n\r\n${message}`);
      });
  });
  port = await listen(server, { host: '127.0.0.1', port: 0 });
  closers.push(
    () => void server.close(),
    () => server.closeAllConnections(),
    () => connection.close(),
    () => kubelet.close((ms) => clock.sleep(ms), 10),
    () => cluster.close(),
  );
});
after(async () => {
  for (const close of closers) await close();
});

interface Channels {
  readonly socket: WebSocket;
  readonly text: Map<number, string>;
}

async function webSocket(path: string, protocol: string): Promise<Channels> {
  const socket = await openWebSocket(`ws://127.0.0.1:${port}${path}`, [protocol]);
  const text = new Map<number, string>();
  socket.on('message', (data: Buffer) =>
    text.set(data[0]!, (text.get(data[0]!) ?? '') + data.subarray(1).toString('latin1')),
  );
  return { socket, text };
}

function spdy(path: string, protocol: string): Promise<{ socket: Socket; agreed: string }> {
  return new Promise((resolve, reject) => {
    const headers = { connection: 'Upgrade', upgrade: 'SPDY/3.1', 'x-stream-protocol-version': protocol };
    const call = httpRequest({ host: '127.0.0.1', port, path, method: 'POST', headers });
    call.on('upgrade', (response, socket) =>
      resolve({ socket: socket as Socket, agreed: String(response.headers['x-stream-protocol-version']) }),
    );
    call.on('response', (response) => {
      response.setEncoding('utf8').on('data', (body) => reject(new Error(`${response.statusCode} ${body}`)));
    });
    call.on('error', reject).end();
  });
}

const COMMAND = '/there/exec?command=a&command=b&stdin=1&stdout=1&stderr=1';

test('exec over WebSocket passes over resizes that are none', async () => {
  const { socket, text } = await webSocket(COMMAND, 'v5.channel.k8s.io');
  const closed = once(socket, 'close');
  socket.resume();
  for (const resize of ['not JSON', '', 'null', '{"Width":80,"Height":24}']) socket.send(Buffer.from(`\x04${resize}`));
  socket.send(Buffer.from('\x00hello'));
  socket.send(Buffer.from([77, 1]));
  socket.send(Buffer.alloc(0));
  socket.send(Buffer.from([255, 0]));
  await closed;
  assert.deepEqual(Object.fromEntries(text), { 1: 'main: a b\nhello', 2: 'bye', 3: '{"status":"Success"}' });
  assert.deepEqual(sizes.splice(0), [[80, 24]]);
});

test('exec over SPDY: a stream for each channel, sizes cut anywhere, and the end of the input', async () => {
  const { socket, agreed } = await spdy(`${COMMAND}&tty=1`, 'v4.channel.k8s.io, channel.k8s.io');
  assert.equal(agreed, 'v4.channel.k8s.io');
  const client = new SpdyClient(socket);
  const ids: Record<string, number> = {};
  for (const streamtype of ['error', 'stdin', 'stdout', 'resize']) ids[streamtype] = await client.open({ streamtype });
  for (const part of ['{"Width":1', '00,"Height":40}\n{"Width":', '90,"Height":30}']) client.send(ids['resize']!, part);
  client.send(ids['stdin']!, 'hello', true);
  await client.until(() => client.closed);
  assert.equal(client.received.get(ids['stdout']!), 'main: a b\nhello');
  assert.equal(client.received.get(ids['error']!), '{"status":"Success"}');
  assert.deepEqual(sizes.splice(0), [
    [100, 40],
    [90, 30],
  ]);
});

async function forwards(client: SpdyClient): Promise<void> {
  const open = async (at: string, requestid: string) => ({
    error: await client.open({ streamtype: 'error', port: at, requestid }, true),
    data: await client.open({ streamtype: 'data', port: at, requestid }),
  });
  const pairs = [await open('80', '0'), await open('81', '1')];
  for (const [index, { data }] of pairs.entries()) client.send(data, `hello ${index}`);
  await client.until(() => pairs.every(({ data }) => client.received.get(data)?.length === 7));
  assert.deepEqual(
    pairs.map(({ data }) => client.received.get(data)),
    ['HELLO 0', 'HELLO 1'],
  );
  client.send(pairs[0]!.data, ' more', true);
  await client.until(() => client.ended.has(pairs[0]!.data) && client.ended.has(pairs[0]!.error));
  assert.equal(client.received.get(pairs[0]!.data), 'HELLO 0 MORE', 'the answer to the client’s end');
  assert.equal(client.ended.has(pairs[1]!.data), false, 'the other goes on');
  for (const bad of ['99', '0', 'http', '70000']) {
    const { error } = await open(bad, `bad ${bad}`);
    await client.until(() => client.ended.has(error));
    const said = bad === '99' ? /error forwarding port 99 to pod there, uid .*: nobody listens/ : /"\w+" is not a port/;
    assert.match(client.received.get(error) ?? '', said);
  }
}

test('port-forward over SPDY: pairs of streams, each with its port', async () => {
  const { socket, agreed } = await spdy('/there/portforward', 'portforward.k8s.io');
  assert.equal(agreed, 'portforward.k8s.io');
  const client = new SpdyClient(socket);
  await forwards(client);
  const [error, data] = [
    await client.open({ streamtype: 'error', port: '80' }),
    await client.open({ streamtype: 'data', port: '80' }),
  ];
  client.send(data, 'without a number');
  await client.until(() => client.received.has(data));
  assert.equal(client.received.get(error), undefined);
  socket.destroy();
});

test('port-forward by SPDY inside of a WebSocket', async () => {
  const tunnel = await openTunnel(port, '/there/portforward', 'SPDY/3.1+portforward.k8s.io');
  await forwards(new SpdyClient(tunnel));
  tunnel.destroy();
});

test('port-forward over channels: two for each port, which begin with its number', async () => {
  const { socket, text } = await webSocket('/there/portforward?ports=80&ports=99', 'v4.channel.k8s.io');
  socket.resume();
  socket.send(Buffer.from('\x00hello'));
  while ((text.get(0)?.length ?? 0) < 7 || (text.get(3)?.length ?? 0) < 3) await once(socket, 'message');
  assert.equal(text.get(0), 'P\0HELLO');
  assert.match(text.get(3)!, /^c\0error forwarding port 99 to pod there/);
  socket.terminate();
});

test('what cannot be upgraded is refused with the reason', async () => {
  await assert.rejects(spdy('/there/portforward', 'other'), /403 .*unable to negotiate protocol.*portforward\.k8s\.io/);
  await assert.rejects(spdy('/nowhere/portforward', 'portforward.k8s.io'), /400 pod nowhere does not have a host/);
  await assert.rejects(spdy('/nobody/exec', 'v4.channel.k8s.io'), /404 pods "nobody" not found/);
  await assert.rejects(webSocket('/there/portforward', 'v4.channel.k8s.io'), /400/, 'no ports');
  await assert.rejects(webSocket('/there/portforward?ports=x', 'v4.channel.k8s.io'), /400/);
  await assert.rejects(webSocket(COMMAND, 'v1.nothing'), /400/);
});

test('clients that leave at any moment leave nothing behind', async () => {
  for (const bytes of ['', 'garbage', '\x80\x03\x00\x01\x00\x00\x00\x01x']) {
    for (const path of [COMMAND, '/there/portforward']) {
      const { socket } = await spdy(path, path === COMMAND ? 'v4.channel.k8s.io' : 'portforward.k8s.io');
      socket.on('error', () => {});
      socket.write(bytes, 'latin1');
      socket.resetAndDestroy();
      const channels = await openWebSocket(`ws://127.0.0.1:${port}${COMMAND}`, ['v4.channel.k8s.io']);
      channels.send(bytes);
      channels.terminate();
    }
  }
  const { socket } = await spdy('/there/portforward', 'portforward.k8s.io');
  await forwards(new SpdyClient(socket));
  socket.destroy();
});
