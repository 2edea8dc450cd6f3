import { join } from 'node:path';
import type { Clock } from '@keelson/service';
import { RuntimeError } from './errors.js';
import { readJson, writeJsonAtomic } from './files.js';
import { type ExitRecord, ShimFile } from './shim/records.js';
import type { ExecOptions, StreamSession, Usage, Workload, WorkloadStatus } from './workload.js';

/** Pod annotations that say how a simulated container ends: whole seconds of running, and its exit code. */
const SIMULATED_RUN_SECONDS = 'keelson.dev/simulated-run-seconds';
const SIMULATED_EXIT_CODE = 'keelson.dev/simulated-exit-code';

/** A container that runs nothing: it is running from its start until its time is up or it is stopped. */
export class SimulatedWorkload implements Workload {
  #startedAt: number | undefined;
  #exit: ExitRecord | undefined;
  readonly #directory: string;
  readonly #runMs: number | undefined;
  readonly #exitCode: number;
  readonly #clock: Clock;
  readonly #onEnd: () => void;

  constructor(
    options: { directory: string; annotations: Record<string, string> },
    dependencies: { clock: Clock; onEnd: () => void },
  ) {
    this.#directory = options.directory;
    const seconds = options.annotations[SIMULATED_RUN_SECONDS];
    this.#runMs = seconds === undefined ? undefined : Number(seconds) * 1000;
    this.#exitCode = Number(options.annotations[SIMULATED_EXIT_CODE] ?? 0);
    this.#clock = dependencies.clock;
    this.#onEnd = dependencies.onEnd;
  }

  get status(): WorkloadStatus {
    const started = this.#startedAt === undefined ? undefined : { startedAt: this.#startedAt };
    return { state: this.#exit ? 'exited' : started ? 'running' : 'created', started, exit: this.#exit };
  }

  async recover(): Promise<void> {
    this.#startedAt = readJson<{ startedAt: number }>(join(this.#directory, ShimFile.started))?.startedAt;
    this.#exit = readJson<ExitRecord>(join(this.#directory, ShimFile.exit));
    if (this.#exit === undefined) this.#schedule();
  }

  async start(): Promise<void> {
    if (this.#startedAt !== undefined)
      throw new RuntimeError('failed-precondition', 'the container was started before');
    this.#startedAt = this.#clock.now();
    writeJsonAtomic(join(this.#directory, ShimFile.started), { startedAt: this.#startedAt });
    this.#schedule();
  }

  async stop(): Promise<void> {
    if (this.status.state === 'running') this.#end(this.#runMs === undefined ? 0 : 143);
  }

  async reopenLog(): Promise<void> {}

  /** Commands in simulated containers succeed and say nothing, so that exec probes hold. */
  async exec(_options: ExecOptions): Promise<StreamSession> {
    if (this.status.state !== 'running') throw new RuntimeError('failed-precondition', 'the container is not running');
    return silentSession((done) => void this.#clock.after(0, () => done(0)));
  }

  async attach(): Promise<StreamSession> {
    throw new RuntimeError('unimplemented', 'a simulated container has no streams');
  }

  setOomScore(): void {}

  usage(): Usage | undefined {
    if (this.status.state !== 'running') return undefined;
    return { cpuNanoseconds: 0, rssBytes: 0, minorFaults: 0, majorFaults: 0, processes: 1 };
  }

  #schedule(): void {
    if (this.#startedAt === undefined || this.#runMs === undefined || Number.isNaN(this.#runMs)) return;
    const rest = this.#startedAt + this.#runMs - this.#clock.now();
    this.#clock.after(Math.max(0, rest), () => this.#end(this.#exitCode));
  }

  #end(exitCode: number): void {
    if (this.#exit !== undefined) return;
    this.#exit = { exitCode, finishedAt: this.#clock.now() };
    writeJsonAtomic(join(this.#directory, ShimFile.exit), this.#exit);
    this.#onEnd();
  }
}

function silentSession(onEnd: StreamSession['onEnd']): StreamSession {
  const nothing = () => {};
  return {
    onOutput: nothing,
    onEnd,
    write: () => true,
    onDrain: nothing,
    closeInput: nothing,
    resize: nothing,
    pause: nothing,
    resume: nothing,
    abandon: nothing,
  };
}
