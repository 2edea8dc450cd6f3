import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net';
import { after, test } from 'node:test';
import { Server as GrpcServer, ServerCredentials } from '@grpc/grpc-js';
import type { Probe } from '@keelson/api';
import { systemClock } from '@keelson/service';
import { ManualClock } from '@keelson/service/testing';
import { HealthImplementation } from 'grpc-health-check';
import type { CriClient } from '../src/cri/cri-client.js';
import { probeOnce } from '../src/probes/prober.js';
import { selfSigned } from './certificate.js';

const clock = systemClock();
const closers: (() => unknown)[] = [];
after(async () => {
  for (const close of closers) await close();
});

async function listen(server: Server | TcpServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    if ('closeAllConnections' in server) server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const http = (answer: RequestListener) => listen(createServer(answer));

function criThat(execSync: () => Promise<unknown>): CriClient {
  return { runtime: { execSync } } as unknown as CriClient;
}

const noCri = criThat(async () => assert.fail('no runtime is needed'));

/** A server that accepts one connection and says nothing: its port, the connection, and the end of that. */
async function silence() {
  const server = createTcpServer((socket) => socket.resume().on('error', () => {}));
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const port = await listen(server);
  return { port, accepted, hungUp: accepted.then(([socket]) => once(socket, 'close')) };
}

/** What the probe of a silent server comes to when its time is over; `lateMs` is how late that is noticed. */
async function askInVain(kind: 'httpGet' | 'grpc', lateMs = 0) {
  const { port, accepted, hungUp } = await silence();
  const manual = new ManualClock();
  const target = { container: { name: 'main' }, containerId: 'c1', podIP: '127.0.0.1' };
  const asked = probeOnce({ [kind]: { port } }, target, { cri: noCri, clock: manual });
  const settled = Promise.allSettled([asked]);
  await accepted;
  if (lateMs > 0) Object.defineProperty(manual, 'monotonic', { value: () => 1_000 + lateMs });
  await manual.advanceAsync(1_000);
  await settled;
  // No connection is left behind.
  await hungUp;
  return await asked;
}

async function ask(probe: Probe, cri = noCri, podIP = '127.0.0.1') {
  const container = { name: 'main', ports: [{ name: 'web', containerPort: 1 }] };
  return await probeOnce(probe, { container, containerId: 'c1', podIP }, { cri, clock });
}

test('exec: the exit code decides, and a time-out is a failure', async () => {
  const ended = (exitCode: number) =>
    criThat(async () => ({ exitCode, stdout: Buffer.from('out'), stderr: Buffer.from('err') }));
  const probe = { exec: { command: ['check'] }, timeoutSeconds: 3 };
  assert.deepEqual(await ask(probe, ended(0)), { ok: true, output: 'outerr' });
  assert.deepEqual(await ask(probe, ended(1)), { ok: false, output: 'outerr' });
  const late = await ask(
    probe,
    criThat(async () => Promise.reject(Object.assign(new Error('late'), { code: 4 }))),
  );
  assert.deepEqual(late, { ok: false, output: 'command timed out: ["check"] timed out after 3s' });
});

test('exec: a runtime that is away, or any other error of it, says nothing of the container', async () => {
  for (const code of [14, 5, 2, 13]) {
    const cri = criThat(async () => Promise.reject(Object.assign(new Error('no'), { code })));
    await assert.rejects(ask({ exec: { command: ['check'] } }, cri), { code });
  }
});

test('exec: a runtime that does not even say that the command took too long is away too', async () => {
  const manual = new ManualClock();
  const cri = criThat(async () => {
    await manual.sleep(6_000);
    throw Object.assign(new Error('Deadline exceeded'), { code: 4 });
  });
  const target = { container: { name: 'main' }, containerId: 'c1', podIP: '' };
  const refused = assert.rejects(probeOnce({ exec: { command: ['x'] } }, target, { cri, clock: manual }), { code: 4 });
  await manual.advanceAsync(6_000);
  await refused;
});

test('a probe without an address, or of a port that nobody named, cannot be made', async () => {
  await assert.rejects(ask({ httpGet: { port: 'nosuch' } }), /couldn't find port "nosuch"/);
  await assert.rejects(ask({ tcpSocket: { port: 'nosuch' } }), /couldn't find port "nosuch"/);
  for (const probe of [{ httpGet: { port: 80 } }, { tcpSocket: { port: 80 } }, { grpc: { port: 80 } }]) {
    await assert.rejects(ask(probe, noCri, ''), /has no address yet/);
  }
});

test('http: 2xx passes, anything else fails without its body, and so does nobody at all', async () => {
  let status = 200;
  const port = await http((_, response) => response.writeHead(status).end('secret'));
  assert.deepEqual(await ask({ httpGet: { port } }), { ok: true, output: 'secret' });
  for (status of [400, 404, 500, 503]) {
    const result = await ask({ httpGet: { port } });
    assert.deepEqual(result, { ok: false, output: `HTTP probe failed with statuscode: ${status}` });
  }
  const refused = await ask({ httpGet: { port: 1, path: 'x?y=1' } });
  assert.equal(refused.output, 'Get "http://127.0.0.1:1/x?y=1": dial tcp 127.0.0.1:1: connect: connection refused');
  const late = await askInVain('httpGet');
  assert.match(late.output, /context deadline exceeded \(Client.Timeout exceeded while awaiting headers\)$/);
});

test('http: an answer without end passes with its beginning', async () => {
  const port = await http((_, response) => {
    response.writeHead(200);
    const write = () => {
      while (response.write('x'.repeat(8_192)));
      response.once('drain', write);
    };
    write();
  });
  const { ok, output } = await ask({ httpGet: { port } });
  assert.deepEqual([ok, output.length], [true, 10_240]);
});

test('http: headers are sent as given; the usual two unless they are given empty', async () => {
  let seen: unknown;
  const port = await http((request, response) => {
    seen = { ...request.headers, raw: undefined, url: request.url };
    response.end();
  });
  await ask({ httpGet: { port, path: '/p' } });
  const usual = { 'user-agent': 'kube-probe/1.36', accept: '*/*', connection: 'close' };
  assert.deepEqual(seen, { ...usual, host: `127.0.0.1:${port}`, raw: undefined, url: '/p' });
  const httpHeaders = [
    { name: 'Host', value: 'example.org' },
    { name: 'Accept', value: '' },
    { name: 'User-Agent', value: 'me' },
    { name: 'X-A', value: '1' },
    { name: 'X-A', value: '2' },
  ];
  await ask({ httpGet: { port, httpHeaders } });
  const given = { connection: 'close', host: 'example.org', 'user-agent': 'me', 'x-a': '1, 2' };
  assert.deepEqual(seen, { ...given, raw: undefined, url: '/' });
});

test('http: redirects are followed on the same host, whatever the port', async () => {
  const paths: string[] = [];
  const other = await http((request, response) => {
    paths.push(`other${request.url}`);
    response.writeHead(204).end();
  });
  for (const code of [301, 302, 303, 307, 308]) {
    const port = await http((request, response) => {
      paths.push(request.url ?? '');
      const location = request.url === '/' ? 'next/' : `http://127.0.0.1:${other}/end`;
      response.writeHead(code, { location }).end();
    });
    assert.deepEqual(await ask({ httpGet: { port } }), { ok: true, output: '' }, String(code));
    assert.deepEqual(paths.splice(0), ['/', '/next/', 'other/end']);
  }
  const bad = await http((request, response) =>
    request.url === '/' ? response.writeHead(302, { location: '/bad' }).end() : response.writeHead(500).end(),
  );
  assert.deepEqual(await ask({ httpGet: { port: bad } }), {
    ok: false,
    output: 'HTTP probe failed with statuscode: 500',
  });
});

test('http: a redirect to another host passes with a warning and is not followed', async () => {
  const port = await http((_, response) =>
    response.writeHead(302, { location: 'http://other.invalid/x' }).end('go away'),
  );
  const warned = { ok: true, warning: true, output: 'Probe terminated redirects, Response body: go away' };
  assert.deepEqual(await ask({ httpGet: { port } }), warned);
  const nowhere = await http((_, response) => response.writeHead(304).end());
  assert.deepEqual(await ask({ httpGet: { port: nowhere } }), {
    ...warned,
    output: 'Probe terminated redirects, Response body: ',
  });
});

test('http: the tenth redirect is one too many', async () => {
  let left = 9;
  const port = await http((_, response) => {
    if (left-- > 0) response.writeHead(302, { location: '/again' }).end();
    else response.end('there');
  });
  assert.deepEqual(await ask({ httpGet: { port } }), { ok: true, output: 'there' });
  left = 10;
  const { ok, output } = await ask({ httpGet: { port } });
  assert.deepEqual([ok, output], [false, `Get "http://127.0.0.1:${port}/": stopped after 10 redirects`]);
});

test('a time-out that this process is to blame for says nothing of the container', async () => {
  for (const kind of ['httpGet', 'grpc'] as const) {
    assert.equal((await askInVain(kind, 500)).ok, false);
    // As after a stop of the process.
    await assert.rejects(askInVain(kind, 30_000), /this kubelet was held up/);
  }
});

test('https: certificates are not checked', async () => {
  const port = await listen(createSecureServer(await selfSigned(), (_, response) => response.end('safe')));
  assert.deepEqual(await ask({ httpGet: { port, scheme: 'HTTPS' } }), { ok: true, output: 'safe' });
  assert.equal((await ask({ httpGet: { port } })).ok, false);
});

test('tcp: whoever accepts passes', async () => {
  const port = await listen(createTcpServer((socket) => socket.on('error', () => {})));
  assert.deepEqual(await ask({ tcpSocket: { port } }), { ok: true, output: '' });
  assert.deepEqual(await ask({ tcpSocket: { port: 1 } }), {
    ok: false,
    output: 'dial tcp 127.0.0.1:1: connect: connection refused',
  });
});

test('grpc: SERVING passes, by service, however long its name', async () => {
  const long = 'n'.repeat(300);
  const server = new GrpcServer();
  const health = new HealthImplementation({ '': 'SERVING', down: 'NOT_SERVING', [long]: 'SERVING' });
  health.addToServer(server);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  closers.push(() => server.forceShutdown());
  assert.deepEqual(await ask({ grpc: { port } }), { ok: true, output: '' });
  assert.deepEqual(await ask({ grpc: { port, service: long } }), { ok: true, output: '' });
  assert.deepEqual(await ask({ grpc: { port, service: 'down' } }), {
    ok: false,
    output: 'service unhealthy (responded with "NOT_SERVING")',
  });
  assert.match((await ask({ grpc: { port, service: 'none' } })).output, /^error: health rpc probe failed: /);
  assert.match((await ask({ grpc: { port: 1 } })).output, /^error: failed to connect service "127.0.0.1:1": /);
});

test('grpc: a server without health checks, and one that says nothing', async () => {
  const server = new GrpcServer();
  const port = await new Promise<number>((resolve) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (_, bound) => resolve(bound));
  });
  closers.push(() => server.forceShutdown());
  assert.match((await ask({ grpc: { port } })).output, /does not implement the grpc health protocol/);
  const late = { ok: false, output: 'timeout: health rpc did not complete within 1s' };
  assert.deepEqual(await askInVain('grpc'), late);
});
