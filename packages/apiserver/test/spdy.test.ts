import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import { createDeflate } from 'node:zlib';
import type { SpdyStream } from '@keelson/service/spdy';
import { controlFrame, SPDY_DICTIONARY, SpdyConnection, words } from '@keelson/service/spdy';
import fc from 'fast-check';
import { SpdyClient } from './spdy-client.js';

/** One end of a connection, from which so many bytes arrive at a time. */
class End extends Duplex {
  other!: End;
  readonly #chunk: number;
  #waiting = () => {};

  constructor(chunk: number) {
    super();
    this.#chunk = chunk;
  }

  override _read(): void {
    const waiting = this.#waiting;
    this.#waiting = () => {};
    waiting();
  }

  override _write(bytes: Buffer, _encoding: string, done: (error?: Error) => void): void {
    if (bytes.length === 0 || this.other.destroyed) {
      done();
      return;
    }
    const next = () => this._write(bytes.subarray(this.#chunk), '', done);
    if (this.other.push(bytes.subarray(0, this.#chunk))) setImmediate(next);
    else this.other.#waiting = next;
  }

  override _final(done: () => void): void {
    this.other.push(null);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (!this.other.destroyed) this.other.push(null);
    done(error);
  }
}

function wire(chunk = 65_536): [Duplex, Duplex] {
  const [near, far] = [new End(chunk), new End(chunk)];
  [near.other, far.other] = [far, near];
  return [near, far];
}

function connect(options: ConstructorParameters<typeof SpdyConnection>[2] = {}, chunk?: number) {
  const [near, far] = wire(chunk);
  const streams: SpdyStream[] = [];
  const connection = new SpdyConnection(near, (stream) => streams.push(stream), options);
  return { client: new SpdyClient(far), connection, streams, near };
}

test('the dictionary is the one that SPDY/3 has', async () => {
  const deflate = createDeflate({ dictionary: SPDY_DICTIONARY });
  const first = new Promise<Buffer>((resolve) => deflate.once('data', resolve));
  deflate.end('x');
  assert.equal((await first).subarray(2, 6).toString('hex'), 'e3c6a7c2', 'its Adler-32, which zlib writes');
});

for (const chunk of [1, 7, 65_536]) {
  test(`streams carry their headers and both halves, in chunks of ${chunk}`, async () => {
    const { client, streams } = connect({}, chunk);
    const ids: number[] = [];
    for (const type of ['error', 'data', 'data'])
      ids.push(await client.open({ streamtype: type, port: '80', x: type.repeat(9) }));
    client.send(ids[1]!, 'to the server', true);
    await client.until(() => client.replies.length === 3);
    assert.deepEqual(
      streams.map((it) => [it.id, it.type, it.headers.get('port'), it.headers.get('x')]),
      [
        [1, 'error', '80', 'error'.repeat(9)],
        [3, 'data', '80', 'data'.repeat(9)],
        [5, 'data', '80', 'data'.repeat(9)],
      ],
    );
    let text = '';
    for await (const bytes of streams[1]!.input) text += bytes.toString();
    assert.equal(text, 'to the server');
    await streams[1]!.send(Buffer.from('and back, after the client’s end'));
    streams[1]!.end();
    await client.until(() => client.ended.has(3));
    assert.equal(Buffer.from(client.received.get(3)!, 'latin1').toString(), 'and back, after the client’s end');
    assert.equal(
      (await client.replyHeaders()).toString('hex'),
      '000000000000000000000000',
      'three blocks of no headers',
    );
  });
}

test('a reader that is behind holds the client back, and lets it go on', async () => {
  const { client, streams, near } = connect({ backlogBytesMax: 100_000 });
  const id = await client.open({ streamtype: 'data' });
  const sent = Buffer.alloc(2_000_000, 'a');
  client.send(id, sent, true);
  await client.until(() => client.replies.length === 1);
  await new Promise<void>((resolve) => {
    const look = () => (near.isPaused() ? resolve() : setImmediate(look));
    look();
  });
  assert.ok(streams[0]!.readableLength < 300_000, String(streams[0]!.readableLength));
  let count = 0;
  for await (const bytes of streams[0]!.input) count += bytes.length;
  assert.equal(count, sent.length);
});

test('streams beyond the limit are refused, and resets end streams on both sides', async () => {
  const { client, streams } = connect({ streamsMax: 2 });
  for (let index = 0; index < 3; index++) await client.open({ streamtype: 'data' });
  await client.until(() => client.reset.size === 1);
  assert.deepEqual([...client.reset], [[5, 3]]);
  streams[0]!.destroy();
  await client.until(() => client.reset.size === 2);
  client.write(Buffer.from('80030003000000080000000300000005', 'hex'));
  await new Promise((resolve) => streams[1]!.once('close', resolve));
  const again = await client.open({ streamtype: 'data' });
  await client.until(() => client.replies.length === 3);
  assert.equal(streams.at(-1)!.id, again, 'their places are free');
});

test('a client that leaves ends its streams', async () => {
  const { client, streams } = connect();
  await client.open({ streamtype: 'data' });
  await client.until(() => client.replies.length === 1);
  client.destroy();
  await new Promise((resolve) => streams[0]!.once('close', resolve));
});

test('bytes that are no frames end the connection and throw nothing', async () => {
  const frame = fc
    .tuple(fc.constantFrom(1, 2, 3, 4, 6, 7, 8, 9, 77), fc.nat(255), fc.uint8Array({ maxLength: 40 }))
    .map(([type, flags, body]) => Buffer.concat([Buffer.from([0x80, 3, 0, type, flags, 0, 0, body.length]), body]));
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 80 }).map((it) => Buffer.from(it)),
    frame,
  );
  await fc.assert(
    fc.asyncProperty(fc.array(bytes, { maxLength: 6 }), async (parts) => {
      const { client, connection } = connect();
      await client.open({ streamtype: 'data' });
      for (const part of parts) client.write(part);
      await new Promise(setImmediate);
      connection.destroy();
    }),
  );
  for (const bytes of [
    '8003000100000006ffffffff0000',
    '8003000100000002ffff',
    '800300080000000400000001',
    '8002000100000000',
  ]) {
    const { client } = connect();
    client.write(Buffer.from(bytes, 'hex'));
    await client.until(() => client.closed);
  }
});

test('a client that asks and does not read is not listened to for long, and a flood leaves others their turns', async () => {
  /** Takes no answers. */
  class Deaf extends Duplex {
    override _read(): void {}
    override _write(): void {}
  }
  const transport = new Deaf();
  const connection = new SpdyConnection(transport, () => {});
  const pings = Buffer.concat(Array.from({ length: 5_000 }, (_, at) => controlFrame(6, 0, words(at))));
  let turns = 0;
  for (let pushed = 0; pushed < 100 && !transport.isPaused(); pushed++) {
    transport.push(pings);
    do {
      await new Promise(setImmediate);
      turns += 1;
    } while (transport.isPaused() && transport.writableLength < 1024 * 1024);
  }
  assert.ok(transport.isPaused(), 'it is held back');
  assert.ok(transport.writableLength < 3 * 1024 * 1024, `${transport.writableLength} bytes wait`);
  assert.ok(turns > 1_000, `${turns} turns`);
  connection.destroy();
});
