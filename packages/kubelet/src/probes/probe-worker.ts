import type { Container, Probe } from '@keelson/api';
import type { Clock, Random, Timer } from '@keelson/service';
import type { ProbeResult } from './prober.js';

export type ProbeKind = 'startup' | 'liveness' | 'readiness';

export interface ProbeWorkerOptions {
  kind: ProbeKind;
  probe: Probe;
  container: Container;
  containerId: string;
  /** Wall time in milliseconds. */
  startedAt: number;
}

export interface ProbeWorkerDependencies {
  clock: Clock;
  random: Random;
  /** Rejects if the probe could not be made. */
  ask: () => Promise<ProbeResult>;
  /** False while the probe has to wait, as the others do for startup. */
  isDue: () => boolean;
  onResult: (ok: boolean) => void;
  onFailure: (output: string) => void;
  onWarning: (output: string) => void;
  /** The probe could not be made; nothing was learnt. */
  onError: (error: Error) => void;
}

/** How often a probe that cannot be made is tried before the attempt is given up. */
const TRIES = 3;

/** One probe of one running container: asks each period and reports when enough answers in a row agree. */
export class ProbeWorker {
  readonly #options: ProbeWorkerOptions;
  readonly #deps: ProbeWorkerDependencies;
  #verdict: boolean | undefined;
  #last: boolean | undefined;
  #run = 0;
  #timer: Timer | undefined;
  #stopped = false;

  constructor(options: ProbeWorkerOptions, dependencies: ProbeWorkerDependencies) {
    this.#options = options;
    this.#deps = dependencies;
  }

  get containerId(): string {
    return this.#options.containerId;
  }

  /** undefined until it is decided: a container is not ready and not started then, but alive. */
  get verdict(): boolean | undefined {
    return this.#verdict;
  }

  start(): void {
    const { probe, startedAt } = this.#options;
    const { clock, random } = this.#deps;
    const delay = startedAt + (probe.initialDelaySeconds ?? 0) * 1000 - clock.now();
    // A kubelet that was restarted must not ask all its containers at the same moment.
    const spread = clock.now() - startedAt > this.#periodMs() ? random.float() * this.#periodMs() : 0;
    this.#timer = clock.after(Math.max(0, delay) + spread, () => void this.#tick());
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  async #tick(): Promise<void> {
    if (this.#stopped) return;
    if (this.#deps.isDue()) await this.#ask();
    if (!this.#stopped) this.#timer = this.#deps.clock.after(this.#periodMs(), () => void this.#tick());
  }

  async #ask(): Promise<void> {
    const { kind, probe } = this.#options;
    const result = await this.#attempt();
    // An attempt that could not be made says nothing of the container: what was known before holds.
    if (this.#stopped || result === undefined) return;
    const { ok, output, warning } = result;
    if (warning) this.#deps.onWarning(output);
    this.#run = this.#last === ok ? this.#run + 1 : 1;
    this.#last = ok;
    if (!ok) this.#deps.onFailure(output);
    const threshold = ok ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3);
    if (this.#run < threshold || this.#verdict === ok) return;
    this.#verdict = ok;
    this.#deps.onResult(ok);
    // A container that is to be restarted, or that has started, is not asked again.
    if ((kind === 'startup' && ok) || (kind !== 'readiness' && !ok)) this.stop();
  }

  async #attempt(): Promise<ProbeResult | undefined> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#deps.ask();
      } catch (error) {
        if (this.#stopped) return undefined;
        if (tries < TRIES) continue;
        this.#deps.onError(error as Error);
        return undefined;
      }
    }
  }

  #periodMs(): number {
    return Math.max(1, this.#options.probe.periodSeconds ?? 10) * 1000;
  }
}
