import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { beforeEach, describe, test } from 'node:test';
import { ManualClock } from '../manual-clock.js';
import { type Frame, FrameReader } from './frame-reader.js';
import { ErrorCode, Flag, FRAME_HEADER_BYTES, FrameType, PREFACE, writeFrameHeader } from './frames.js';
import { type HeaderList, HpackDecoder } from './hpack-decoder.js';
import { encodeHeaders } from './hpack-encoder.js';
import { Http2Server } from './http2-server.js';
import { HTTP2_DEFAULTS } from './options.js';
import type { Http2Request } from './server-request.js';
import type { Http2Response } from './server-response.js';

/** A client's end; `isStuck`: it takes nothing. */
class Wire extends Duplex {
  readonly frames: Frame[] = [];
  isStuck = false;
  readonly #reader = new FrameReader({ prefaceExpected: false });

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    if (this.isStuck) return;
    this.#reader.push(chunk, (frame) => this.frames.push({ ...frame, payload: Buffer.from(frame.payload) }) > 0);
    done();
  }

  setNoDelay(): void {}
}

const { endStream, endHeaders } = Flag;
const BODY_MAX = 100;
const OPTIONS = { ...HTTP2_DEFAULTS, streamsMax: 4, socketBytesMax: 70_000, resetsBurst: 3, resetsPerSecond: 0 };

