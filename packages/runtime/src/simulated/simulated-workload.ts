import { join } from 'node:path';
import type { Clock } from '@keelson/service';
import { RuntimeError } from '../errors.js';
import { readJson, writeJsonAtomic } from '../files.js';
import { type ExitRecord, ShimFile } from '../shim/records.js';
import type { ExecOptions, StreamSession, Usage, Workload, WorkloadStatus } from '../workload.js';
import type { Simulation } from './simulation.js';

/** A container that runs nothing: it is running from its start until its time is up or it is stopped. */
export class SimulatedWorkload implements Workload {
  #startedAt: number | undefined;
  #exit: ExitRecord | undefined;
  #cpuNanoseconds = 0;
  readonly #directory: string;
  readonly #simulation: Simulation;
  readonly #clock: Clock;
  readonly #onEnd: () => void;

  constructor(
    options: { directory: string; simulation: Simulation },
    dependencies: { clock: Clock; onEnd: () => void },
  ) {
    this.#directory = options.directory;
    this.#simulation = options.simulation;
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
    if (this.status.state === 'running') this.#end(this.#simulation.runMs === undefined ? 0 : 143);
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
    if (this.#startedAt === undefined || this.#exit !== undefined) return undefined;
    const { cpu, memory } = this.#simulation;
    const age = Math.max(0, this.#clock.now() - this.#startedAt);
    // A clock that is put back must not put the counter back.
    this.#cpuNanoseconds = Math.max(this.#cpuNanoseconds, Math.round(cpu.sum(age) * 1e6));
    const bytes = Math.round(memory.at(age));
    return {
      cpuNanoseconds: this.#cpuNanoseconds,
      workingSetBytes: bytes,
      usageBytes: bytes,
      rssBytes: bytes,
      minorFaults: 0,
      majorFaults: 0,
      processes: 1,
    };
  }

  #schedule(): void {
    const { runMs, exitCode } = this.#simulation;
    if (this.#startedAt === undefined || runMs === undefined) return;
    const rest = this.#startedAt + runMs - this.#clock.now();
    this.#clock.after(Math.max(0, rest), () => this.#end(exitCode));
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
