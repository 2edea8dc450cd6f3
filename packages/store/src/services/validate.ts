import { etcd } from '@keelson/protocol';
import { errors } from '../errors.js';

/** What etcd's api/v3rpc/key.go refuses before anything else. All throw EtcdError. */
export function validateRange(request: etcd.RangeRequest): void {
  if (request.key.length === 0) throw errors.emptyKey();
  if (!isValueOf(etcd.RangeRequestSortOrder, request.sortOrder)) throw errors.invalidSortOption();
  if (!isValueOf(etcd.RangeRequestSortTarget, request.sortTarget)) throw errors.invalidSortOption();
}

function isValueOf(values: Record<string, number>, value: number): boolean {
  return Object.values(values).includes(value);
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
  writtenKeys(request.success);
  writtenKeys(request.failure);
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

interface Written {
  readonly puts: Set<string>;
  readonly deletes: { readonly start: string; readonly end: string | undefined }[];
}

/**
 * No key may be put twice, or put and deleted, in one transaction; then and else of a nested one exclude each other,
 * so the same key in both is no duplicate. Deletes may overlap.
 */
function writtenKeys(ops: readonly etcd.RequestOp[]): Written {
  const written: Written = { puts: new Set(), deletes: ops.flatMap(deletedRange) };
  for (const { requestTxn } of ops) if (requestTxn) addNested(written, requestTxn);
  for (const { requestPut } of ops) if (requestPut) addPut(written, requestPut.key.toString('latin1'));
  return written;
}

function addNested(written: Written, txn: etcd.TxnRequest): void {
  const [then, otherwise] = [writtenKeys(txn.success), writtenKeys(txn.failure)];
  for (const key of then.puts) addPut(written, key);
  for (const key of otherwise.puts) if (!then.puts.has(key) || isDeleted(written, key)) addPut(written, key);
  written.deletes.push(...then.deletes, ...otherwise.deletes);
}

function addPut(written: Written, key: string): void {
  if (written.puts.has(key) || isDeleted(written, key)) throw errors.duplicateKey();
  written.puts.add(key);
}

function isDeleted(written: Written, key: string): boolean {
  return written.deletes.some(({ start, end }) => (end === undefined ? key === start : key >= start && key < end));
}

function deletedRange({ requestDeleteRange: request }: etcd.RequestOp): Written['deletes'] {
  if (!request) return [];
  const end = request.rangeEnd.length === 0 ? undefined : request.rangeEnd.toString('latin1');
  return [{ start: request.key.toString('latin1'), end }];
}
