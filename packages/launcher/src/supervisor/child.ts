import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import type { Clock, Logger, Timer } from '@keelson/service';
import type { ComponentSpec } from '../plan/components.js';
import { openLog } from './log-file.js';

const BACKOFF_FIRST_MS = 200;
const BACKOFF_MAX_MS = 10_000;
/** A process that lived this long starts over with the shortest delay. */
const STABLE_MS = 10_000;
const KILL_AFTER_MS = 12_000;

/** One supervised process: started, and started again with back-off whenever it ends, until it is stopped. */
export class Child {
  readonly spec: ComponentSpec;
  readonly log: string;
  readonly #deps: { clock: Clock; logger: Logger; onChange: () => void };
  #process: ChildProcess | undefined;
  #timer: Timer | undefined;
  #delayMs = BACKOFF_FIRST_MS;
  #startedAt = 0;
  #stopped = false;
  #restarts = 0;

  constructor(spec: ComponentSpec, log: string, dependencies: { clock: Clock; logger: Logger; onChange: () => void }) {
    this.spec = spec;
    this.log = log;
    this.#deps = dependencies;
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  get restarts(): number {
    return this.#restarts;
  }

  start(): void {
    this.#startedAt = this.#deps.clock.monotonic();
    try {
      this.#process = this.#spawn();
    } catch (error) {
      this.#cannotStart(error);
      return;
    }
    this.#deps.onChange();
  }

  /** @throws if its log cannot be opened */
  #spawn(): ChildProcess {
    const file = openLog(this.log);
    try {
      const child = spawn(process.execPath, ['--enable-source-maps', this.spec.program, ...this.spec.args], {
        stdio: ['ignore', file, file],
        env: { ...process.env, ...this.spec.env },
        // Ctrl-C in the terminal goes to the supervisor alone, which stops the rest in order.
        detached: true,
      });
      child.once('exit', (code, signal) => this.#ended(child, { code, signal }));
      child.once('error', (error) => {
        if (this.#process === child && child.pid === undefined) this.#cannotStart(error);
      });
      return child;
    } finally {
      closeSync(file);
    }
  }

  /** Asks it to end, and after a while makes it. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    await new Promise<void>((resolve) => {
      const timer = this.#deps.clock.after(KILL_AFTER_MS, () => child.kill('SIGKILL'));
      child.once('exit', () => {
        timer.cancel();
        resolve();
      });
      child.kill('SIGTERM');
    });
  }

  #ended(child: ChildProcess, how: { code: number | null; signal: NodeJS.Signals | null }): void {
    if (this.#process !== child) return;
    if (!this.#stopped) this.#deps.logger.warn({ process: this.spec.name, ...how }, 'process ended');
    this.#again();
  }

  #cannotStart(error: unknown): void {
    this.#deps.logger.error({ err: error, process: this.spec.name, log: this.log }, 'cannot start');
    this.#again();
  }

  #again(): void {
    this.#process = undefined;
    if (this.#stopped) {
      this.#deps.onChange();
      return;
    }
    const lived = this.#deps.clock.monotonic() - this.#startedAt;
    if (lived > STABLE_MS) this.#delayMs = BACKOFF_FIRST_MS;
    const delayMs = this.#delayMs;
    this.#delayMs = Math.min(delayMs * 2, BACKOFF_MAX_MS);
    this.#restarts += 1;
    this.#timer = this.#deps.clock.after(delayMs, () => this.start());
    this.#deps.onChange();
  }
}
