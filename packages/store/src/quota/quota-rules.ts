import type { Clock, Logger, Timer } from '@keelson/service';
import { CommandKind } from '../apply/command.js';
import type { Replica } from '../replica/replica.js';
import type { QuotaRule } from './rules.js';

/** Makes the rules that this member was given those of the cluster, while it leads. */
export class QuotaRules {
  readonly #rules: readonly QuotaRule[];
  readonly #replica: Replica;
  readonly #logger: Logger;
  #asking = false;

  constructor(rules: readonly QuotaRule[], dependencies: { readonly replica: Replica; readonly logger: Logger }) {
    this.#rules = rules;
    this.#replica = dependencies.replica;
    this.#logger = dependencies.logger;
  }

  start(clock: Clock, intervalMs: number): Timer {
    return clock.every(intervalMs, () => this.#check());
  }

  #check(): void {
    if (this.#asking || !this.#replica.isLeader) return;
    const wanted = JSON.stringify(this.#rules);
    if (JSON.stringify(this.#replica.machine.quotas.rules) === wanted) return;
    this.#asking = true;
    this.#replica
      .propose<'quotaRules'>(CommandKind.quotaRules, Buffer.from(wanted), { asLeader: true })
      .then(() => this.#logger.info({ rules: this.#rules }, 'the quotas of prefixes are those of this member'))
      .catch((error: unknown) => this.#logger.debug({ err: error }, 'quotas not set'))
      .finally(() => {
        this.#asking = false;
      });
  }
}