describe('Http2Server', () => {
  let wire: Wire;
  let decoder: HpackDecoder;
  let asked: { request: Http2Request; response: Http2Response }[];
  let next: number;
  let clock: ManualClock;

  beforeEach(() => {
    wire = new Wire();
    decoder = new HpackDecoder({ tableBytesMax: 4096, listBytesMax: 100_000 });
    asked = [];
    next = 1;
    const onRequest = (request: Http2Request, response: Http2Response) => void asked.push({ request, response });
    clock = new ManualClock();
    new Http2Server(OPTIONS, clock, onRequest).serve(wire as never);
    wire.push(PREFACE);
  });

  const settle = async () => {
    for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
  };
  const send = async (type: number, flags: number, id: number, payload: Buffer) => {
    const head = Buffer.alloc(FRAME_HEADER_BYTES);
    writeFrameHeader(head, 0, { length: payload.length, type, flags, streamId: id });
    wire.push(Buffer.concat([head, payload]));
    await settle();
  };
  const ask = async (method: string, fields: HeaderList = [], flags: number = endHeaders | endStream) => {
    const id = next;
    next += 2;
    const list = [':method', method, ':scheme', 'https', ':authority', 'here', ':path', '/x', ...fields];
    await send(FrameType.headers, flags, id, encodeHeaders(list));
    return { id, ...asked.at(-1)! };
  };
  const of = (id: number) => wire.frames.filter(({ streamId }) => streamId === id);
  const typesOf = (id: number) => of(id).map(({ type }) => type);
  /** Each block may change the table: all are read once, in their order. */
  const headOf = (id: number): HeaderList => {
    return decoder.decode(of(id).find(({ type }) => type === FrameType.headers)!.payload);
  };
  const isReset = (id: number, code: number) => {
    assert.equal(
      of(id)
        .find(({ type }) => type === FrameType.rstStream)
        ?.payload.readUInt32BE(0),
      code,
    );
  };

  test('an answer has its head, its date and its body, and is closed when all is handed on', async () => {
    const { id, request, response } = await ask('GET', ['accept', 'a', 'accept', 'b', 'user-agent', 'c']);
    assert.deepEqual({ ...request.headers }, { accept: 'a, b', 'user-agent': 'c', host: 'here' });
    let closed = 0;
    response.once('close', () => closed++);
    response.setHeader('Audit-Id', 'id');
    response.writeHead(201, { 'content-type': 'text/plain', 'set-cookie': ['1', '2'] });
    response.end('body');
    assert.deepEqual([closed, response.destroyed, response.writableEnded], [1, true, true]);
    await settle();
    const head = headOf(id);
    assert.equal(Number.isNaN(Date.parse(head[head.indexOf('date') + 1]!)), false);
    head.splice(head.indexOf('date'), 2);
    const wanted = [
      ':status',
      '201',
      'content-type',
      'text/plain',
      'audit-id',
      'id',
      'set-cookie',
      '1',
      'set-cookie',
      '2',
    ];
    assert.deepEqual(head, wanted);
    assert.deepEqual(typesOf(id), [FrameType.headers, FrameType.data]);
    assert.deepEqual([of(id)[1]?.payload.toString(), of(id)[1]?.flags], ['body', endStream]);
  });

  test('HEAD, 204 and 304 have no body, whatever is written', async () => {
    for (const [method, code] of [['HEAD', 200] as const, ['GET', 204] as const, ['GET', 304] as const]) {
      const { id, response } = await ask(method);
      response.writeHead(code);
      let isWritten = false;
      response.write('some', () => {
        isWritten = true;
      });
      response.end('more');
      await settle();
      assert.equal(isWritten, true);
      assert.equal(typesOf(id).includes(FrameType.data) && of(id).at(-1)!.payload.length > 0, false);
      assert.ok(of(id).at(-1)!.flags & endStream, `${method} ${code}`);
    }
  });

  test('a body is read whole, whether it came before it was asked for or after', async () => {
    const early = await ask('POST', ['content-length', '6'], endHeaders);
    await send(FrameType.data, 0, early.id, Buffer.from('abc'));
    await send(FrameType.data, endStream, early.id, Buffer.from('def'));
    assert.equal(String(await early.request.collect(BODY_MAX)), 'abcdef');
    const late = await ask('POST', [], endHeaders);
    await send(FrameType.data, 0, late.id, Buffer.from('abc'));
    const collected = late.request.collect(BODY_MAX);
    await send(FrameType.data, 0, late.id, Buffer.from('def'));
    // Trailers end it as well.
    await send(FrameType.headers, endHeaders | endStream, late.id, encodeHeaders(['a', 'b']));
    assert.equal(String(await collected), 'abcdef');
    const streamed = await ask('POST', [], endHeaders);
    await send(FrameType.data, 0, streamed.id, Buffer.from('abc'));
    const read = streamed.request.readable().toArray();
    await send(FrameType.data, endStream, streamed.id, Buffer.from('def'));
    assert.equal(Buffer.concat((await read) as Buffer[]).toString(), 'abcdef');
  });

  test('a body that is too long is not kept, and the client is told to stop once it is answered', async () => {
    const { id, request, response } = await ask('POST', [], endHeaders);
    await send(FrameType.data, 0, id, Buffer.alloc(BODY_MAX + 1));
    assert.equal(await request.collect(BODY_MAX), undefined);
    response.writeHead(413).end();
    await settle();
    assert.equal(headOf(id)[1], '413');
    assert.ok(!typesOf(id).includes(FrameType.rstStream), 'it has time to read the answer');
    clock.advance(100);
    await settle();
    isReset(id, ErrorCode.none);
  });

  test('a body that is not as long as was said resets its stream', async () => {
    for (const [said, sent] of [['3', 'ab'] as const, ['1', 'ab'] as const]) {
      const { id, request, response } = await ask('POST', ['content-length', said], endHeaders);
      const collected = request.collect(BODY_MAX);
      const failed = assert.rejects(collected, /malformed/);
      await send(FrameType.data, endStream, id, Buffer.from(sent));
      await failed;
      assert.equal(response.destroyed, true);
      isReset(id, ErrorCode.protocol);
    }
  });

  test('one that waits to be asked for its body is asked', async () => {
    const { id, request } = await ask('POST', ['expect', '100-continue'], endHeaders);
    const collected = request.collect(BODY_MAX);
    await settle();
    assert.equal(headOf(id)[1], '100');
    await send(FrameType.data, endStream, id, Buffer.from('body'));
    assert.equal(String(await collected), 'body');
  });

  test('a client that leaves ends what is read and what is written', async () => {
    const { id, request, response } = await ask('POST', [], endHeaders);
    const collected = assert.rejects(request.collect(BODY_MAX), /left/);
    const written = new Promise((resolve) => response.write(Buffer.alloc(100_000), resolve));
    await send(FrameType.rstStream, 0, id, Buffer.from([0, 0, 0, 8]));
    await collected;
    assert.ok((await written) instanceof Error);
    assert.equal(response.destroyed, true);
  });

  test('what waits for the client is written when that takes more, and says so', async () => {
    const { id, response } = await ask('GET');
    let drains = 0;
    response.on('drain', () => drains++);
    assert.equal(response.write(Buffer.alloc(65_535)), true);
    assert.equal(response.write(Buffer.alloc(10)), false);
    assert.equal(response.writableLength, 10);
    await settle();
    await send(FrameType.windowUpdate, 0, 0, Buffer.from([0, 1, 0, 0]));
    await send(FrameType.windowUpdate, 0, id, Buffer.from([0, 1, 0, 0]));
    assert.deepEqual([drains, response.writableLength], [1, 0]);
    response.end();
    assert.equal(response.destroyed, true);
  });

  test('malformed heads reset their streams, and too many of them end the connection', async () => {
    for (let id = 1; id <= 5; id += 2) {
      await send(FrameType.headers, endHeaders | endStream, id, encodeHeaders([':method', 'GET']));
      isReset(id, ErrorCode.protocol);
    }
    assert.equal(asked.length, 0);
    await send(FrameType.headers, endHeaders | endStream, 7, encodeHeaders([':method', 'GET']));
    assert.equal(of(0).at(-1)?.type, FrameType.goAway);
    assert.equal(of(0).at(-1)?.payload.readUInt32BE(4), ErrorCode.enhanceYourCalm);
  });

  test('one that asks without end and reads no answer is sent away', async () => {
    wire.isStuck = true;
    for (let turn = 0; turn < 3_000 && !wire.writableEnded; turn += 1) {
      const { response } = await ask('HEAD');
      if (response.headersSent) break;
      response.writeHead(200, { 'audit-id': 'x'.repeat(100) }).end();
    }
    assert.equal(wire.writableEnded, true);
    assert.ok(wire.writableLength < 300_000);
  });
});
