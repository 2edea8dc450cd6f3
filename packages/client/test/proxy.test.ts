import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { systemClock } from '@keelson/service';
import { HttpClient } from '../src/http/http-client.js';
import { parseProxy, proxyOfEnvironment } from '../src/http/proxy.js';
import { ApiUnderTest } from './api-under-test.js';
import { Authority } from './certificates.js';

const clock = systemClock({ keepAlive: false });
const ending: (() => void)[] = [];
let authority: Authority;
let server: ApiUnderTest;

before(async () => {
  authority = await Authority.make();
  server = await ApiUnderTest.start({ authority, host: { dns: 'api.internal' } });
});
after(() => {
  for (const end of ending) end();
  server.stop();
});

/** A proxy that knows only that one server, under another name; what it was told is noted. */
async function proxy(serve: (socket: Socket, told: string[]) => void): Promise<{ port: number; told: string[] }> {
  const told: string[] = [];
  const listener = createServer((socket) => {
    socket.on('error', () => {});
    ending.push(() => socket.destroy());
    serve(socket, told);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  ending.push(() => listener.close());
  return { port: (listener.address() as { port: number }).port, told };
}

function join(socket: Socket): void {
  const far = connect(server.port, '127.0.0.1');
  far.on('error', () => {});
  socket.pipe(far).pipe(socket);
}

async function through(url: string): Promise<number> {
  const destination = {
    ...{ server: new URL('https://api.internal:6443'), authorities: () => authority.ca },
    proxy: parseProxy(url),
  };
  const http = new HttpClient(destination, { clock });
  ending.push(() => http.close());
  const response = await http.request({ method: 'GET', path: '/', headers: {} });
  response.discard();
  return response.status;
}

const httpProxy = (answer: string) =>
  proxy((socket, told) => {
    socket.once('data', (bytes) => {
      told.push(...String(bytes).split('\r\n').slice(0, -2));
      socket.write(answer);
      if (answer.includes(' 200 ')) join(socket);
    });
  });

describe('a proxy', () => {
  it('is asked for a tunnel', async () => {
    const { port, told } = await httpProxy('HTTP/1.1 200 OK\r\nVia: x\r\n\r\n');
    assert.equal(await through(`http://me:p%40ss@127.0.0.1:${port}`), 200);
    assert.deepEqual(told, [
      'CONNECT api.internal:6443 HTTP/1.1',
      'Host: api.internal:6443',
      'Proxy-Authorization: Basic bWU6cEBzcw==',
    ]);
  });

  it('may be behind TLS itself', async () => {
    const pair = await authority.pair('proxy');
    const listener = createTlsServer(pair, (socket) => {
      socket.on('error', () => {});
      ending.push(() => socket.destroy());
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        join(socket);
      });
    });
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    ending.push(() => listener.close());
    const { port } = listener.address() as { port: number };
    assert.equal(await through(`https://127.0.0.1:${port}`), 200);
    await assert.rejects(through(`https://localhost:${port}`), /does not match certificate/);
  });

  it('may refuse', async () => {
    const { port } = await httpProxy('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    await assert.rejects(through(`http://127.0.0.1:${port}`), /the proxy 127.0.0.1:\d+ refuses: HTTP\/1.1 407/);
  });

  it('may speak SOCKS 5', async () => {
    const { port, told } = await proxy((socket, notes) => {
      socket.once('data', (hello) => {
        notes.push(hello.toString('hex'));
        socket.write(Buffer.from([5, 2]));
        socket.once('data', (login) => {
          notes.push(login.toString('latin1'));
          socket.write(Buffer.from([1, 0]));
          socket.once('data', (asked) => {
            notes.push(asked.subarray(5, -2).toString(), String(asked.readUInt16BE(asked.length - 2)));
            socket.write(Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 1]));
            join(socket);
          });
        });
      });
    });
    assert.equal(await through(`socks5://me:pw@127.0.0.1:${port}`), 200);
    assert.deepEqual(told, ['05020002', '\x01\x02me\x02pw', 'api.internal', '6443']);
  });

  it('is the one of the environment, but not for what is near or exempt', () => {
    const of = (server: string, environment: Record<string, string>) =>
      proxyOfEnvironment(new URL(server), environment)?.href;
    const proxied = { HTTPS_PROXY: 'proxy:3128', NO_PROXY: '.local, example.com,10.0.0.0/8,host:8443,*.wild' };
    assert.equal(of('https://api.test:6443', proxied), 'http://proxy:3128/');
    assert.equal(of('http://api.test', proxied), undefined);
    for (const near of ['https://localhost:1', 'https://127.0.0.1:1', 'https://[::1]:1'])
      assert.equal(of(near, proxied), undefined);
    for (const exempt of ['a.local', 'example.com', 'a.example.com', '10.1.2.3', 'host:8443', 'x.wild'])
      assert.equal(of(`https://${exempt}`, proxied), undefined, exempt);
    for (const other of ['local', 'badexample.com', '11.1.2.3', 'host', 'wild'])
      assert.equal(of(`https://${other}`, proxied), 'http://proxy:3128/', other);
    assert.equal(of('https://api.test', { https_proxy: 'socks5://p:1', no_proxy: '*' }), undefined);
  });
});
