import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeFrame, type Frame, FrameReader } from './frames.js';

test('frames come out as they went in, however the bytes are cut', () => {
  const frames = fc.array(fc.tuple(fc.integer({ min: 0, max: 6 }), fc.uint8Array({ maxLength: 40 })), { maxLength: 8 });
  fc.assert(
    fc.property(frames, fc.integer({ min: 1, max: 13 }), (sent, size) => {
      const wire = Buffer.concat(sent.map(([kind, payload]) => encodeFrame(kind as Frame, payload)));
      const got: [number, Uint8Array][] = [];
      const reader = new FrameReader((kind, payload) => got.push([kind, Uint8Array.from(payload)]));
      for (let at = 0; at < wire.length; at += size) reader.push(wire.subarray(at, at + size));
      assert.deepEqual(got, sent);
    }),
  );
});

test('a peer that speaks something else is noticed', () => {
  assert.throws(() => new FrameReader(() => {}).push(Buffer.from('GET / HTTP/1.1\r\n')), /too long/);
});
