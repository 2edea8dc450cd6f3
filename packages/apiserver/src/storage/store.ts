import type { etcd, Init } from '@keelson/protocol';

/** What the API server asks of the key-value store; `@keelson/store-client` and any etcd v3 client can give it. */
export interface Store {
  readonly kv: {
    range(request: Init<etcd.RangeRequest>): Promise<etcd.RangeResponse>;
    txn(request: Init<etcd.TxnRequest>): Promise<etcd.TxnResponse>;
    compact(request: Init<etcd.CompactionRequest>): Promise<etcd.CompactionResponse>;
  };
  readonly lease: { grant(request: Init<etcd.LeaseGrantRequest>): Promise<etcd.LeaseGrantResponse> };
  watch(request: Init<etcd.WatchCreateRequest>): StoreWatch;
  close(): void | Promise<void>;
}

/**
 * The responses of one watch: it survives broken connections by itself and ends with an error only when its revision
 * was compacted or it was refused.
 */
export interface StoreWatch extends AsyncIterable<StoreWatchResponse> {
  cancel(): void;
  requestProgress(): void;
}

export interface StoreWatchResponse {
  /** The store's revision when it answered: every event of the watch up to it has been delivered. */
  readonly revision: number;
  /** Empty: a notification of progress. */
  readonly events: readonly etcd.Event[];
}
