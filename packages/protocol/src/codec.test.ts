import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { etcd, keelson, protoRoot } from './index.js';

const reflection = new protobuf.Root();
reflection.resolvePath = (_origin, target) => `${protoRoot}/${target}`;
reflection.loadSync(['etcd/rpc.proto', 'keelson/v1/pods.proto'], { keepCase: false });

const bytes = fc.uint8Array({ maxLength: 20 }).map((value) => Buffer.from(value));
const safe = fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });

test('encodes what protobufjs decodes, field by field', () => {
  const type = reflection.lookupType('etcdserverpb.PutRequest');
  fc.assert(
    fc.property(
      bytes,
      bytes,
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      fc.boolean(),
      (key, value, lease, prevKv) => {
        const wire = etcd.PutRequest.encode({ key, value, lease, prevKv });
        const read = type.toObject(type.decode(wire), { longs: String, bytes: Buffer, defaults: true });
        assert.deepEqual(
          [Buffer.from(read['key']), Buffer.from(read['value']), read['lease'], read['prevKv']],
          [key, value, String(lease), prevKv],
        );
      },
    ),
  );
});

test('a message survives encode and decode, with signed numbers and nested repeated messages', () => {
  const keyValue = fc.record(
    {
      key: bytes,
      value: bytes,
      createRevision: safe,
      modRevision: safe,
      version: safe,
      lease: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(fc.array(keyValue, { maxLength: 5 }), fc.boolean(), safe, (kvs, more, count) => {
      const header = { clusterId: 2n ** 64n - 1n, memberId: 1n, revision: count, raftTerm: 3 };
      const back = etcd.RangeResponse.decode(etcd.RangeResponse.encode({ header, kvs, more, count }));
      assert.deepEqual(back, { header, kvs, more, count });
    }),
  );
});

test('a oneof member that is zero is still written', () => {
  const wire = etcd.Compare.encode({ key: Buffer.from('k'), target: etcd.CompareTarget.VERSION, version: 0 });
  const back = etcd.Compare.decode(wire);
  assert.equal(back.version, 0);
  assert.equal(back.createRevision, undefined);
});

test('optional scalars tell absent from zero', () => {
  assert.equal(keelson.LogsRequest.decode(keelson.LogsRequest.encode({})).tailLines, undefined);
  assert.equal(keelson.LogsRequest.decode(keelson.LogsRequest.encode({ tailLines: 0 })).tailLines, 0);
});

test('unknown fields are passed over and truncated input is refused', () => {
  const wire = etcd.WatchCreateRequest.encode({ key: Buffer.from('k'), filters: [0, 1], startRevision: 7 });
  assert.equal(etcd.PutRequest.decode(Buffer.concat([wire, Buffer.from([0xf8, 0x07, 1])])).key.toString(), 'k');
  assert.throws(() => etcd.WatchCreateRequest.decode(wire.subarray(0, wire.length - 1)), RangeError);
});
