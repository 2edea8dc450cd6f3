import { status } from '@grpc/grpc-js';
import { etcd } from '@keelson/protocol';
import type { Clock } from '@keelson/service';
import { type Authorship, CommandKind } from '../apply/command.js';
import { EtcdError, errors } from '../errors.js';
import type { LeaseDesk } from '../lease/desk.js';
import type { Replica } from '../replica/replica.js';
import type { WatchHub } from '../watch/hub.js';
import { awaitEvent } from './await-event.js';

export interface LineDependencies {
  readonly replica: Replica;
  readonly desk: LeaseDesk;
  readonly hub: WatchHub;
  readonly clock: Clock;
  /** An id for a lease of one's own. */
  readonly newLeaseId: () => bigint;
}

/** A place in a line: a key under the line's name, held by a lease. */
export interface Place {
  readonly key: Buffer;
  readonly lease: bigint;
  /** The revision at which the place was taken; who has the lowest is first. */
  readonly createRevision: number;
  /** The revision of the request that took or found it. */
  readonly revision: number;
  /** What was there before this request. */
  readonly found: etcd.KeyValue | undefined;
}

const OWN_LEASE_SECONDS = 60;
const NO_BYTES = Buffer.alloc(0);
const rangeDefaults = etcd.RangeRequest.decode(NO_BYTES);

/**
 * Keys under a name, in the order in which they were made: what locks and elections stand on (etcd's
 * client/v3/concurrency). Whoever wants to be first waits until every older key is deleted, by its owner or by the end
 * of its lease.
 */
export class Line {
  readonly #deps: LineDependencies;
  readonly #author: Authorship;

  /** On behalf of whom. */
  constructor(dependencies: LineDependencies, author: Authorship) {
    this.#deps = dependencies;
    this.#author = author;
  }

