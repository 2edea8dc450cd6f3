import assert from 'node:assert/strict';
import { test } from 'node:test';
import { etcd } from '@keelson/protocol';
import type { EncodedMessage } from '@keelson/service';
import fc from 'fast-check';
import type { TxnResult } from './apply/results.js';
import { MessageWriter } from './message-writer.js';
import {
  deleteRangeResponse,
  leasesResponse,
  rangeResponse,
  timeToLiveResponse,
  txnResponse,
} from './services/responses.js';
import { finish, Pace } from './steps.js';

const kv = fc
  .oneof({ weight: 9, arbitrary: fc.nat(300) }, { weight: 1, arbitrary: fc.constantFrom(16_000, 17_000, 70_000) })
  .map((size) => etcd.KeyValue.encode({ key: Buffer.from('k'), value: Buffer.alloc(size, 7) }));
const kvs = fc.array(kv, { maxLength: 30 });
const header = { revision: 7, raftTerm: 3, clusterId: 5n, memberId: 9n };
const joined = (message: EncodedMessage) => (Buffer.isBuffer(message) ? message : Buffer.concat(message));
const decoded = (each: Buffer) => etcd.KeyValue.decode(each);

test('responses are those of the generated codec, whatever the steps in which they are written', () => {
  fc.assert(
    fc.property(kvs, fc.nat(2 ** 40), fc.boolean(), fc.integer({ min: 1, max: 20 }), (list, count, more, units) => {
      const result = { kvs: list, count, more };
      const expected = etcd.RangeResponse.encode({ header, kvs: list.map(decoded), more, count });
      assert.deepEqual(joined(finish(rangeResponse(header, result, new Pace(units)))), expected);
      const deleted = etcd.DeleteRangeResponse.encode({ header, deleted: count, prevKvs: list.map(decoded) });
      assert.deepEqual(
        joined(finish(deleteRangeResponse(header, { deleted: count, previous: list }, new Pace(units)))),
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
  const response = etcd.TxnResponse.decode(joined(finish(txnResponse(header, result, new Pace(1)))));
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
  const bytes = joined(writer.finish());
  let at = 0;
  for (let place = 0; place < bytes.length; at += 1) {
    const length = bytes[place + 1]!;
    assert.equal(bytes.toString('latin1', place + 2, place + 2 + length), String(at));
    place += 2 + length;
  }
  assert.equal(at, 40_000);
});

test('a large message stays in its blocks: nothing copies all of it at once', () => {
  const small = new MessageWriter();
  for (let at = 0; at < 10; at += 1) small.content(2, Buffer.alloc(20_000));
  assert.ok(Buffer.isBuffer(small.finish()));
  const large = new MessageWriter();
  for (let at = 0; at < 100_000; at += 1) large.content(2, Buffer.alloc(100));
  const parts = large.finish();
  assert.ok(!Buffer.isBuffer(parts));
  for (const { length } of parts) assert.ok(length <= 64 * 1024);
  assert.equal(joined(parts).length, large.bytes);
});

test('answers about leases are those of the generated codec, in steps', () => {
  const keys = Array.from({ length: 1_000 }, (_, at) => Buffer.from(`key${at}`));
  const answer = { ID: 77n, TTL: 5, grantedTTL: 60, keys };
  const steps = timeToLiveResponse(header, answer, new Pace(10));
  let turns = 0;
  let step = steps.next();
  for (; !step.done; step = steps.next()) turns += 1;
  assert.ok(turns > 10, `${turns} turns`);
  assert.deepEqual(joined(step.value), etcd.LeaseTimeToLiveResponse.encode({ header, ...answer }));
  const ids = Array.from({ length: 1_000 }, (_, at) => BigInt(at) << 40n);
  assert.deepEqual(
    joined(finish(leasesResponse(header, ids, new Pace(10)))),
    etcd.LeaseLeasesResponse.encode({ header, leases: ids.map((ID) => ({ ID })) }),
  );
});
