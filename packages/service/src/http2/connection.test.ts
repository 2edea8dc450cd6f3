import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { beforeEach, describe, test } from 'node:test';
import fc from 'fast-check';
import { Http2Connection } from './connection.js';
import { type Frame, FrameReader } from './frame-reader.js';
import { ErrorCode, Flag, FRAME_HEADER_BYTES, FrameType, PREFACE, Setting, writeFrameHeader } from './frames.js';
import { encodeHeaders } from './hpack-encoder.js';
import { HTTP2_DEFAULTS, type Http2Options } from './options.js';
import { encodeSettings } from './settings.js';
import type { Http2Stream } from './stream.js';

/** What the connection writes, as frames. */
class Wire extends Duplex {
  readonly frames: Frame[] = [];
  readonly #reader = new FrameReader({ prefaceExpected: false });

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#reader.push(chunk, (frame) => this.frames.push(frame) > 0);
    done();
  }

  of(type: number): Frame[] {
    return this.frames.filter((frame) => frame.type === type);
  }
}

function frame(type: number, flags: number, streamId: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(FRAME_HEADER_BYTES);
  writeFrameHeader(head, 0, { length: payload.length, type, flags, streamId });
  return Buffer.concat([head, payload]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

const REQUEST = encodeHeaders([':method', 'POST', ':path', '/a/b']);
const { endStream, endHeaders, padded, priority } = Flag;

describe('Http2Connection, as a server', () => {
  let wire: Wire;
  let now: number;
  let seen: string[];
  let streams: Map<number, Http2Stream>;
  let connection: Http2Connection;

  const serve = (options: Partial<Http2Options> = {}) => {
    wire = new Wire();
    now = 0;
    seen = [];
    streams = new Map();
    connection = new Http2Connection(
      wire,
      { ...HTTP2_DEFAULTS, role: 'server', ...options },
      {
        opened: (stream, headers, end) => {
          streams.set(stream.id, stream);
          seen.push(`${stream.id} ${headers.join(' ')}${end ? ' end' : ''}`);
          return {
            onHeaders: (list, last) => seen.push(`${stream.id} trailers ${list.join(' ')}${last ? ' end' : ''}`),
            onData: (bytes, last) => seen.push(`${stream.id} data ${bytes.toString()}${last ? ' end' : ''}`),
            onWritable: () => seen.push(`${stream.id} writable`),
            onAborted: (code) => seen.push(`${stream.id} aborted ${code}`),
          };
        },
        closed: () => seen.push('closed'),
      },
      () => now,
    );
    connection.receive(PREFACE);
  };
  const receive = (...parts: Buffer[]) => connection.receive(Buffer.concat(parts));
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  const headers = (id: number, flags: number = endHeaders, block = REQUEST) =>
    frame(FrameType.headers, flags, id, block);
  const goneWith = async (code: number) => {
    await settle();
    assert.equal(wire.of(FrameType.goAway).at(-1)?.payload.readUInt32BE(4), code);
    assert.equal(seen.at(-1), 'closed');
    assert.equal(connection.usable, false);
  };

  beforeEach(() => serve());

  test('takes frames however they are cut', () => {
    const bytes = Buffer.concat([headers(1), frame(FrameType.data, endStream, 1, Buffer.from('hello'))]);
    for (const byte of bytes) connection.receive(Buffer.of(byte));
    assert.deepEqual(seen, ['1 :method POST :path /a/b', '1 data hello end']);
  });

  test('takes padding, priorities, continuations and trailers', () => {
    receive(
      headers(
        1,
        endHeaders | padded | priority,
        Buffer.concat([Buffer.of(2), Buffer.alloc(5), REQUEST, Buffer.alloc(2)]),
      ),
      frame(FrameType.data, padded, 1, Buffer.from('\u0003abc\0\0\0')),
      headers(1, endHeaders | endStream, encodeHeaders(['grpc-status', '0'])),
      headers(3, endStream, REQUEST.subarray(0, 3)),
      frame(FrameType.continuation, 0, 3, REQUEST.subarray(3, 5)),
      frame(FrameType.continuation, endHeaders, 3, REQUEST.subarray(5)),
    );
    assert.deepEqual(seen, [
      '1 :method POST :path /a/b',
      '1 data abc',
      '1 trailers grpc-status 0 end',
      '3 :method POST :path /a/b end',
    ]);
  });

  test('answers pings and settings, and passes over what it does not know', async () => {
    const question = Buffer.from('12345678');
    receive(
      frame(FrameType.ping, 0, 0, question),
      frame(FrameType.settings, 0, 0, encodeSettings([[77, 1]])),
      frame(FrameType.settings, Flag.ack, 0, Buffer.alloc(0)),
      frame(FrameType.priority, 0, 1, Buffer.alloc(5)),
      frame(99, 0, 0, Buffer.from('what')),
    );
    await settle();
    assert.deepEqual(wire.of(FrameType.ping)[0]?.payload, question);
    assert.deepEqual(
      wire.of(FrameType.settings).map(({ flags }) => flags),
      [0, Flag.ack],
    );
    assert.equal(connection.usable, true);
  });

  test('sends no more than the peer’s windows allow, and the rest when they open', async () => {
    receive(
      frame(FrameType.settings, 0, 0, encodeSettings([[Setting.initialWindowSize, 10]])),
      headers(1, endHeaders | endStream),
    );
    const stream = streams.get(1)!;
    stream.sendHeaders(encodeHeaders([':status', '200']), false);
    assert.equal(stream.sendData(Buffer.alloc(25, 'x'), false), false);
    stream.sendHeaders(encodeHeaders(['grpc-status', '0']), true);
    const lengths = async () => {
      await settle();
      return wire.of(FrameType.data).map(({ payload }) => payload.length);
    };
    assert.deepEqual(await lengths(), [10]);
    receive(frame(FrameType.windowUpdate, 0, 1, uint32(7)));
    assert.deepEqual(await lengths(), [10, 7]);
    assert.equal(wire.of(FrameType.headers).length, 1);
    // A larger first window widens those of open streams too (RFC 9113, 6.9.2).
    receive(frame(FrameType.settings, 0, 0, encodeSettings([[Setting.initialWindowSize, 11]])));
    assert.deepEqual(await lengths(), [10, 7, 1]);
    receive(frame(FrameType.windowUpdate, 0, 1, uint32(100)));
    assert.deepEqual(await lengths(), [10, 7, 1, 7]);
    assert.equal(wire.of(FrameType.headers).at(-1)?.flags, endHeaders | endStream);
    assert.equal(seen.at(-1), '1 writable');
  });

  test('a peer that oversteps a stream’s window loses the stream, and one that oversteps all loses the connection', async () => {
    serve({ streamWindowBytes: 8, connectionWindowBytes: 70_000 });
    receive(headers(1), frame(FrameType.data, 0, 1, Buffer.alloc(9)), headers(3));
    await settle();
    assert.equal(wire.of(FrameType.rstStream)[0]?.payload.readUInt32BE(0), ErrorCode.flowControl);
    assert.deepEqual(seen.slice(1), [`1 aborted ${ErrorCode.flowControl}`, '3 :method POST :path /a/b']);
    receive(frame(FrameType.windowUpdate, 0, 0, uint32(2 ** 31 - 1)));
    await goneWith(ErrorCode.flowControl);
  });

  test('more streams than allowed are refused, and their headers read all the same', async () => {
    serve({ streamsMax: 1 });
    receive(headers(1), headers(3), frame(FrameType.rstStream, 0, 1, uint32(ErrorCode.cancel)), headers(5));
    await settle();
    const [refusal] = wire.of(FrameType.rstStream);
    assert.deepEqual([refusal?.streamId, refusal?.payload.readUInt32BE(0)], [3, ErrorCode.refusedStream]);
    assert.deepEqual(seen, ['1 :method POST :path /a/b', `1 aborted ${ErrorCode.cancel}`, '5 :method POST :path /a/b']);
  });

  const cancelled = (id: number) => frame(FrameType.rstStream, 0, id, uint32(ErrorCode.cancel));

  test('a peer that opens and resets without end is sent away; one that does so now and then is not', async () => {
    serve({ resetsBurst: 3, resetsPerSecond: 1 });
    const reset = (id: number) => receive(headers(id), cancelled(id));
    for (let id = 1; id <= 5; id += 2) reset(id);
    now += 1_000;
    reset(7);
    assert.equal(connection.usable, true);
    reset(9);
    await goneWith(ErrorCode.enhanceYourCalm);
  });

  test('so is one that opens more than it may without end', async () => {
    serve({ streamsMax: 1, resetsBurst: 3, resetsPerSecond: 1 });
    for (let id = 1; id <= 7; id += 2) receive(headers(id));
    assert.equal(connection.usable, true);
    receive(headers(9));
    await goneWith(ErrorCode.enhanceYourCalm);
  });

  test('so is one that resets what was answered at once, or makes streams be reset', async () => {
    serve({ resetsBurst: 3, resetsPerSecond: 1 });
    for (let id = 1; id <= 7; id += 2) {
      receive(headers(id, endHeaders | endStream));
      streams.get(id)!.sendHeaders(encodeHeaders([':status', '200']), true);
      receive(cancelled(id));
    }
    await goneWith(ErrorCode.enhanceYourCalm);
    serve({ resetsBurst: 3, resetsPerSecond: 1, streamWindowBytes: 8 });
    for (let id = 1; id <= 7; id += 2) receive(headers(id), frame(FrameType.data, 0, id, Buffer.alloc(9)));
    await goneWith(ErrorCode.enhanceYourCalm);
  });

  test('a peer that gives up what it waited for, or what was being answered, is in earnest', () => {
    serve({ resetsBurst: 3, resetsPerSecond: 1 });
    for (let id = 1; id <= 199; id += 2) receive(headers(id));
    now += 1_000;
    for (let id = 1; id <= 199; id += 2) receive(cancelled(id));
    for (let id = 201; id <= 399; id += 2) {
      receive(headers(id));
      streams.get(id)!.sendHeaders(encodeHeaders([':status', '200']), false);
      receive(cancelled(id));
    }
    for (let id = 401; id <= 499; id += 2) {
      receive(headers(id));
      streams.get(id)!.sendHeaders(encodeHeaders([':status', '200']), true);
      receive(frame(FrameType.rstStream, 0, id, uint32(ErrorCode.none)));
    }
    assert.equal(connection.usable, true);
  });

  test('after GOAWAY open streams end and no new ones begin', async () => {
    receive(headers(1, endHeaders | endStream));
    connection.goAway();
    receive(headers(3));
    await settle();
    assert.equal(wire.of(FrameType.rstStream)[0]?.streamId, 3);
    assert.equal(wire.writableEnded, false);
    streams.get(1)!.sendHeaders(encodeHeaders([':status', '200']), true);
    await settle();
    assert.equal(wire.writableEnded, true);
  });

  const wrong: Readonly<Record<string, readonly [number, ...Buffer[]]>> = {
    'a frame that is too large': [ErrorCode.frameSize, Buffer.from([0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1])],
    'data of a stream that was never opened': [ErrorCode.protocol, frame(FrameType.data, 0, 7, Buffer.alloc(1))],
    'a stream that only a server may open': [ErrorCode.protocol, headers(2)],
    'headers of no stream': [ErrorCode.protocol, headers(0)],
    'more padding than payload': [ErrorCode.protocol, headers(1, endHeaders | padded, Buffer.of(9, 0))],
    'a header block that is interrupted': [
      ErrorCode.protocol,
      headers(1, 0),
      frame(FrameType.ping, 0, 0, Buffer.alloc(8)),
    ],
    'a continuation of nothing': [ErrorCode.protocol, frame(FrameType.continuation, endHeaders, 1, REQUEST)],
    'a header block that is no HPACK': [
      ErrorCode.compression,
      headers(1, endHeaders, Buffer.of(0xff, 0xff, 0xff, 0xff)),
    ],
    'a header block without end': [
      ErrorCode.enhanceYourCalm,
      headers(1, 0),
      ...Array.from({ length: 64 }, () => frame(FrameType.continuation, 0, 1, Buffer.alloc(0))),
    ],
    'headers of more bytes than allowed': [
      ErrorCode.compression,
      headers(1, endHeaders, encodeHeaders(Array.from({ length: 4_000 }, () => 'a'))),
    ],
    'settings cut short': [ErrorCode.frameSize, frame(FrameType.settings, 0, 0, Buffer.alloc(5))],
    'settings of a stream': [ErrorCode.protocol, frame(FrameType.settings, 0, 1, Buffer.alloc(0))],
    'a window that is too large': [
      ErrorCode.flowControl,
      frame(FrameType.settings, 0, 0, encodeSettings([[Setting.initialWindowSize, 2 ** 31]])),
    ],
    'a frame size that is too small': [
      ErrorCode.protocol,
      frame(FrameType.settings, 0, 0, encodeSettings([[Setting.maxFrameSize, 1]])),
    ],
    'a window update of nothing': [ErrorCode.protocol, frame(FrameType.windowUpdate, 0, 0, uint32(0))],
    'a ping of the wrong size': [ErrorCode.frameSize, frame(FrameType.ping, 0, 0, Buffer.alloc(7))],
    'a push': [ErrorCode.protocol, frame(FrameType.pushPromise, endHeaders, 1, Buffer.alloc(4))],
  };
  for (const [what, [code, ...bytes]] of Object.entries(wrong)) {
    test(`${what} ends the connection with its code`, async () => {
      receive(...bytes);
      await goneWith(code);
    });
  }

  test('any frames are taken or end the connection; none throws', () => {
    const any = fc.record({
      type: fc.nat(10),
      flags: fc.nat(0xff),
      id: fc.constantFrom(0, 1, 2, 3, 5),
      payload: fc.oneof(fc.constant(new Uint8Array(REQUEST)), fc.uint8Array({ maxLength: 40 })),
    });
    fc.assert(
      fc.property(fc.array(any, { maxLength: 12 }), (frames) => {
        serve();
        for (const { type, flags, id, payload } of frames) receive(frame(type, flags, id, Buffer.from(payload)));
        assert.equal(
          connection.usable || wire.writableEnded || frames.some(({ type }) => type === FrameType.goAway),
          true,
        );
      }),
      { numRuns: 2_000 },
    );
  });
});
