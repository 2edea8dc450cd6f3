import { etcd, type raft } from '@keelson/protocol';
import type { Clock, Logger, Timer } from '@keelson/service';
import { CommandKind } from '../apply/command.js';
import { errors } from '../errors.js';
import type { Replica } from '../replica/replica.js';

/** How other members ask the leader about leases. */
export interface LeaderLine {
  renew(leader: string, id: bigint): Promise<raft.LeaseAnswer>;
  timeToLive(leader: string, id: bigint): Promise<raft.LeaseAnswer>;
}

export interface LeaseDeskOptions {
  readonly checkIntervalMs: number;
  /** Revocations proposed per check: many leases that end at once must not crowd out everything else. */
  readonly revocationsMax: number;
  readonly checkpointIntervalMs: number;
  /** Leases longer than this many seconds are checkpointed. */
  readonly checkpointSeconds: number;
  /** Leases that one command checkpoints. */
  readonly checkpointsMax: number;
}

/** What the leader does about leases' time: renews, answers, revokes what is over, tells the others what is left. */
export class LeaseDesk {
  readonly #options: LeaseDeskOptions;
  readonly #replica: Replica;
  readonly #line: LeaderLine;
  readonly #logger: Logger;
  readonly #timers: Timer[];
  /** Leases whose end is on its way into the log: until it is known what came of that, nobody is promised more time. */
  readonly #revoking = new Map<bigint, Promise<void>>();
  /** Leases of which a checkpoint was proposed here since they were renewed last. */
  readonly #checkpointed = new Set<bigint>();
  #checkpointing = false;

  constructor(
    options: LeaseDeskOptions,
    dependencies: {
      readonly replica: Replica;
      readonly line: LeaderLine;
      readonly clock: Clock;
      readonly logger: Logger;
    },
  ) {
    this.#options = options;
    this.#replica = dependencies.replica;
    this.#line = dependencies.line;
    this.#logger = dependencies.logger;
    this.#timers = [
      dependencies.clock.every(options.checkIntervalMs, () => this.#revokeExpired()),
      dependencies.clock.every(options.checkpointIntervalMs, () => this.#checkpoint()),
    ];
  }

  /** Seconds the lease has again, or 0 if there is none. @throws EtcdError */
  async renew(id: bigint): Promise<number> {
    if (!this.#replica.isLeader) return (await this.#line.renew(this.#leader, id)).TTL;
    return await this.renewHere(id);
  }

  /** Only a member that still leads may renew: another may have revoked the lease already. */
  async renewHere(id: bigint): Promise<number> {
    for (;;) {
      await this.#replica.linearizable();
      if (!this.#replica.isLeader) throw errors.notLeader();
      await this.#forgetCheckpoint(id);
      const revocation = this.#revoking.get(id);
      if (!revocation) return this.#replica.machine.lessor.renew(id) ?? 0;
      await revocation;
    }
  }

  /** A new leader must not go by what was left before a renewal, also not by what is on its way into the log. */
  async #forgetCheckpoint(ID: bigint): Promise<void> {
    while (this.#replica.machine.lessor.get(ID)?.remaining || this.#checkpointed.has(ID)) {
      // One that is proposed meanwhile comes after this in the log, and needs another.
      this.#checkpointed.delete(ID);
      try {
        await this.#propose([{ ID, remaining_TTL: 0 }]);
      } catch (error) {
        this.#checkpointed.add(ID);
        throw error;
      }
    }
  }

  /** Only the leader knows the time; every member knows the keys. */
  async timeToLive(id: bigint, keys: boolean): Promise<raft.LeaseAnswer> {
    if (this.#replica.isLeader) return await this.timeToLiveHere(id, keys);
    const answer = await this.#line.timeToLive(this.#leader, id);
    if (!keys || answer.TTL < 0) return answer;
    await this.#replica.linearizable();
    return { ...answer, keys: await this.#keys(id) };
  }

  #keys(id: bigint): Promise<Buffer[]> {
    return this.#replica.read(({ lessor }, pace) => lessor.attached.keys(id, pace));
  }

  async timeToLiveHere(id: bigint, keys: boolean): Promise<raft.LeaseAnswer> {
    await this.#replica.linearizable();
    if (!this.#replica.isLeader) throw errors.notLeader();
    const { lessor } = this.#replica.machine;
    const lease = lessor.get(id);
    if (!lease) return { TTL: -1, grantedTtl: 0, keys: [] };
    return { TTL: lessor.timeLeft(lease), grantedTtl: lease.ttl, keys: keys ? await this.#keys(id) : [] };
  }

  get #leader(): string {
    if (!this.#replica.hasLeader) throw errors.noLeader();
    return this.#replica.state.leader;
  }

  #revokeExpired(): void {
    if (!this.#replica.isLeader) return;
    const room = this.#options.revocationsMax - this.#revoking.size;
    for (const ID of this.#replica.machine.lessor.expired(this.#options.revocationsMax).slice(0, room)) {
      if (!this.#revoking.has(ID)) this.#revoke(ID);
    }
  }

  #revoke(ID: bigint): void {
    const body = etcd.LeaseRevokeRequest.encode({ ID });
    const revocation = this.#replica
      .propose<'leaseRevoke'>(CommandKind.leaseRevoke, body, { asLeader: true })
      .then(
        () => undefined,
        (error: unknown) => this.#logger.debug({ err: error, lease: ID.toString(16) }, 'lease not revoked'),
      )
      .finally(() => this.#revoking.delete(ID));
    this.#revoking.set(ID, revocation);
  }

  #checkpoint(): void {
    if (!this.#replica.isLeader || this.#checkpointing) return;
    this.#checkpointing = true;
    this.#checkpointAll()
      .catch((error: unknown) => this.#logger.debug({ err: error }, 'leases not checkpointed'))
      .finally(() => {
        this.#checkpointing = false;
      });
  }

  /** So many in one command, one command after another: there may be very many. */
  async #checkpointAll(): Promise<void> {
    const { checkpointSeconds, checkpointsMax } = this.#options;
    const ids = this.#replica.machine.lessor.longLived(checkpointSeconds);
    this.#checkpointed.clear();
    for (let at = 0; at < ids.length; at += checkpointsMax) {
      const { lessor } = this.#replica.machine;
      const batch = ids.slice(at, at + checkpointsMax).flatMap((ID) => {
        const remaining = lessor.secondsToKeep(ID);
        return remaining === undefined ? [] : [{ ID, remaining_TTL: remaining }];
      });
      for (const { ID } of batch) this.#checkpointed.add(ID);
      if (batch.length > 0) await this.#propose(batch);
    }
  }

  async #propose(checkpoints: readonly { readonly ID: bigint; readonly remaining_TTL: number }[]): Promise<void> {
    const body = etcd.LeaseCheckpointRequest.encode({ checkpoints });
    await this.#replica.propose<'leaseCheckpoint'>(CommandKind.leaseCheckpoint, body, { asLeader: true });
  }

  close(): void {
    for (const timer of this.#timers) timer.cancel();
  }
}
