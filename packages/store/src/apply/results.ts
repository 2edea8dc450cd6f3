import type { DeleteResult, PutResult } from '../mvcc/mvcc.js';
import type { RangeResult } from '../mvcc/range.js';

/** The outcome of an operation, before it becomes a response. */
export type OpResult =
  | ({ readonly op: 'range'; readonly result: RangeResult } & Seen)
  | ({ readonly op: 'put'; readonly result: PutResult } & Seen)
  | ({ readonly op: 'deleteRange'; readonly result: DeleteResult } & Seen)
  | { readonly op: 'txn'; readonly result: TxnResult };

interface Seen {
  /** As of the operation: before the transaction's first change that from which it began. */
  readonly revision: number;
}

export interface TxnResult {
  readonly succeeded: boolean;
  readonly results: readonly OpResult[];
}
