import { etcd } from '@keelson/protocol';
import { errors } from '../errors.js';
import type { Lessor } from '../lease/lessor.js';
import type { KeyIndex } from '../mvcc/key-index.js';
import type { Mvcc, WriteTransaction } from '../mvcc/mvcc.js';
import { checkRevision, keyRange, type RangeSource, rangeSteps, versionOf, versionsIn } from '../mvcc/range.js';
import type { PrefixQuotas } from '../quota/prefix-quotas.js';
import type { Pace, Steps } from '../steps.js';
import type { OpResult, TxnResult } from './results.js';

/** A transaction whose compares are decided: which operations run. */
interface Branch {
  readonly succeeded: boolean;
  readonly ops: readonly { readonly op: etcd.RequestOp; readonly nested: Branch | undefined }[];
}

/** Decides every compare of the whole tree, before anything is written. */
function* decide(source: RangeSource, request: etcd.TxnRequest, pace: Pace): Steps<Branch> {
  let succeeded = true;
  for (const compare of request.compare) {
    succeeded = yield* holds(source, compare, pace);
    if (!succeeded) break;
    if (pace.spend(COMPARE_UNITS)) yield;
  }
  const ops: Branch['ops'][number][] = [];
  for (const op of succeeded ? request.success : request.failure) {
    ops.push({ op, nested: op.requestTxn && (yield* decide(source, op.requestTxn, pace)) });
    if (pace.spend(OP_UNITS)) yield;
  }
  return { succeeded, ops };
}

const COMPARE_UNITS = 1;
/** Looking at an operation. */
const OP_UNITS = 0.1;
const PUT_UNITS = 4;

const MISSING = { version: 0, create: 0, main: 0, lease: 0n };

/** A compare over a range must hold for each key of it; without keys, and without a range, for a missing key. */
function* holds(source: RangeSource, compare: etcd.Compare, pace: Pace): Steps<boolean> {
  const needsValue = compare.target === etcd.CompareTarget.VALUE;
  if (compare.rangeEnd.length === 0) {
    const found = yield* versionOf(source, compare.key, source.revision, pace);
    if (!found) return !needsValue && compareNumbers(compare, MISSING);
    return needsValue ? compareValue(source, compare, found) : compareNumbers(compare, found);
  }
  let any = false;
  let fits = true;
  yield* versionsIn(source, keyRange(compare.key, compare.rangeEnd), source.revision, pace, (found) => {
    any = true;
    fits = needsValue ? compareValue(source, compare, found) : compareNumbers(compare, found);
    return fits;
  });
  if (!fits) return false;
  return any || (!needsValue && compareNumbers(compare, MISSING));
}

