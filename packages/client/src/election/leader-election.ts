import { isApiError, type Lease } from '@keelson/api';
import { type Clock, type Logger, type Random, rfc3339Micro } from '@keelson/service';
import type { ApiClient } from '../api-client.js';
import { resources } from '../resource.js';

export interface LeaderElectionOptions {
  namespace: string;
  /** Of the Lease object. */
  name: string;
  /** Unique among the candidates. */
  identity: string;
  /** Upstream's defaults: 15 s, 10 s, 2 s. */
  leaseMs?: number;
  renewDeadlineMs?: number;
  retryMs?: number;
}

/** Letting go is a courtesy: a server that does not answer must not hold a process up. */
const RELEASE_MAX_MS = 2_000;

/**
 * Holds or waits for a Lease, in the manner of client-go: a lease is taken over only when its record has not changed
 * for its whole duration *on our clock*, so clocks of different machines are never compared.
 */
export class LeaderElection {
  readonly #options: Required<LeaderElectionOptions>;
  readonly #client: ApiClient;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #logger: Logger;
  #told = '';
  #observed: { version: string; at: number } | undefined;
  /** As this process wrote it last: while nobody else writes it, renewing takes one request. */
  #held: Lease | undefined;

  constructor(
    options: LeaderElectionOptions,
    dependencies: { client: ApiClient; clock: Clock; random: Random; logger: Logger },
  ) {
    this.#options = { leaseMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000, ...options };
    this.#client = dependencies.client;
    this.#clock = dependencies.clock;
    this.#random = dependencies.random;
    this.#logger = dependencies.logger;
  }

