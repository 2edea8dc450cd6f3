import { etcd } from '@keelson/protocol';
import { errors } from '../errors.js';
import { requireDistinctKeys } from './written-keys.js';

const SORT_ORDERS: ReadonlySet<number> = new Set(Object.values(etcd.RangeRequestSortOrder));
const SORT_TARGETS: ReadonlySet<number> = new Set(Object.values(etcd.RangeRequestSortTarget));

/** What etcd's api/v3rpc/key.go refuses before anything else. All throw EtcdError. */
export function validateRange(request: etcd.RangeRequest): void {
  if (request.key.length === 0) throw errors.emptyKey();
  if (!SORT_ORDERS.has(request.sortOrder)) throw errors.invalidSortOption();
  if (!SORT_TARGETS.has(request.sortTarget)) throw errors.invalidSortOption();
}

export function validatePut(request: etcd.PutRequest): void {
  if (request.key.length === 0) throw errors.emptyKey();
  if (request.ignoreValue && request.value.length !== 0) throw errors.valueProvided();
  if (request.ignoreLease && request.lease !== 0n) throw errors.leaseProvided();
}

export function validateDeleteRange(request: etcd.DeleteRangeRequest): void {
  if (request.key.length === 0) throw errors.emptyKey();
}

/** A nested transaction may use what its parent's longest list leaves of the budget. */
export function validateTxn(request: etcd.TxnRequest, opsMax: number): void {
  validateOps(request, opsMax);
  requireDistinctKeys(request);
}

function validateOps(request: etcd.TxnRequest, opsMax: number): void {
  const longest = Math.max(request.compare.length, request.success.length, request.failure.length);
  if (longest > opsMax) throw errors.tooManyOps();
  for (const compare of request.compare) if (compare.key.length === 0) throw errors.emptyKey();
  for (const op of [...request.success, ...request.failure]) validateOp(op, opsMax - longest);
}

function validateOp(op: etcd.RequestOp, opsMax: number): void {
  if (op.requestRange) validateRange(op.requestRange);
  else if (op.requestPut) validatePut(op.requestPut);
  else if (op.requestDeleteRange) validateDeleteRange(op.requestDeleteRange);
  else if (op.requestTxn) validateOps(op.requestTxn, opsMax);
  else throw errors.keyNotFound();
}
