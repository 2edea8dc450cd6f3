import assert from 'node:assert/strict';
import { test } from 'node:test';
import { etcd } from '@keelson/protocol';
import fc from 'fast-check';
import { encodeDeletion, encodeKeyValue } from './key-value.js';

const number = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 2 ** 48 - 1 }));
const bytes = fc.uint8Array({ maxLength: 300 }).map((value) => Buffer.from(value));
const lease = fc.oneof(fc.constant(0n), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }));

test('encodes byte for byte as the generated codec does, after the headroom', () => {
  fc.assert(
    fc.property(
      fc.record({ key: bytes, value: bytes, create: number, main: number, version: number, lease }),
      fc.nat(20),
      (fields, headroom) => {
        const expected = etcd.KeyValue.encode({
          ...fields,
          createRevision: fields.create,
          modRevision: fields.main,
        });
        assert.deepEqual(encodeKeyValue(fields, headroom).subarray(headroom), expected);
        const deletion = etcd.KeyValue.encode({ key: fields.key, modRevision: fields.main });
        assert.deepEqual(encodeDeletion(fields.key, fields.main, headroom).subarray(headroom), deletion);
      },
    ),
    { numRuns: 1000 },
  );
});