  /**
   * Waits for the lease, calls `lead` with a signal that aborts when it is lost or `signal` aborts, and releases it.
   * Resolves when leadership ended; the caller then ends the process or runs it again.
   */
  async run(lead: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !(await this.#tryAcquire())) await this.#pause(signal);
    if (signal.aborted) return;
    this.#logger.info({ lease: this.#options.name, identity: this.#options.identity }, 'became leader');
    const term = new AbortController();
    const abort = () => term.abort(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    const leading = lead(term.signal);
    const renewing = this.#renew(term);
    await Promise.race([leading, renewing]).catch(() => {});
    term.abort(new Error('leadership ended'));
    signal.removeEventListener('abort', abort);
    const [, renewed] = await Promise.allSettled([leading, renewing]);
    const isOurs = renewed.status === 'fulfilled' && renewed.value === 'held';
    if (isOurs) await this.#release();
    await leading;
  }

  /**
   * Renews until the term ends. The deadline is a timer and counts from when a renewal was asked for, so that neither
   * a request that hangs nor the pause between two lets a term outlive its lease.
   */
  async #renew(term: AbortController): Promise<'held' | 'lost'> {
    let outcome: 'held' | 'lost' = 'held';
    const lose = () => {
      if (term.signal.aborted) return;
      outcome = 'lost';
      this.#logger.error({ lease: this.#options.name }, 'lost the lease: it could not be renewed in time');
      term.abort(new Error('lost the lease'));
    };
    let deadline = this.#clock.after(this.#options.renewDeadlineMs, lose);
    while (!term.signal.aborted) {
      await this.#pause(term.signal);
      if (term.signal.aborted) break;
      const askedAt = this.#clock.monotonic();
      if (!(await this.#tryAcquire(term.signal)) || term.signal.aborted) continue;
      deadline.cancel();
      deadline = this.#clock.after(this.#options.renewDeadlineMs - (this.#clock.monotonic() - askedAt), lose);
    }
    deadline.cancel();
    return outcome;
  }

  async #pause(signal: AbortSignal): Promise<void> {
    await this.#clock.sleep(this.#options.retryMs * (1 + this.#random.float() * 0.2), signal).catch(() => {});
  }

  /** Takes or renews the lease; false if someone else holds it or the API server did not say yes. */
  async #tryAcquire(signal?: AbortSignal): Promise<boolean> {
    const { namespace, name, identity, leaseMs, renewDeadlineMs } = this.#options;
    const now = rfc3339Micro(this.#clock.now());
    const spec = { holderIdentity: identity, leaseDurationSeconds: Math.ceil(leaseMs / 1000), renewTime: now };
    const timeout = new AbortController();
    const giveUp = () => timeout.abort();
    const timer = this.#clock.after(renewDeadlineMs / 2, giveUp);
    signal?.addEventListener('abort', giveUp, { once: true });
    try {
      if (await this.#renewHeld(spec, timeout.signal)) return true;
      const lease = await this.#get(timeout.signal);
      if (lease === undefined) {
        const metadata = { namespace, name };
        const created = { metadata, spec: { ...spec, acquireTime: now, leaseTransitions: 0 } };
        this.#held = await this.#client.create(resources.leases, created, { signal: timeout.signal });
        return true;
      }
      if (!this.#mayTake(lease)) return false;
      const ours = lease.spec?.holderIdentity === identity;
      const transitions = (lease.spec?.leaseTransitions ?? 0) + (ours ? 0 : 1);
      const acquireTime = ours ? lease.spec?.acquireTime : now;
      const next: Lease = { ...lease, spec: { ...spec, acquireTime, leaseTransitions: transitions } };
      this.#held = await this.#client.update(resources.leases, next, { signal: timeout.signal });
      this.#told = '';
      return true;
    } catch (error) {
      if (signal?.aborted !== true) this.#tellFailure(error);
      return false;
    } finally {
      timer.cancel();
      signal?.removeEventListener('abort', giveUp);
    }
  }

  /** Renews without a look at the lease; false if somebody else wrote it, or nothing is known of it. */
  async #renewHeld(spec: NonNullable<Lease['spec']>, signal: AbortSignal): Promise<boolean> {
    const held = this.#held;
    this.#held = undefined;
    if (held === undefined) return false;
    try {
      const next: Lease = { ...held, spec: { ...held.spec, ...spec } };
      this.#held = await this.#client.update(resources.leases, next, { signal });
      this.#told = '';
      return true;
    } catch (error) {
      if (isApiError(error, 'Conflict') || isApiError(error, 'NotFound')) return false;
      throw error;
    }
  }

  /** Others may be quicker; whatever else there is, somebody has to know of it: once, not each time. */
  #tellFailure(error: unknown): void {
    const reason = (error as Error).message;
    const isRace = isApiError(error, 'Conflict') || isApiError(error, 'AlreadyExists');
    const level = isRace || reason === this.#told ? 'debug' : 'warn';
    if (!isRace) this.#told = reason;
    this.#logger[level]({ lease: this.#options.name, reason }, 'lease not acquired');
  }

  async #get(signal: AbortSignal): Promise<Lease | undefined> {
    const { namespace, name } = this.#options;
    try {
      return await this.#client.get(resources.leases, { namespace, name }, { signal });
    } catch (error) {
      if (isApiError(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  #mayTake(lease: Lease): boolean {
    const holder = lease.spec?.holderIdentity ?? '';
    if (holder === '' || holder === this.#options.identity) return true;
    const version = lease.metadata.resourceVersion ?? '';
    const now = this.#clock.monotonic();
    if (this.#observed?.version !== version) this.#observed = { version, at: now };
    const seconds = lease.spec?.leaseDurationSeconds ?? this.#options.leaseMs / 1000;
    return now - this.#observed.at > seconds * 1000;
  }

  async #release(): Promise<void> {
    const timeout = new AbortController();
    const timer = this.#clock.after(RELEASE_MAX_MS, () => timeout.abort());
    try {
      const lease = await this.#get(timeout.signal);
      if (lease?.spec?.holderIdentity !== this.#options.identity) return;
      const spec = { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1 };
      await this.#client.update(resources.leases, { ...lease, spec }, { signal: timeout.signal });
    } catch (error) {
      this.#logger.debug({ reason: (error as Error).message }, 'lease not released: it will expire');
    } finally {
      timer.cancel();
    }
  }
}
