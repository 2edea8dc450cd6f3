import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpServer, get, type IncomingMessage } from 'node:http';
import { type ClientHttp2Stream, connect, createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
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
