import assert from 'node:assert/strict';
import { test } from 'node:test';
import { etcd } from '@keelson/protocol';
import fc from 'fast-check';
import { errors } from '../errors.js';
import { hasTooManyOps } from './txn-size.js';
import { validateTxn } from './validate.js';

type Txn = { compare: number; success: (Txn | 'range' | 'put')[]; failure: (Txn | 'range' | 'put')[] };
const { txn } = fc.letrec<{ op: Txn | 'range' | 'put'; txn: Txn }>((tie) => ({
  op: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('range' as const, 'put' as const),
    tie('txn'),
  ),
  txn: fc.record({
    compare: fc.nat(4),
    success: fc.array(tie('op'), { maxLength: 4 }),
    failure: fc.array(tie('op'), { maxLength: 4 }),
  }) as fc.Arbitrary<Txn>,
}));

let names = 0;
type Request = Parameters<typeof etcd.TxnRequest.encode>[0];
function requestOf({ compare, success, failure }: Txn): Request {
  const key = Buffer.from('k');
  const ops = (list: Txn['success']): NonNullable<Request['success']> =>
    list.map((op) => {
      if (op === 'range') return { requestRange: { key } };
      names += 1;
      if (op === 'put') return { requestPut: { key: Buffer.from(`p${names}`) } };
      return { requestTxn: requestOf(op) } as NonNullable<Request['success']>[number];
    });
  return { compare: Array.from({ length: compare }, () => ({ key })), success: ops(success), failure: ops(failure) };
}

test('a transaction is found to be too large undecoded as it is decoded', () => {
  fc.assert(
    fc.property(txn, fc.nat(6), (tree, opsMax) => {
      const bytes = etcd.TxnRequest.encode(requestOf(tree));
      let tooMany = false;
      try {
        validateTxn(etcd.TxnRequest.decode(bytes), opsMax);
      } catch (error) {
        tooMany = (error as Error).message === errors.tooManyOps().message;
      }
      assert.equal(hasTooManyOps(bytes, opsMax), tooMany);
    }),
    { numRuns: 500 },
  );
});

test('bytes that are no transaction are left to whoever decodes them', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => void hasTooManyOps(Buffer.from(bytes), 3)));
});
