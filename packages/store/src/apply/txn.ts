import { etcd } from '@keelson/protocol';
import { errors } from '../errors.js';
import type { Lessor } from '../lease/lessor.js';
import type { Mvcc, WriteTransaction } from '../mvcc/mvcc.js';
import { checkRevision, keyRange } from '../mvcc/range.js';
import type { PrefixQuotas } from '../quota/prefix-quotas.js';
import type { OpResult, TxnResult } from './results.js';

/** A transaction whose compares are decided: which operations run. */
interface Branch {
  readonly succeeded: boolean;
  readonly ops: readonly { readonly op: etcd.RequestOp; readonly nested: Branch | undefined }[];
}

/** Decides every compare of the whole tree, before anything is written. */
function decide(mvcc: Mvcc, request: etcd.TxnRequest): Branch {
  const succeeded = request.compare.every((compare) => holds(mvcc, compare));
  const ops = succeeded ? request.success : request.failure;
  return {
    succeeded,
    ops: ops.map((op) => ({ op, nested: op.requestTxn && decide(mvcc, op.requestTxn) })),
  };
}

const MISSING = { version: 0, create: 0, main: 0, lease: 0n };

/** A compare over a range must hold for each key of it; without keys, and without a range, for a missing key. */
function holds(mvcc: Mvcc, compare: etcd.Compare): boolean {
  const needsValue = compare.target === etcd.CompareTarget.VALUE;
  if (compare.rangeEnd.length === 0) {
    const entry = mvcc.index.get(compare.key);
    if (!entry || entry.deleted) return !needsValue && compareNumbers(compare, MISSING);
    return needsValue ? compareValue(mvcc, compare, entry) : compareNumbers(compare, entry);
  }
  let any = false;
  for (const { entry } of mvcc.index.scan(keyRange(compare.key, compare.rangeEnd))) {
    if (entry.deleted) continue;
    any = true;
    if (!(needsValue ? compareValue(mvcc, compare, entry) : compareNumbers(compare, entry))) return false;
  }
  return any || (!needsValue && compareNumbers(compare, MISSING));
}

function compareValue(mvcc: Mvcc, compare: etcd.Compare, at: { main: number; sub: number }): boolean {
  const { value } = etcd.KeyValue.decode(mvcc.history.get(at)!.kv);
  return matches(compare.result, Buffer.compare(value, compare.value ?? EMPTY));
}

const EMPTY = Buffer.alloc(0);

function compareNumbers(compare: etcd.Compare, entry: typeof MISSING): boolean {
  const { VERSION, CREATE, MOD } = etcd.CompareTarget;
  if (compare.target === VERSION) return matches(compare.result, entry.version - (compare.version ?? 0));
  if (compare.target === CREATE) return matches(compare.result, entry.create - (compare.createRevision ?? 0));
  if (compare.target === MOD) return matches(compare.result, entry.main - (compare.modRevision ?? 0));
  const wanted = compare.lease ?? 0n;
  return matches(compare.result, entry.lease < wanted ? -1 : entry.lease > wanted ? 1 : 0);
}

function matches(result: etcd.CompareResult, order: number): boolean {
  const { EQUAL, NOT_EQUAL, GREATER } = etcd.CompareResult;
  if (result === EQUAL) return order === 0;
  if (result === NOT_EQUAL) return order !== 0;
  return result === GREATER ? order > 0 : order < 0;
}

/** Finds out, before anything is written, whether an operation will fail. @throws EtcdError */
function check(mvcc: Mvcc, lessor: Lessor, branch: Branch): void {
  for (const { op, nested } of branch.ops) {
    if (op.requestPut) checkPut(mvcc, lessor, op.requestPut);
    else if (op.requestRange) checkRevision(mvcc, op.requestRange.revision);
    else if (nested) check(mvcc, lessor, nested);
  }
}

/** @throws EtcdError keyNotFound, leaseNotFound */
export function checkPut(mvcc: Mvcc, lessor: Lessor, put: etcd.PutRequest): void {
  if (put.ignoreValue || put.ignoreLease) {
    const entry = mvcc.index.get(put.key);
    if (!entry || entry.deleted) throw errors.keyNotFound();
  }
  if (put.lease !== 0n && !lessor.get(put.lease)) throw errors.leaseNotFound();
}

/** Carries out a transaction within `write`, or fails without having changed anything. @throws EtcdError */
export function runTxn(
  mvcc: Mvcc,
  lessor: Lessor,
  write: WriteTransaction,
  request: etcd.TxnRequest,
  quotas?: PrefixQuotas,
): TxnResult {
  const branch = decide(mvcc, request);
  check(mvcc, lessor, branch);
  // What a transaction deletes makes room for the next one, not for itself.
  if (quotas && quotas.rules.length > 0) quotas.require([...puts(branch)]);
  return run(write, branch);
}

function* puts(branch: Branch): Generator<etcd.PutRequest> {
  for (const { op, nested } of branch.ops) {
    if (op.requestPut) yield op.requestPut;
    else if (nested) yield* puts(nested);
  }
}

function run(write: WriteTransaction, branch: Branch): TxnResult {
  const results = branch.ops.map(({ op, nested }) => runOp(write, op, nested));
  return { succeeded: branch.succeeded, results, revision: write.revision };
}

function runOp(write: WriteTransaction, op: etcd.RequestOp, nested: Branch | undefined): OpResult {
  if (op.requestPut) return { op: 'put', result: write.put(op.requestPut) };
  if (op.requestDeleteRange) return { op: 'deleteRange', result: write.deleteRange(op.requestDeleteRange) };
  if (op.requestRange) return { op: 'range', result: write.range(op.requestRange) };
  return { op: 'txn', result: run(write, nested!) };
}
