import type { Clock } from '@keelson/service';
import type { Backend } from '../backend/backend.js';
import { Table, tableKey, uint64 } from '../backend/tables.js';
import { errors } from '../errors.js';
import type { LeaseBook } from '../mvcc/mvcc.js';
import { AT_ONCE, finish, type Pace, type Steps, sortSteps } from '../steps.js';
import { LeaseKeys } from './lease-keys.js';

export interface Lease {
  readonly id: bigint;
  /** Seconds, as granted. */
  readonly ttl: number;
  /** Seconds that were left at the last checkpoint; 0 without one. */
  remaining: number;
  /** Monotonic milliseconds; Infinity while another member leads. */
  expires: number;
}

/** etcd's largest TTL in seconds. */
export const TTL_MAX = 9_000_000_000;

export interface LessorOptions {
  /** Seconds; shorter leases are made this long, for a change of leader takes time. */
  readonly ttlMin: number;
}

/**
 * Leases and the keys attached to them. Grants, revocations and checkpoints come through the log and are the same
 * everywhere; time runs on the leader only.
 */
export class Lessor implements LeaseBook {
  readonly #backend: Backend;
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #options: LessorOptions;
  readonly attached: LeaseKeys;
  readonly #leases = new Map<bigint, Lease>();
  #leading = false;
  /** From when on leases run that the leader before has left. */
  #leadingFrom = 0;

  constructor(options: LessorOptions, backend: Backend, clock: Pick<Clock, 'monotonic'>) {
    this.#options = options;
    this.#backend = backend;
    this.attached = new LeaseKeys(backend);
    this.#clock = clock;
    for (const [key, value] of backend.scan(Buffer.of(Table.lease), Buffer.of(Table.lease + 1))) {
      const lease = decode(key.readBigInt64BE(1), value);
      this.#leases.set(lease.id, lease);
    }
  }

  get(id: bigint): Lease | undefined {
    return this.#leases.get(id);
  }

  ids(): bigint[] {
    return finish(this.idsSteps(AT_ONCE));
  }

  /** Those there are now, the first to end first. */
  *idsSteps(pace: Pace): Steps<bigint[]> {
    const leases = yield* sortSteps([...this.#leases.values()], byEnd, pace);
    const ids: bigint[] = [];
    for (const { id } of leases) {
      ids.push(id);
      if (pace.spend(LISTED_UNITS)) yield;
    }
    return ids;
  }

  /** @throws EtcdError leaseExists, leaseTtlTooLarge */
  grant(id: bigint, ttl: number): Lease {
    if (ttl > TTL_MAX) throw errors.leaseTtlTooLarge();
    if (this.#leases.has(id)) throw errors.leaseExists();
    const lease: Lease = { id, ttl: Math.max(ttl, this.#options.ttlMin), remaining: 0, expires: Infinity };
    if (this.#leading) lease.expires = this.#clock.monotonic() + lease.ttl * 1000;
    this.#leases.set(id, lease);
    this.#store(lease);
    return lease;
  }

  /** Forgets a lease; its keys are the caller's to delete before. */
  remove(id: bigint): void {
    this.#leases.delete(id);
    this.#backend.remove(tableKey(Table.lease, uint64(id)));
  }

  /** What a new leader is to give it; 0: its whole time. One that leads already may have been told too late. */
  checkpoint(id: bigint, remaining: number): void {
    const lease = this.#leases.get(id);
    if (!lease) return;
    lease.remaining = remaining;
    this.#store(lease);
    if (this.#leading) lease.expires = Math.max(lease.expires, this.#endFrom(this.#leadingFrom, lease));
  }

  /** Gives a lease its whole time again; only on the leader. Returns seconds, or undefined if there is none. */
  renew(id: bigint): number | undefined {
    const lease = this.#leases.get(id);
    if (!lease || this.#isExpired(lease)) return undefined;
    lease.expires = this.#clock.monotonic() + lease.ttl * 1000;
    return lease.ttl;
  }

  /** Whole seconds left; only on the leader. */
  timeLeft(lease: Lease): number {
    return Math.max(0, Math.floor((lease.expires - this.#clock.monotonic()) / 1000));
  }

  /** At least one, and never less than there is: a new leader may not end a lease before this one would. */
  secondsToKeep(id: bigint): number | undefined {
    const lease = this.#leading ? this.#leases.get(id) : undefined;
    return lease && Math.max(1, Math.ceil((lease.expires - this.#clock.monotonic()) / 1000));
  }

  #isExpired(lease: Lease): boolean {
    return lease.expires <= this.#clock.monotonic();
  }

  /** This member leads now: every lease gets its time, and `extraMs` for what passed without a leader. */
  promote(extraMs: number): void {
    this.#leading = true;
    this.#leadingFrom = this.#clock.monotonic() + extraMs;
    for (const lease of this.#leases.values()) lease.expires = this.#endFrom(this.#leadingFrom, lease);
  }

  #endFrom(time: number, lease: Lease): number {
    return time + (lease.remaining || lease.ttl) * 1000;
  }

  demote(): void {
    this.#leading = false;
    for (const lease of this.#leases.values()) lease.expires = Infinity;
  }

  /** Leases whose time is over, the longest over first, at most `max`. */
  expired(max: number): bigint[] {
    if (!this.#leading) return [];
    const over = [...this.#leases.values()].filter((lease) => this.#isExpired(lease));
    over.sort((a, b) => a.expires - b.expires);
    return over.slice(0, max).map((lease) => lease.id);
  }

  /** Leases that are longer than `seconds`: of what is left of them a checkpoint should tell. */
  longLived(seconds: number): bigint[] {
    if (!this.#leading) return [];
    return [...this.#leases.values()].filter((lease) => lease.ttl > seconds).map(({ id }) => id);
  }

  attach(lease: bigint, key: Buffer): void {
    this.attached.attach(lease, key);
  }

  detach(lease: bigint, key: Buffer): void {
    this.attached.detach(lease, key);
  }

  /** The keys attached to a lease, sorted. */
  keys(id: bigint): Buffer[] {
    return finish(this.attached.keys(id, AT_ONCE));
  }

  #store(lease: Lease): void {
    const value = Buffer.allocUnsafe(12);
    value.writeUIntBE(lease.ttl, 0, 6);
    value.writeUIntBE(lease.remaining, 6, 6);
    this.#backend.put(tableKey(Table.lease, uint64(lease.id)), value);
  }
}

/** Without a leader's time all ends are Infinity. */
function byEnd(a: Lease, b: Lease): number {
  return a.expires === b.expires ? 0 : a.expires - b.expires;
}

const LISTED_UNITS = 0.02;

function decode(id: bigint, value: Buffer): Lease {
  return { id, ttl: value.readUIntBE(0, 6), remaining: value.readUIntBE(6, 6), expires: Infinity };
}
