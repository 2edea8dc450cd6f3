import type { etcd } from '@keelson/protocol';
import type { Authorship } from '../apply/command.js';
import { errors } from '../errors.js';
import type { Lessor } from '../lease/lessor.js';
import type { AuthStore } from './auth-store.js';
import type { Permissions } from './permissions.js';

const ONE_KEY = Buffer.alloc(0);

/**
 * What requests need permission for (etcd's apply_auth.go). All throw EtcdError: userEmpty, authOldRevision or
 * permissionDenied.
 */
export class AccessChecks {
  readonly #auth: AuthStore;
  readonly #lessor: Lessor;

  constructor(auth: AuthStore, lessor: Lessor) {
    this.#auth = auth;
    this.#lessor = lessor;
  }

  range(author: Authorship, { key, rangeEnd }: Pick<etcd.RangeRequest, 'key' | 'rangeEnd'>): void {
    this.#auth.requireRead(author, key, rangeEnd);
  }

  put(author: Authorship, { key, lease, prevKv }: etcd.PutRequest): void {
    this.#auth.requireWrite(author, key, ONE_KEY);
    // Who may not end a lease may not attach to it either.
    this.leaseWrite(author, lease);
    if (prevKv) this.#auth.requireRead(author, key, ONE_KEY);
  }

  deleteRange(author: Authorship, { key, rangeEnd, prevKv }: etcd.DeleteRangeRequest): void {
    this.#auth.requireWrite(author, key, rangeEnd);
    if (prevKv) this.#auth.requireRead(author, key, rangeEnd);
  }

  /** Both branches of a transaction, and those within, whichever will run. */
  txn(author: Authorship, request: etcd.TxnRequest): void {
    if (!this.#auth.enabled) return;
    for (const { key, rangeEnd } of request.compare) this.#auth.requireRead(author, key, rangeEnd);
    for (const op of [...request.success, ...request.failure]) {
      if (op.requestRange) this.range(author, op.requestRange);
      else if (op.requestPut) this.put(author, op.requestPut);
      else if (op.requestDeleteRange) this.deleteRange(author, op.requestDeleteRange);
      else if (op.requestTxn) this.txn(author, op.requestTxn);
    }
  }

  /** To end or renew a lease is to write its keys. */
  leaseWrite(author: Authorship, lease: bigint): void {
    this.#requireKeys(author, lease, (permissions, key) => permissions.writableFrom(key));
  }

  leaseRead(author: Authorship, lease: bigint): void {
    this.#requireKeys(author, lease, (permissions, key) => permissions.readableFrom(key));
  }

  /** A lease without keys is anybody's. */
  #requireKeys(
    author: Authorship,
    lease: bigint,
    reach: (permissions: Permissions, key: Buffer) => Buffer | 'all' | undefined,
  ): void {
    if (!this.#auth.enabled || lease === 0n) return;
    const outside = this.#lessor.attached.hasKeyOutside(lease, (key) => {
      const permissions = this.#auth.permissionsOf(author);
      return permissions ? reach(permissions, key) : 'all';
    });
    if (outside) throw errors.permissionDenied();
  }
}
