import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { ClientHttp2Stream } from 'node:http2';
import { get } from 'node:https';
import { after, before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { WebServerUnderTest } from '../../../test/web-server.js';
import { TurnLine } from '../../breather.js';
import { BodyWriter } from './body-writer.js';
import type { Request, Response } from './exchange.js';

const writer = new BodyWriter(new TurnLine());
/** Parts that are smaller and larger than chunks, of every length around the places where these end. */
const parts = [1, 0, 65_535, 1, 65_536, 65_537, 300_000, 7].map((length, at) => Buffer.alloc(length, 65 + at));
const small = [Buffer.from('a'), Buffer.from('b')];
/** Bodies of more than one chunk, each of a letter of its own. */
const many = Array.from({ length: 24 }, (_, at) => Array.from({ length: 9 }, () => Buffer.alloc(70_001, 48 + at)));
const written: Response[] = [];
const web = new WebServerUnderTest(({ url = '' }: Request, response: Response) => {
  written.push(response);
  const gzip = url === '/gzip';
  writer.send(response, url === '/small' ? small : (many[Number(url.slice(1) || Number.NaN)] ?? parts), { gzip });
});
before(() => web.start());
after(() => web.stop());

async function bodyOf(stream: IncomingMessage | ClientHttp2Stream): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

test('a body is the parts in their order, whoever else is written to at the same time', async () => {
  const session = web.connect();
  const overHttp2 = ['/', '/', '/small', '/'].map((path) => bodyOf(session.request({ ':path': path })));
  const overHttp = ['/', '/small', '/'].map(async (path) => {
    const asked = get({ host: '127.0.0.1', port: web.port, path, ca: web.ca, agent: false });
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    return await bodyOf(response);
  });
  const bodies = await Promise.all([...overHttp2, ...overHttp]);
  const [long, short] = [Buffer.concat(parts), Buffer.concat(small)];
  const wanted = [long, long, short, long, long, short, long];
  for (const [at, body] of bodies.entries()) assert.ok(body.equals(wanted[at]!), `body ${at}`);
});

test('a client that does not read holds some chunks, and is forgotten when it leaves', async () => {
  written.length = 0;
  const session = web.connect({ settings: { initialWindowSize: 1_000 } });
  const stream = session.request({ ':path': '/' });
  await once(stream, 'response');
  const [response] = written as [Response];
  assert.equal(response.writableEnded, false);
  assert.ok(response.writableLength > 0);
  assert.ok(response.writableLength <= 4 * 65_536);
  const closed = new Promise<void>((resolve) => response.once('close', resolve));
  session.destroy();
  await closed;
  assert.equal(response.writableEnded, false);
});

test('what is encrypted is what was written, though buffers go from one body to the next', async () => {
  const sessions = Array.from({ length: 4 }, () => web.connect());
  const read = many.map(async (body, at) => {
    const got = await bodyOf(sessions[at % sessions.length]!.request({ ':path': `/${at}` }));
    assert.ok(got.equals(Buffer.concat(body)), `body ${at}`);
  });
  await Promise.all(read);
});

test('what is compressed is the same, and nothing is kept of a client that leaves in the middle', async () => {
  const session = web.connect();
  const bodies = await Promise.all(Array.from({ length: 4 }, () => bodyOf(session.request({ ':path': '/gzip' }))));
  for (const body of bodies) assert.ok(gunzipSync(body).equals(Buffer.concat(parts)));
  written.length = 0;
  const leaving = web.connect({ settings: { initialWindowSize: 100 } });
  await once(leaving.request({ ':path': '/gzip' }), 'response');
  const closed = new Promise<void>((resolve) => written[0]!.once('close', resolve));
  leaving.destroy();
  await closed;
  const overHttp1 = get({ host: '127.0.0.1', port: web.port, path: '/gzip', ca: web.ca, agent: false });
  const [response] = (await once(overHttp1, 'response')) as [IncomingMessage];
  assert.ok(gunzipSync(await bodyOf(response)).equals(Buffer.concat(parts)));
});
