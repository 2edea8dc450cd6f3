import { etcd } from '@keelson/protocol';
import type { Clock, Logger, Timer } from '@keelson/service';
import { CommandKind } from '../apply/command.js';
import type { AutoCompaction } from '../config.js';
import type { Replica } from '../replica/replica.js';

const REVISION_CHECK_MS = 5 * 60_000;
/** A period is sampled this many times, so that what is kept is at most a tenth longer than asked. */
const SAMPLES = 10;

/** Asks for compactions by itself, while it leads: keeps a time's worth of history or a number of revisions. */
export class AutoCompactor {
  readonly #policy: AutoCompaction;
  readonly #replica: Replica;
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** Revisions as they were at each sample, oldest first. */
  #samples: number[] = [];

  constructor(
    policy: AutoCompaction,
    dependencies: { readonly replica: Replica; readonly clock: Clock; readonly logger: Logger },
  ) {
    this.#policy = policy;
    this.#replica = dependencies.replica;
    this.#clock = dependencies.clock;
    this.#logger = dependencies.logger;
  }

  start(): Timer {
    const policy = this.#policy;
    if (policy.mode === 'revision') {
      return this.#clock.every(REVISION_CHECK_MS, () => this.#compact(this.#revision - policy.keep));
    }
    return this.#clock.every(policy.periodMs / SAMPLES, () => this.#sample());
  }

  get #revision(): number {
    return this.#replica.machine.mvcc.revision;
  }

  #sample(): void {
    this.#samples.push(this.#revision);
    if (this.#samples.length <= SAMPLES) return;
    this.#compact(this.#samples.shift()!);
  }

  #compact(revision: number): void {
    if (!this.#replica.isLeader || revision <= this.#replica.machine.mvcc.compactRevision) return;
    this.#replica
      .propose<'compact'>(CommandKind.compact, etcd.CompactionRequest.encode({ revision }), { asLeader: true })
      .then(() => this.#logger.info({ revision }, 'compacted'))
      .catch((error: unknown) => this.#logger.debug({ err: error, revision }, 'not compacted'));
  }
}