  /** Takes a place, or finds the one that the lease has already. Without a lease one is granted. */
  async join(name: Buffer, lease: bigint, value: Buffer): Promise<Place> {
    const held = lease === 0n ? await this.#ownLease() : lease;
    const key = Buffer.concat([name, Buffer.from(`/${BigInt.asUintN(64, held).toString(16)}`)]);
    const { succeeded, results, revision } = await this.#txn({
      compare: [{ key, target: etcd.CompareTarget.CREATE, createRevision: 0 }],
      success: [{ requestPut: { key, value, lease: held } }],
      failure: [{ requestRange: { key } }],
    });
    const [first] = results;
    const found = first?.op === 'range' ? etcd.KeyValue.decode(first.result.kvs[0]!) : undefined;
    return { key, lease: held, revision, createRevision: succeeded ? revision : found!.createRevision, found };
  }

  async #ownLease(): Promise<bigint> {
    const ID = this.#deps.newLeaseId();
    const body = etcd.LeaseGrantRequest.encode({ ID, TTL: OWN_LEASE_SECONDS });
    await this.#deps.replica.propose<'leaseGrant'>(CommandKind.leaseGrant, body, this.#as);
    return ID;
  }

  /** Resolves once no older place is left. The lease is kept alive meanwhile. */
  async untilFirst(name: Buffer, place: Place, signal: AbortSignal): Promise<void> {
    const renewal = this.#keepAlive(place.lease);
    try {
      for (;;) {
        const { kv, revision } = await this.before(name, place.createRevision);
        if (!kv) return;
        const matches = (event: etcd.Event) => event.type === etcd.EventType.DELETE;
        const wait = { start: Buffer.from(kv.key), end: undefined, fromRevision: revision + 1, matches };
        await awaitEvent(this.#deps.hub, wait, signal);
      }
    } finally {
      renewal.cancel();
    }
  }

  #keepAlive(lease: bigint) {
    const seconds = this.#deps.replica.machine.lessor.get(lease)?.ttl ?? OWN_LEASE_SECONDS;
    return this.#deps.clock.every((seconds * 1000) / 3, () => {
      // A lease that cannot be renewed ends, and the place with it.
      this.#deps.desk.renew(lease).catch(() => undefined);
    });
  }

  /** The youngest place that is older than a revision. */
  before(name: Buffer, createRevision: number): Promise<{ kv: etcd.KeyValue | undefined; revision: number }> {
    return this.#pick(name, { maxCreateRevision: createRevision - 1, sortOrder: etcd.RangeRequestSortOrder.DESCEND });
  }

  /** The first in the line. */
  first(name: Buffer): Promise<{ kv: etcd.KeyValue | undefined; revision: number }> {
    return this.#pick(name, { sortOrder: etcd.RangeRequestSortOrder.ASCEND });
  }

  async #pick(
    name: Buffer,
    which: Partial<etcd.RangeRequest>,
  ): Promise<{ kv: etcd.KeyValue | undefined; revision: number }> {
    const { start, end } = placesOf(name);
    await this.#deps.replica.linearizable();
    const { machine, lane } = this.#deps.replica;
    machine.access.range(this.#author, { key: start, rangeEnd: end });
    const sortTarget = etcd.RangeRequestSortTarget.CREATE;
    const query = { ...rangeDefaults, key: start, rangeEnd: end, limit: 1, sortTarget, ...which };
    const { revision } = machine.mvcc;
    const { kvs } = await lane.run(machine.mvcc.rangeSteps(query, lane.pace));
    return { kv: kvs[0] && etcd.KeyValue.decode(kvs[0]), revision };
  }

  async get(key: Buffer): Promise<{ kv: etcd.KeyValue | undefined; revision: number }> {
    await this.#deps.replica.linearizable();
    const { mvcc, access } = this.#deps.replica.machine;
    access.range(this.#author, { key, rangeEnd: NO_BYTES });
    const { kvs } = mvcc.range({ ...rangeDefaults, key });
    return { kv: kvs[0] && etcd.KeyValue.decode(kvs[0]), revision: mvcc.revision };
  }

  /** Writes or deletes a place that is still the one taken at `createRevision`. */
  async change(
    key: Buffer,
    createRevision: number,
    op: { readonly put: Buffer; readonly lease: bigint } | 'delete',
  ): Promise<{ succeeded: boolean; revision: number }> {
    requirePlace(key);
    const request =
      op === 'delete' ? { requestDeleteRange: { key } } : { requestPut: { key, value: op.put, lease: op.lease } };
    return await this.#txn({
      compare: [{ key, target: etcd.CompareTarget.CREATE, createRevision }],
      success: [request],
    });
  }

  async leave(key: Buffer): Promise<number> {
    requirePlace(key);
    const body = etcd.DeleteRangeRequest.encode({ key });
    const { revision } = await this.#deps.replica.propose<'deleteRange'>(CommandKind.deleteRange, body, this.#as);
    return revision;
  }

  get #as(): { readonly author: Authorship } {
    return { author: this.#author };
  }

  async #txn(request: Parameters<typeof etcd.TxnRequest.encode>[0]) {
    const { outcome, revision } = await this.#deps.replica.propose<'txn'>(
      CommandKind.txn,
      etcd.TxnRequest.encode(request),
      this.#as,
    );
    return { succeeded: outcome.succeeded, results: outcome.results, revision };
  }
}

/** etcd's recipes go through its door, which wants a key. */
function requirePlace(key: Buffer): void {
  if (key.length === 0) throw errors.emptyKey();
}

/** The range of a line's places. */
export function placesOf(name: Buffer): { start: Buffer; end: Buffer } {
  return { start: Buffer.concat([name, Buffer.from('/')]), end: Buffer.concat([name, Buffer.from('0')]) };
}

/** etcd's recipes pass through its own client, which turns every code into UNKNOWN and keeps the text. */
export function asUnknown(error: unknown): unknown {
  return error instanceof EtcdError ? new EtcdError(status.UNKNOWN, error.details) : error;
}

export function recipeError(text: string): EtcdError {
  return new EtcdError(status.UNKNOWN, text);
}
