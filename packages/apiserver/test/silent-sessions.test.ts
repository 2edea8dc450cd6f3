import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { listen, webServer } from '@keelson/service/sockets';
import { ManualClock } from '@keelson/service/testing';
import { writeCertificates } from './certificates.js';

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const SETTINGS = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
/** Data belong to a stream. */
const DATA_FOR_NOBODY = Buffer.from([0, 0, 1, 0, 0, 0, 0, 0, 0, 1]);

test('one that broke the protocol is sent away, one that is silent is given up, one that answers stays', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'silent-'));
  const clock = new ManualClock();
  const sockets = new Set<Socket>();
  try {
    await writeCertificates(directory, { server: [{ CN: ['localhost'] }] });
    const [ca, cert, key] = ['ca.crt', 'server.crt', 'server.key'].map((it) => readFileSync(join(directory, it)));
    const answer = (_request: unknown, response: { end(body: string): unknown }) => void response.end('here');
    const { server } = webServer({ cert: cert!, key: key! }, answer, { clock });
    server.on('secureConnection', (socket: Socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    });
    const port = await listen(server, { host: '127.0.0.1', port: 0 });
    const say = async (...words: Buffer[]) => {
      const client = connect({ host: '127.0.0.1', port, ca: ca!, ALPNProtocols: ['h2'] });
      client.on('error', () => {});
      await once(client, 'secureConnect');
      client.write(Buffer.concat(words));
      await once(client, 'data');
      return client;
    };
    const broken = await say(PREFACE, SETTINGS, DATA_FOR_NOBODY);
    const silent = await say(PREFACE, SETTINGS);
    const good = connectHttp2(`https://127.0.0.1:${port}`, { ca: ca! });
    await once(good, 'remoteSettings');
    // Whether the broken one has gone by itself or not: it has no more time than to read why.
    clock.advance(5_000);
    while (sockets.size > 2) await new Promise((resolve) => setTimeout(resolve, 5));
    clock.advance(25_000);
    await new Promise<void>((resolve) => void good.ping(() => resolve()));
    clock.advance(30_000);
    while (sockets.size > 1) await new Promise((resolve) => setTimeout(resolve, 5));
    const request = good.request({ ':path': '/' });
    const [headers] = (await once(request, 'response')) as [Record<string, unknown>];
    assert.equal(headers[':status'], 200);
    for (const client of [broken, silent, good]) client.destroy();
    server.close();
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
