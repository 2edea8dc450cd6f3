import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect, type Server, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { keelson } from '@keelson/protocol';
import { WebSocket } from 'ws';
import { connect as connectGrpc, GrpcServer, systemClock } from '../index.js';
import { handlerErrors } from './protect.js';
import { terminalSizeIn } from './remote-command.js';
import { httpServer, listen, tcpServer } from './servers.js';
import { acceptWebSocket, messagesOf, offeredProtocols } from './web-socket.js';

const told: unknown[] = [];
const note = (error: unknown) => told.push((error as Error).message);
handlerErrors.subscribe(note);
after(() => handlerErrors.unsubscribe(note));

const servers: Server[] = [];
after(() => {
  for (const server of servers) server.close();
});

async function serve<S extends Server>(server: S): Promise<number> {
  servers.push(server);
  return await listen(server, { host: '127.0.0.1', port: 0 });
}

function dial(port: number): Socket {
  return connect(port, '127.0.0.1').on('error', () => {});
}

test('what a listener of a socket throws ends that connection and no other', async () => {
  const port = await serve(
    tcpServer({}, (socket) => {
      socket.on('data', (bytes) => {
        if (bytes.includes('bad')) throw new Error('in a listener of data');
        socket.write(bytes);
      });
    }),
  );
  const [good, bad] = [dial(port), dial(port)];
  bad.write('bad');
  await once(bad, 'close');
  good.write('good');
  assert.equal(String((await once(good, 'data'))[0]), 'good');
  good.destroy();
  assert.ok(told.includes('in a listener of data'));
});

test('a handler of requests that throws or rejects costs its caller the answer', async () => {
  const port = await serve(
    httpServer({}, (request, response) => {
      if (request.url === '/throws') throw new Error('thrown');
      if (request.url === '/rejects') return Promise.reject(new Error('rejected'));
      response.end('ok');
      return undefined;
    }),
  );
  const get = (path: string) =>
    new Promise<string>((resolve, reject) => {
      const call = httpRequest({ host: '127.0.0.1', port, path, agent: false }, (response) => {
        response.setEncoding('utf8').once('data', resolve);
      });
      call.on('error', reject).end();
    });
  await assert.rejects(get('/throws'), /hang up/);
  await assert.rejects(get('/rejects'), /hang up/);
  assert.equal(await get('/'), 'ok');
  assert.deepEqual(
    told.filter((it) => it === 'thrown' || it === 'rejected'),
    ['thrown', 'rejected'],
  );
});

test('an upgrade that nobody takes, or that is refused and then reset, harms nobody', async () => {
  const server = httpServer({}, (_request, response) => void response.end('ok'));
  server.on('upgrade', (request, socket, head) => {
    if (request.url === '/throws') throw new Error('in a listener of upgrade');
    if (request.url === '/refused') socket.end('HTTP/1.1 404 Not Found\r\n\r\n');
    else acceptWebSocket({ request, socket, head }, 'p').catch(() => socket.destroy());
  });
  const port = await serve(server);
  for (const path of ['/refused', '/throws', '/web-socket']) {
    const socket = dial(port);
    socket.write(`GET ${path} HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n`);
    socket.write(Buffer.alloc(100_000));
    await new Promise((resolve) => socket.once('data', resolve).once('close', resolve));
    socket.resetAndDestroy();
  }
  const last = dial(port);
  last.write('GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
  assert.match(String((await once(last, 'data'))[0]), /200 OK/);
});

test('messages of a WebSocket come as fast as they are taken, and a listener that throws closes it', async () => {
  const server = httpServer({}, (_request, response) => void response.end());
  const sockets: WebSocket[] = [];
  server.on('upgrade', (request, socket, head) => {
    void acceptWebSocket({ request, socket, head }, offeredProtocols(request)[0]!).then((it) => sockets.push(it));
  });
  const port = await serve(server);
  const open = async () => {
    const client = new WebSocket(`ws://127.0.0.1:${port}/`, ['first', 'second']);
    await once(client, 'open');
    assert.equal(client.protocol, 'first');
    return client;
  };
  const client = await open();
  for (let index = 0; index < 1000; index++) client.send(Buffer.from(String(index)));
  client.close();
  const messages: number[] = [];
  for await (const message of messagesOf(sockets[0]!)) messages.push(Number(message.toString()));
  assert.deepEqual(
    messages,
    Array.from({ length: 1000 }, (_, index) => index),
  );
  const second = await open();
  sockets[1]!.on('message', () => {
    throw new Error('in a listener of message');
  });
  sockets[1]!.resume();
  second.send('x');
  await once(second, 'close');
  assert.ok(told.includes('in a listener of message'));
});

test('what a listener of a gRPC call throws is that call’s status', async () => {
  const server = new GrpcServer({ address: '127.0.0.1:0', protoFiles: ['keelson/v1/pods.proto'] });
  const exec: Parameters<typeof server.add<typeof keelson.PodsService>>[1]['exec'] = (call) => {
    call.on('data', ({ stdin }: keelson.ExecRequest) => {
      if (String(stdin) === 'bad') throw new Error('in a listener of a call');
      call.write({ stdout: Buffer.from(stdin ?? '') });
    });
    call.on('end', () => call.end());
  };
  const unused = () => {};
  server.add(keelson.PodsService, { exec, attach: exec, logs: unused, portForward: unused });
  const clock = systemClock();
  const connection = connectGrpc(`127.0.0.1:${await server.listen()}`, { clock });
  const pods = connection.service(keelson.PodsService);
  try {
    const [good, bad] = [pods.exec(), pods.exec()];
    const failed = once(bad, 'error');
    bad.write({ stdin: Buffer.from('bad') });
    const [error] = (await failed) as [{ code: number; details: string }];
    assert.deepEqual([error.code, error.details], [status.INTERNAL, 'in a listener of a call']);
    const answered = once(good, 'data');
    good.write({ stdin: Buffer.from('good') });
    const [answer] = (await answered) as [keelson.ExecResponse];
    assert.equal(String(answer.stdout), 'good');
    good.end();
  } finally {
    connection.close();
    await server.close((ms) => clock.sleep(ms), 10);
  }
});

test('a terminal’s size is two numbers above zero, and anything else is none', () => {
  assert.deepEqual(terminalSizeIn(Buffer.from('{"Width":80,"Height":24}\n')), { width: 80, height: 24 });
  for (const text of [
    '',
    'x',
    'null',
    '[]',
    '{}',
    '{"Width":-1,"Height":1}',
    '{"Width":1e9,"Height":2}',
    '{"Width":"1","Height":2}',
  ])
    assert.equal(terminalSizeIn(Buffer.from(text)), undefined, text);
});
