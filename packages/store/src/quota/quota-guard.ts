import { etcd } from '@keelson/protocol';
import type { Clock, Logger, Timer } from '@keelson/service';
import { CommandKind } from '../apply/command.js';
import type { Replica } from '../replica/replica.js';

export interface QuotaOptions {
  readonly bytesMax: number;
  readonly intervalMs: number;
}

/** Raises the NOSPACE alarm for the whole cluster when this member's database has outgrown its quota. */
export class QuotaGuard {
  readonly #options: QuotaOptions;
  readonly #replica: Replica;
  readonly #memberId: bigint;
  readonly #bytesInUse: () => number;
  readonly #logger: Logger;

  constructor(
    options: QuotaOptions,
    dependencies: {
      readonly replica: Replica;
      readonly memberId: bigint;
      readonly bytesInUse: () => number;
      readonly logger: Logger;
    },
  ) {
    this.#options = options;
    this.#replica = dependencies.replica;
    this.#memberId = dependencies.memberId;
    this.#bytesInUse = dependencies.bytesInUse;
    this.#logger = dependencies.logger;
  }

  start(clock: Clock): Timer {
    return clock.every(this.#options.intervalMs, () => this.#check());
  }

  #check(): void {
    const { NOSPACE } = etcd.AlarmType;
    const { bytesMax } = this.#options;
    if (this.#bytesInUse() < bytesMax || this.#replica.machine.alarms.has(this.#memberId, NOSPACE)) return;
    this.#logger.warn({ bytesMax }, 'the database is larger than its quota: writes are refused until space is freed');
    const { ACTIVATE } = etcd.AlarmRequestAlarmAction;
    const body = etcd.AlarmRequest.encode({ action: ACTIVATE, memberID: this.#memberId, alarm: NOSPACE });
    // If it does not get through, the next check tries again.
    this.#replica.propose<'alarm'>(CommandKind.alarm, body).catch(() => undefined);
  }
}
