import type { cri } from '@keelson/protocol';
import type { Clock, Logger } from '@keelson/service';
import type { CriClient } from '../cri/cri-client.js';
import type { Unready } from './node-status.js';

const CHECK_MS = 5_000;
const CHECK_TIMEOUT_MS = 10_000;
/** A runtime that has not said that it is ready for this long is down; a call that fails says little. */
const SILENCE_MAX_MS = 30_000;
/** As long without a relist, and what the kubelet knows of its pods is too old. */
const RELIST_SILENCE_MAX_MS = 180_000;

/** What the runtime says of itself, asked now and then: whether the node can run pods. */
export class RuntimeHealth {
  readonly #runtime: Pick<CriClient['runtime'], 'status'>;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #lastRelistAt: () => number | undefined;
  #readyAt: number | undefined;
  #runtimeProblem: Unready;
  #networkProblem: Unready;

  constructor(dependencies: {
    runtime: Pick<CriClient['runtime'], 'status'>;
    clock: Clock;
    logger: Logger;
    /** Monotonic time of the last list of everything that the runtime has. */
    lastRelistAt: () => number | undefined;
  }) {
    this.#runtime = dependencies.runtime;
    this.#clock = dependencies.clock;
    this.#logger = dependencies.logger;
    this.#lastRelistAt = dependencies.lastRelistAt;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.check();
      await this.#clock.sleep(CHECK_MS, signal).catch(() => {});
    }
  }

  async check(): Promise<void> {
    try {
      const { status } = await this.#runtime.status({}, { timeout: CHECK_TIMEOUT_MS });
      this.#networkProblem = problemOf(status, 'NetworkReady', 'container runtime network not ready');
      this.#runtimeProblem = problemOf(status, 'RuntimeReady', 'container runtime not ready');
      if (this.#runtimeProblem === undefined) this.#readyAt = this.#clock.monotonic();
    } catch (error) {
      this.#logger.debug({ err: (error as Error).message }, 'the container runtime does not say how it is');
    }
  }

  /** Why the node cannot run pods, for its Ready condition. */
  async problem(): Promise<Unready> {
    if (this.#readyAt === undefined) await this.check();
    const problems = [this.#silence(), this.#staleness(), this.#runtimeProblem, this.#networkProblem].filter(
      (it) => it !== undefined,
    );
    return problems.length > 1 ? `[${problems.join(', ')}]` : problems[0];
  }

  #silence(): Unready {
    if (this.#readyAt === undefined) return 'container runtime status check may not have completed yet';
    return this.#clock.monotonic() - this.#readyAt >= SILENCE_MAX_MS ? 'container runtime is down' : undefined;
  }

  #staleness(): Unready {
    const at = this.#lastRelistAt();
    const silent = at === undefined ? 0 : this.#clock.monotonic() - at;
    if (silent <= RELIST_SILENCE_MAX_MS) return undefined;
    const seconds = `${Math.round(silent / 1000)}s`;
    return `PLEG is not healthy: pleg was last seen active ${seconds} ago; threshold is ${RELIST_SILENCE_MAX_MS / 60_000}m0s`;
  }
}

function problemOf(status: cri.RuntimeStatus | undefined, type: string, what: string): Unready {
  const condition = status?.conditions.find((it) => it.type === type);
  if (condition?.status) return undefined;
  if (condition === undefined) return `${what}: ${type} is not reported`;
  return `${what}: ${type}=false reason:${condition.reason} message:${condition.message}`;
}
