import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { HpackDecoder } from './hpack-decoder.js';
import { encodeHeaders, HpackEncoder } from './hpack-encoder.js';

const LIMITS = { tableBytesMax: 4096, listBytesMax: 64 * 1024 };
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

test('the request examples of RFC 7541, Appendix C.4: Huffman codes and a growing table', () => {
  const decoder = new HpackDecoder(LIMITS);
  const common = [':method', 'GET', ':scheme', 'http', ':path', '/', ':authority', 'www.example.com'];
  assert.deepEqual(decoder.decode(hex('8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff')), common);
  assert.deepEqual(decoder.decode(hex('8286 84be 5886 a8eb 1064 9cbf')), [...common, 'cache-control', 'no-cache']);
  assert.deepEqual(decoder.decode(hex('8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf')), [
    ...[':method', 'GET', ':scheme', 'https', ':path', '/index.html', ':authority', 'www.example.com'],
    ...['custom-key', 'custom-value'],
  ]);
});

test('the response examples of RFC 7541, Appendix C.6: old entries give way in a small table', () => {
  const decoder = new HpackDecoder({ ...LIMITS, tableBytesMax: 256 });
  const date = 'Mon, 21 Oct 2013 20:13:21 GMT';
  const rest = ['cache-control', 'private', 'date', date, 'location', 'https://www.example.com'];
  const first =
    '4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3';
  assert.deepEqual(decoder.decode(hex(first)), [':status', '302', ...rest]);
  assert.deepEqual(decoder.decode(hex('4883 640e ff c1 c0 bf')), [':status', '307', ...rest]);
  assert.throws(() => decoder.decode(hex('c2')), /no header at index/);
});

test('what the encoder writes the decoder reads', () => {
  const token = fc.stringMatching(/^[a-z-]{1,300}$/);
  const value = fc.stringMatching(/^[ -~]{0,300}$/);
  fc.assert(
    fc.property(fc.array(fc.tuple(token, value)), (pairs) => {
      const list = pairs.flat();
      assert.deepEqual(new HpackDecoder({ ...LIMITS, listBytesMax: 1e9 }).decode(encodeHeaders(list)), list);
    }),
  );
});

test('headers that come again are a byte each, as long as the peer keeps a table', () => {
  const decoder = new HpackDecoder(LIMITS);
  const encoder = new HpackEncoder();
  const lists = [
    ['content-type', 'application/grpc'],
    ['grpc-status', '0'],
    ['content-type', 'application/grpc', 'grpc-status', '0'],
  ];
  const blocks = lists.map((list) => encoder.encode(list, 4096));
  for (const [at, list] of lists.entries()) assert.deepEqual(decoder.decode(blocks[at]!), list);
  assert.equal(blocks[2]!.length, 2);
  assert.deepEqual(decoder.decode(encoder.encode(lists[2]!, 0)), lists[2]);
  assert.throws(() => decoder.decode(blocks[2]!), /no header at index/);
});

test('the encoder fills the table and stops there', () => {
  const decoder = new HpackDecoder(LIMITS);
  const encoder = new HpackEncoder();
  for (let round = 0; round < 2; round += 1) {
    for (let at = 0; at < 200; at += 1) {
      const list = ['x-header', `value ${at}`];
      assert.deepEqual(decoder.decode(encoder.encode(list, 4096)), list);
    }
  }
});

test('any bytes are either read or refused, within the limits', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const decoder = new HpackDecoder({ tableBytesMax: 128, listBytesMax: 1000 });
      try {
        assert.equal(decoder.decode(Buffer.from(bytes)).join('').length <= 1000, true);
      } catch (error) {
        assert.equal(error instanceof RangeError, true, String(error));
      }
    }),
    { numRuns: 2000 },
  );
});
