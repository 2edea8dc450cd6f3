import { status } from '@grpc/grpc-js';

/** A request that the store refused or that did not reach it: gRPC's code and etcd's text. */
export class StoreClientError extends Error {
  readonly code: status;
  readonly details: string;

  constructor(code: status, details: string, options?: ErrorOptions) {
    super(`[${status[code]}] ${details}`, options);
    this.name = 'StoreClientError';
    this.code = code;
    this.details = details;
  }

  static from(reason: unknown): StoreClientError {
    if (reason instanceof StoreClientError) return reason;
    const { code, details, message } = reason as { code?: unknown; details?: string; message?: string };
    const known = typeof code === 'number' ? (code as status) : status.UNKNOWN;
    return new StoreClientError(known, details ?? message ?? String(reason), { cause: reason });
  }

  /** The revision asked for, or the one to watch from, is compacted away. */
  get isCompacted(): boolean {
    return this.details === 'etcdserver: mvcc: required revision has been compacted';
  }

  get isFutureRevision(): boolean {
    return this.details === 'etcdserver: mvcc: required revision is a future revision';
  }

  get isLeaseNotFound(): boolean {
    return this.details === 'etcdserver: requested lease not found';
  }

  /** The request was certainly not carried out, and may be sent again whatever it is. */
  get isNeverSent(): boolean {
    if (this.code !== status.UNAVAILABLE) return false;
    return NEVER_SENT.some((start) => this.details.startsWith(start));
  }
}

/** grpc-js' texts for a call that found no connection, and etcd's for a member that turned a call away at its door. */
const NEVER_SENT = [
  'No connection established',
  'Name resolution failed',
  'etcdserver: no leader',
  'no member of the store can be reached',
];
