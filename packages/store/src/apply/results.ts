import type { DeleteResult, PutResult } from '../mvcc/mvcc.js';
import type { RangeResult } from '../mvcc/range.js';

/** The outcome of an operation, before it becomes a response. */
export type OpResult =
  | { readonly op: 'range'; readonly result: RangeResult }
  | { readonly op: 'put'; readonly result: PutResult }
  | { readonly op: 'deleteRange'; readonly result: DeleteResult }
  | { readonly op: 'txn'; readonly result: TxnResult };

export interface TxnResult {
  readonly succeeded: boolean;
  readonly results: readonly OpResult[];
  /** The store's revision after the transaction. */
  readonly revision: number;
}
