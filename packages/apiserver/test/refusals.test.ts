import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { after, before, test } from 'node:test';
import { ApiError } from '@keelson/api';
import { httpServer, listen } from '@keelson/service/sockets';
import { sendError } from '../src/doors/rest/reply.js';
import { jsonEncoder } from '../src/encoding/encoder.js';
import { decodeContinueToken } from '../src/registry/continue-token.js';
import { decodeDeleteOptions, deleteOptionsOf } from '../src/registry/deletion.js';
import { request, world } from './world.js';

const json = (value: unknown) => ({ mediaType: 'application/json', bytes: Buffer.from(JSON.stringify(value)) });

test('DeleteOptions of another shape are refused, whatever is wrong with them', () => {
  const shapes = [5, 'x', [], true, { dryRun: 5 }, { dryRun: 'All' }, { dryRun: [5] }, { gracePeriodSeconds: 1.5 }];
  const more = [
    { gracePeriodSeconds: 1e300 },
    { preconditions: 5 },
    { preconditions: { uid: {} } },
    { propagationPolicy: {} },
  ];
  for (const shape of [...shapes, ...more]) assert.throws(() => decodeDeleteOptions(shape), { code: 400 });
  assert.throws(() => deleteOptionsOf(json({ gracePeriodSeconds: 2 ** 40 })), { code: 422 });
  assert.deepEqual(deleteOptionsOf(json({ gracePeriodSeconds: 30, dryRun: ['All'] })), {
    gracePeriodSeconds: 30,
    dryRun: ['All'],
  });
});

test('a continue token of another shape is refused', () => {
  const shapes = [null, 1, 'x', [], {}, { v: 'meta.k8s.io/v1', rv: 1.5, start: 'a' }, { v: 'meta.k8s.io/v1', rv: 1 }];
  for (const shape of shapes) {
    const token = Buffer.from(JSON.stringify(shape)).toString('base64url');
    assert.throws(() => decodeContinueToken(token), { code: 400 });
  }
  assert.throws(() => decodeContinueToken('%'), { code: 400 });
});

test('a continue token of a revision that is still to come is too old, with one to go on', async () => {
  const cluster = await world();
  try {
    const token = Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: 9_999, start: 'a' })).toString('base64url');
    const future = cluster.store.kv.range;
    cluster.store.kv.range = (asked, ...more) => {
      if (Number(asked.revision ?? 0) <= 1_000) return future.call(cluster.store.kv, asked, ...more);
      return Promise.reject(new Error('etcdserver: mvcc: required revision is a future revision'));
    };
    const asked = request(cluster.configMaps, 'list', '', undefined, { continueToken: token });
    await assert.rejects(cluster.reader.list(cluster.configMaps, asked), { code: 410, reason: 'Expired' });
  } finally {
    await cluster.close();
  }
});

let warnings: string[] = [];
const server = httpServer({}, (_request, response) => {
  const refused = new ApiError({ code: 400, reason: 'BadRequest', message: 'no' });
  sendError(response, refused, { encoder: jsonEncoder, warnings: new Set(warnings) });
});
let port = 0;
before(async () => {
  port = await listen(server, { host: '127.0.0.1', port: 0 });
});
after(() => server.close());

/** The warnings as a client sees them: headers are bytes of UTF-8. */
async function seen(texts: readonly string[]): Promise<string[]> {
  warnings = [...texts];
  return await new Promise((resolve, reject) => {
    const call = httpRequest({ host: '127.0.0.1', port, agent: false }, (response) => {
      response.resume();
      const raw = response.rawHeaders.filter((_, index) => response.rawHeaders[index - 1]?.toLowerCase() === 'warning');
      resolve(raw.map((it) => Buffer.from(it, 'latin1').toString()));
    });
    call.on('error', reject).end();
  });
}

test('warnings of any characters and lengths reach the client', async () => {
  assert.deepEqual(await seen(['unknown field "é😀"']), ['299 - "unknown field \\"é😀\\""']);
  assert.deepEqual(await seen(['a\r\nb\u0000c\u007f\ud800']), ['299 - "a b c "']);
  const long = await seen(['x'.repeat(30_000), 'y'.repeat(10), 'z'.repeat(300)]);
  assert.deepEqual(
    long.map((it) => it.length),
    [256 + 8, 10 + 8, 256 + 8],
  );
  const many = await seen(Array.from({ length: 500 }, (_, index) => `${index} ${'w'.repeat(200)}`));
  assert.ok(many.length > 10 && many.join('').length < 8 * 1024, `${many.length} warnings`);
});
