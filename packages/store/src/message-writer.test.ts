import assert from 'node:assert/strict';
import { test } from 'node:test';
import { etcd } from '@keelson/protocol';
import fc from 'fast-check';
import type { TxnResult } from './apply/results.js';
import { MessageWriter } from './message-writer.js';
import { deleteRangeResponse, rangeResponse, txnResponse } from './services/responses.js';
import { finish, Pace } from './steps.js';

const kv = fc
  .oneof({ weight: 9, arbitrary: fc.nat(300) }, { weight: 1, arbitrary: fc.constantFrom(16_000, 17_000, 70_000) })
  .map((size) => etcd.KeyValue.encode({ key: Buffer.from('k'), value: Buffer.alloc(size, 7) }));
const kvs = fc.array(kv, { maxLength: 30 });
const header = { revision: 7, raftTerm: 3, clusterId: 5n, memberId: 9n };
const decoded = (each: Buffer) => etcd.KeyValue.decode(each);

test('responses are those of the generated codec, whatever the steps in which they are written', () => {
  fc.assert(
    fc.property(kvs, fc.nat(2 ** 40), fc.boolean(), fc.integer({ min: 1, max: 20 }), (list, count, more, units) => {
      const result = { kvs: list, count, more };
      const expected = etcd.RangeResponse.encode({ header, kvs: list.map(decoded), more, count });
      assert.deepEqual(finish(rangeResponse(header, result, new Pace(units))), expected);
      const deleted = etcd.DeleteRangeResponse.encode({ header, deleted: count, prevKvs: list.map(decoded) });
      assert.deepEqual(
        finish(deleteRangeResponse(header, { deleted: count, previous: list }, new Pace(units))),
        deleted,
      );
    }),
    { numRuns: 200 },
  );
});

test('within a transaction each response has the revision as of its operation; a nested one has none', () => {
  const value = etcd.KeyValue.encode({ key: Buffer.from('k'), value: Buffer.from('v') });
  const range = { op: 'range', result: { kvs: [value], more: false, count: 1 }, revision: 4 } as const;
  const put = { op: 'put', result: { previous: undefined }, revision: 5 } as const;
  const nested: TxnResult = { succeeded: false, results: [put] };
  const result: TxnResult = { succeeded: true, results: [range, put, { op: 'txn', result: nested }] };
  const response = etcd.TxnResponse.decode(finish(txnResponse(header, result, new Pace(1))));
  assert.deepEqual(
    response.responses.map(
      (each) => (each.responseRange ?? each.responsePut ?? each.responseTxn)?.header?.revision ?? 'none',
    ),
    [4, 5, 0],
  );
  assert.equal(response.responses[2]?.responseTxn?.responses[0]?.responsePut?.header?.revision, 5);
});

test('what is written stays as it was, also past the size of a block', () => {
  const writer = new MessageWriter();
  for (let at = 0; at < 40_000; at += 1) writer.content(2, Buffer.from(String(at)));
  const bytes = writer.finish();
  let at = 0;
  for (let place = 0; place < bytes.length; at += 1) {
    const length = bytes[place + 1]!;
    assert.equal(bytes.toString('latin1', place + 2, place + 2 + length), String(at));
    place += 2 + length;
  }
  assert.equal(at, 40_000);
});