function compareValue(source: RangeSource, compare: etcd.Compare, at: { main: number; sub: number }): boolean {
  const { value } = etcd.KeyValue.decode(source.history.get(at)!.kv);
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

/** Finds out, before anything is written, whether a put will fail: those of nested transactions in their place. */
function* checkPuts(source: RangeSource, lessor: Lessor, branch: Branch, pace: Pace): Steps<void> {
  for (const { op, nested } of branch.ops) {
    if (op.requestPut) checkPutWithin(source.index, lessor, op.requestPut);
    else if (nested) yield* checkPuts(source, lessor, nested, pace);
    if (pace.spend(op.requestPut ? COMPARE_UNITS : OP_UNITS)) yield;
  }
}

/** And whether a read will: only once all puts are found to be good. */
function checkReads(source: RangeSource, branch: Branch): void {
  for (const { op, nested } of branch.ops) {
    if (op.requestRange) checkRevisionWithin(source, op.requestRange.revision);
    else if (nested) checkReads(source, nested);
  }
}

/** Within a transaction a revision below zero is none; alone it is the latest. */
function checkRevisionWithin(source: RangeSource, revision: number): void {
  if (revision < 0 && revision < (source.compactRevision || NEVER_COMPACTED)) throw errors.compacted();
  checkRevision(source, revision);
}

/** What etcd takes for the compaction revision before there was a compaction. */
const NEVER_COMPACTED = -1;

/** Within a transaction the key is looked for before the lease. @throws EtcdError keyNotFound, leaseNotFound */
function checkPutWithin(index: KeyIndex, lessor: Lessor, put: etcd.PutRequest): void {
  requireKey(index, put);
  requireLease(lessor, put);
}

/** Alone the lease is looked for before the key. @throws EtcdError leaseNotFound, keyNotFound */
export function checkPut(mvcc: Mvcc, lessor: Lessor, put: etcd.PutRequest): void {
  requireLease(lessor, put);
  requireKey(mvcc.index, put);
}

function requireKey(index: KeyIndex, put: etcd.PutRequest): void {
  if (!put.ignoreValue && !put.ignoreLease) return;
  const entry = index.get(put.key);
  if (!entry || entry.deleted) throw errors.keyNotFound();
}

function requireLease(lessor: Lessor, put: etcd.PutRequest): void {
  if (put.lease !== 0n && !lessor.get(put.lease)) throw errors.leaseNotFound();
}

/** A transaction that looks at a few single keys only, and at their latest versions, is done in no time. */
export function isShort(request: etcd.TxnRequest): boolean {
  return opsUpTo(request, SHORT_OPS) <= SHORT_OPS && looksAtSingleKeys(request);
}

/** As many as a transaction has unless a flag allows more. */
const SHORT_OPS = 128;

/** Compares and operations, counted as far as `max`. */
function opsUpTo({ compare, success, failure }: etcd.TxnRequest, max: number): number {
  let count = compare.length + success.length + failure.length;
  for (const ops of [success, failure]) {
    for (const { requestTxn } of ops) {
      if (count > max) return count;
      if (requestTxn) count += opsUpTo(requestTxn, max - count);
    }
  }
  return count;
}

function looksAtSingleKeys({ compare, success, failure }: etcd.TxnRequest): boolean {
  const isSingle = ({ requestRange, requestDeleteRange, requestTxn }: etcd.RequestOp) =>
    (!requestRange || (requestRange.rangeEnd.length === 0 && requestRange.revision === 0)) &&
    (!requestDeleteRange || requestDeleteRange.rangeEnd.length === 0) &&
    (!requestTxn || looksAtSingleKeys(requestTxn));
  return compare.every(({ rangeEnd }) => rangeEnd.length === 0) && success.every(isSingle) && failure.every(isSingle);
}

/** Carries out a transaction within `write`, or fails without having changed anything. @throws EtcdError */
export function* runTxn(
  mvcc: Mvcc,
  lessor: Lessor,
  write: WriteTransaction,
  request: etcd.TxnRequest,
  pace: Pace,
  quotas?: PrefixQuotas,
): Steps<TxnResult> {
  const branch = yield* decide(mvcc, request, pace);
  yield* checkPuts(mvcc, lessor, branch, pace);
  checkReads(mvcc, branch);
  // What a transaction deletes makes room for the next one, not for itself.
  if (quotas && quotas.rules.length > 0) quotas.require([...puts(branch)]);
  return yield* run(write, branch, pace);
}

/** A transaction that only reads, at the revision that is the latest now, whatever is written meanwhile. @throws EtcdError */
export function* readTxn(mvcc: Mvcc, request: etcd.TxnRequest, pace: Pace): Steps<TxnResult> {
  const source = mvcc.atLatest();
  const branch = yield* decide(source, request, pace);
  checkReads(source, branch);
  const reader = {
    revision: source.revision,
    rangeSteps: (query: etcd.RangeRequest) =>
      rangeSteps(source, { ...query, revision: query.revision > 0 ? query.revision : source.revision }, pace),
  };
  return yield* run(reader, branch, pace);
}

function* puts(branch: Branch): Generator<etcd.PutRequest> {
  for (const { op, nested } of branch.ops) {
    if (op.requestPut) yield op.requestPut;
    else if (nested) yield* puts(nested);
  }
}

/** What operations are carried out on: one that only reads is never asked to write. */
type Ground = Pick<WriteTransaction, 'revision' | 'rangeSteps'> &
  Partial<Pick<WriteTransaction, 'put' | 'deleteSteps'>>;

function* run(ground: Ground, branch: Branch, pace: Pace): Steps<TxnResult> {
  const results: OpResult[] = [];
  for (const { op, nested } of branch.ops) {
    results.push(yield* runOp(ground, op, nested, pace));
    if (pace.spend(op.requestPut ? PUT_UNITS : OP_UNITS)) yield;
  }
  return { succeeded: branch.succeeded, results };
}

function* runOp(ground: Ground, op: etcd.RequestOp, nested: Branch | undefined, pace: Pace): Steps<OpResult> {
  if (op.requestPut) {
    const result = ground.put!(op.requestPut);
    return { op: 'put', result, revision: ground.revision };
  }
  if (op.requestDeleteRange) {
    const result = yield* ground.deleteSteps!(op.requestDeleteRange, pace);
    return { op: 'deleteRange', result, revision: ground.revision };
  }
  if (op.requestRange) {
    const { revision } = ground;
    return { op: 'range', result: yield* ground.rangeSteps(op.requestRange, pace), revision };
  }
  return { op: 'txn', result: yield* run(ground, nested!, pace) };
}
