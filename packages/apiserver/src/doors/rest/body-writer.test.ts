import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createHttpServer, get, type IncomingMessage } from 'node:http';
import { type ClientHttp2Stream, connect, createServer as createHttp2Server, createSecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { writeCertificates } from '../../../test/certificates.js';
import { TurnLine } from '../../breather.js';
import { BodyWriter } from './body-writer.js';
import type { Response } from './exchange.js';

const writer = new BodyWriter(new TurnLine());
/** Parts that are smaller and larger than chunks, of every length around the places where these end. */
const parts = [1, 0, 65_535, 1, 65_536, 65_537, 300_000, 7].map((length, at) => Buffer.alloc(length, 65 + at));
const small = [Buffer.from('a'), Buffer.from('b')];
const written: Response[] = [];
const answer = ({ url }: { readonly url?: string | undefined }, response: Response) => {
  written.push(response);
  writer.send(response, url === '/small' ? small : parts);
};
const http2 = createHttp2Server(answer);
const http = createHttpServer(answer);

before(async () => {
  await Promise.all([once(http2.listen(0, '127.0.0.1'), 'listening'), once(http.listen(0, '127.0.0.1'), 'listening')]);
});
after(() => {
  http2.close();
  http.close();
});

const address = (server: typeof http | typeof http2) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

async function bodyOf(stream: IncomingMessage | ClientHttp2Stream): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

test('a body is the parts in their order, whoever else is written to at the same time', async () => {
  const session = connect(address(http2));
  const overHttp2 = ['/', '/', '/small', '/'].map((path) => bodyOf(session.request({ ':path': path })));
  const overHttp = ['/', '/small', '/'].map(async (path) => {
    const [response] = (await once(get(`${address(http)}${path}`), 'response')) as [IncomingMessage];
    return await bodyOf(response);
  });
  const bodies = await Promise.all([...overHttp2, ...overHttp]);
  session.close();
  const [long, short] = [Buffer.concat(parts), Buffer.concat(small)];
  const wanted = [long, long, short, long, long, short, long];
  for (const [at, body] of bodies.entries()) assert.ok(body.equals(wanted[at]!), `body ${at}`);
});

test('a client that does not read holds some chunks, and is forgotten when it leaves', async () => {
  written.length = 0;
  const session = connect(address(http2), { settings: { initialWindowSize: 1_000 } });
  const stream = session.request({ ':path': '/' });
  await once(stream, 'response');
  const [response] = written as [Response];
  assert.equal(response.writableEnded, false);
  assert.ok(response.writableLength <= 4 * 65_536);
  const closed = once(response, 'close');
  session.destroy();
  await closed;
  assert.equal(response.writableEnded, false);
});

test('what is encrypted is what was written, though buffers go from one body to the next', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'body-writer-'));
  await writeCertificates(directory, { server: [{ CN: ['localhost'] }] });
  const [ca, cert, key] = ['ca.crt', 'server.crt', 'server.key'].map((name) => readFileSync(join(directory, name)));
  rmSync(directory, { recursive: true });
  const bodies = Array.from({ length: 24 }, (_, at) => Array.from({ length: 9 }, () => Buffer.alloc(70_001, 48 + at)));
  const server = createSecureServer({ cert: cert!, key: key! }, ({ url }, response) => {
    writer.send(response, bodies[Number(url.slice(1))]!);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const sessions = Array.from({ length: 4 }, () => connect(`https://127.0.0.1:${port}`, { ca: ca! }));
  const read = bodies.map(async (parts, at) => {
    const body = await bodyOf(sessions[at % sessions.length]!.request({ ':path': `/${at}` }));
    assert.ok(body.equals(Buffer.concat(parts)), `body ${at}`);
  });
  await Promise.all(read);
  for (const session of sessions) session.close();
  server.close();
});
