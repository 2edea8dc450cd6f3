import type { etcd } from '@keelson/protocol';
import sortedBtree from 'sorted-btree';
import { errors } from '../errors.js';

const BTree = sortedBtree.default;

/** Ranges of keys, as latin1 strings; those that overlap are one. */
class Ranges {
  /** By their starts. */
  readonly #ends = new BTree<string, string>(undefined, (a, b) => (a < b ? -1 : a > b ? 1 : 0));

  add(start: string, end: string): void {
    if (end <= start) return;
    let [from, to] = [start, end];
    const before = this.#ends.getPairOrNextLower(start);
    if (before && before[1] >= start) [from, to] = [before[0], later(before[1], end)];
    let next = this.#ends.getPairOrNextHigher(from);
    while (next && next[0] <= to) {
      to = later(to, next[1]);
      this.#ends.delete(next[0]);
      next = this.#ends.getPairOrNextHigher(from);
    }
    this.#ends.set(from, to);
  }

  has(key: string): boolean {
    const range = this.#ends.getPairOrNextLower(key);
    return range !== undefined && key < range[1];
  }

  entries(): Iterable<[string, string]> {
    return this.#ends.entries();
  }
}

function later(a: string, b: string): string {
  return a > b ? a : b;
}

interface Written {
  readonly puts: Set<string>;
  readonly deletes: Ranges;
}

/**
 * No key may be put twice, or put and deleted, in one transaction; then and else of a nested one exclude each other,
 * so the same key in both is no duplicate. Deletes may overlap. @throws EtcdError duplicateKey
 */
export function requireDistinctKeys({ success, failure }: etcd.TxnRequest): void {
  writtenKeys(success);
  writtenKeys(failure);
}

function writtenKeys(ops: readonly etcd.RequestOp[]): Written {
  const written: Written = { puts: new Set(), deletes: new Ranges() };
  for (const { requestDeleteRange } of ops) if (requestDeleteRange) addDeleted(written, requestDeleteRange);
  for (const { requestTxn } of ops) if (requestTxn) addNested(written, requestTxn);
  for (const { requestPut } of ops) if (requestPut) addPut(written, requestPut.key.toString('latin1'));
  return written;
}

function addDeleted({ deletes }: Written, { key, rangeEnd }: etcd.DeleteRangeRequest): void {
  const start = key.toString('latin1');
  // An end that means "no end" is taken for a key here, as etcd does.
  deletes.add(start, rangeEnd.length === 0 ? `${start}\0` : rangeEnd.toString('latin1'));
}

function addNested(written: Written, txn: etcd.TxnRequest): void {
  const [then, otherwise] = [writtenKeys(txn.success), writtenKeys(txn.failure)];
  for (const key of then.puts) addPut(written, key);
  for (const key of otherwise.puts) if (!then.puts.has(key) || written.deletes.has(key)) addPut(written, key);
  for (const { deletes } of [then, otherwise]) {
    for (const [start, end] of deletes.entries()) written.deletes.add(start, end);
  }
}

function addPut({ puts, deletes }: Written, key: string): void {
  if (puts.has(key) || deletes.has(key)) throw errors.duplicateKey();
  puts.add(key);
}
