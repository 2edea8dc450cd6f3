import type { Clock, Histogram } from '@keelson/service';
import { LmdbBackend, type LmdbOptions } from '../backend/lmdb.js';

/** A database that tells how long its commits take. */
export class TimedBackend extends LmdbBackend {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #commits: Pick<Histogram, 'observe'>;

  constructor(options: LmdbOptions, clock: Pick<Clock, 'monotonic'>, commits: Pick<Histogram, 'observe'>) {
    super(options);
    this.#clock = clock;
    this.#commits = commits;
  }

  override async commit(): Promise<void> {
    if (this.pendingBytes === 0) return await super.commit();
    const begun = this.#clock.monotonic();
    await super.commit();
    this.#commits.observe((this.#clock.monotonic() - begun) / 1000);
  }
}
