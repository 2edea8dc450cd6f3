import assert from 'node:assert/strict';
import { test } from 'node:test';
import { etcd } from '@keelson/protocol';
import fc from 'fast-check';
import { EtcdError } from '../errors.js';
import { requireDistinctKeys } from './written-keys.js';

interface Op {
  readonly put?: string;
  readonly from?: string;
  readonly to?: string;
}

const name = fc.constantFrom('a', 'aa', 'b', 'bb', 'c', 'd');
const op: fc.Arbitrary<Op> = fc.oneof(
  name.map((put) => ({ put })),
  fc.record({ from: name, to: fc.constantFrom('', 'a', 'b', 'bb', 'd', 'z') }),
);

function request(ops: readonly Op[]): etcd.TxnRequest {
  const success = ops.map(({ put, from = '', to = '' }) =>
    put === undefined
      ? { requestDeleteRange: { key: Buffer.from(from), rangeEnd: Buffer.from(to) } }
      : { requestPut: { key: Buffer.from(put) } },
  );
  return etcd.TxnRequest.decode(etcd.TxnRequest.encode({ success }));
}

function refuses(txn: etcd.TxnRequest): boolean {
  try {
    requireDistinctKeys(txn);
    return false;
  } catch (error) {
    assert.ok(error instanceof EtcdError);
    return true;
  }
}

test('a key is put once, and not where something is deleted', () => {
  fc.assert(
    fc.property(fc.array(op, { maxLength: 8 }), (ops) => {
      const puts = ops.flatMap(({ put }) => (put === undefined ? [] : [put]));
      const isDeleted = (key: string) =>
        ops.some(({ from, to }) => from !== undefined && (to ? key >= from && key < to : key === from));
      assert.equal(refuses(request(ops)), new Set(puts).size < puts.length || puts.some(isDeleted));
    }),
    { numRuns: 500 },
  );
});

test('what a nested transaction writes counts, then and else apart', () => {
  const put = (key: string) => ({ requestPut: { key: Buffer.from(key) } });
  const nested = (success: object[], failure: object[]) => ({ requestTxn: { success, failure } });
  const txn = (...success: object[]) => etcd.TxnRequest.decode(etcd.TxnRequest.encode({ success }));
  assert.equal(refuses(txn(nested([put('a')], [put('a')]))), false);
  assert.equal(refuses(txn(nested([put('a')], []), put('a'))), true);
  assert.equal(refuses(txn(nested([], [put('a')]), put('a'))), true);
  const remove = { requestDeleteRange: { key: Buffer.from('a'), rangeEnd: Buffer.from('b') } };
  assert.equal(refuses(txn(nested([remove], []), put('aa'))), true);
  assert.equal(refuses(txn(nested([put('aa')], []), remove)), true);
});
