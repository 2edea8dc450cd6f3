import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock, Logger } from '@keelson/service';
import { RuntimeError } from '../errors.js';
import { claimJson, writeJsonAtomic } from '../files.js';
import { Frame } from '../shim/frames.js';
import { type ClaimRecord, type ExitRecord, ShimFile, type ShimSpec, type StartedRecord } from '../shim/records.js';
import { callShim, startShim } from '../shim-client.js';
import type { ExecOptions, StreamSession, Usage, Workload, WorkloadStatus } from '../workload.js';
import { containerProcesses, readShimFile } from './container-files.js';
import type { ContainerProcesses } from './container-processes.js';
import type { ControlGroups } from './control-group.js';
import { enterLaunch, START_FAILED } from './launch.js';
import type { ProcessTable } from './marks.js';
import { isAlive, sendSignal } from './proc.js';
import { pipeSession, terminalSession } from './session.js';
import { UsageMeter } from './usage-meter.js';

/** How long a shim may take to report the end of a program that was killed. */
const SHIM_REPORT_MS = 10_000;
const RECONNECT_MS = 200;
/** How long SIGKILL may take: a process can be busy in the kernel. */
const KILL_MS = 30_000;
const KILLED = 137;
/** As containerd has it for a container of which nobody knows how it ended. */
const UNKNOWN = 255;

export interface ProcessWorkloadOptions {
  id: string;
  directory: string;
  controlGroups: ControlGroups | undefined;
  stopSignal: NodeJS.Signals;
  /** Makes the shim's orders when the container starts; throws RuntimeError if it cannot be run. */
  spec: () => ShimSpec;
}

/** One container as an OS process under a shim. The files that the shim writes are the truth; this is a view of them. */
export class ProcessWorkload implements Workload {
  #started: StartedRecord | undefined;
  #exit: ExitRecord | undefined;
  #claimed = false;
  readonly #meter = new UsageMeter();
  readonly #ended: Promise<void>;
  #resolveEnded: () => void = () => {};
  readonly #options: ProcessWorkloadOptions;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #onEnd: () => void;

  constructor(options: ProcessWorkloadOptions, dependencies: { clock: Clock; logger: Logger; onEnd: () => void }) {
    this.#options = options;
    this.#clock = dependencies.clock;
    this.#logger = dependencies.logger.child({ containerId: options.id });
    this.#onEnd = dependencies.onEnd;
    this.#ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
  }

  get status(): WorkloadStatus {
    const state = this.#exit ? 'exited' : this.#started ? 'running' : 'created';
    return { state, started: this.#started, exit: this.#exit, pid: this.#started?.process.pid };
  }

  async recover(): Promise<void> {
    try {
      const claim = this.#read<ClaimRecord>(ShimFile.claim);
      this.#claimed = claim !== undefined;
      this.#started = this.#read<StartedRecord>(ShimFile.started);
      const exit = this.#read<ExitRecord>(ShimFile.exit);
      if (exit !== undefined) {
        // A command that exec brought in may have come when the shim had looked for the last time.
        await this.#endProcesses();
        this.#setExit(exit);
      } else if (claim !== undefined) this.#watch();
    } catch (error) {
      await this.#endDamaged(error);
    }
  }

  async start(): Promise<void> {
    if (this.#claimed) {
      throw new RuntimeError('failed-precondition', `container ${this.#options.id} was started before`);
    }
    this.#claimed = true;
    try {
      writeJsonAtomic(this.#path(ShimFile.spec), this.#options.spec());
      await startShim(this.#options.directory);
    } catch (error) {
      await this.#endProcesses();
      this.#endUnstarted('StartError', (error as Error).message);
      throw error;
    }
    this.#started = this.#read<StartedRecord>(ShimFile.started);
    const exit = this.#read<ExitRecord>(ShimFile.exit);
    if (exit !== undefined) this.#setExit(exit);
    else this.#watch();
    if (exit?.reason === 'StartError') throw new RuntimeError('internal', exit.message ?? 'failed to start');
  }

  async stop(graceMs: number): Promise<void> {
    if (!this.#claimed) return;
    const leader = this.#started?.process;
    if (this.#exit === undefined && graceMs > 0 && leader !== undefined && isAlive(leader)) {
      sendSignal(-leader.pid, this.#options.stopSignal);
      await this.#endedWithin(graceMs);
    }
    await this.#endProcesses();
    if (this.#exit !== undefined) return;
    await this.#endedWithin(SHIM_REPORT_MS);
    if (this.#exit === undefined) await this.#giveUpOnShim();
  }

  async reopenLog(): Promise<void> {
    if (this.status.state !== 'running') {
      throw new RuntimeError('failed-precondition', `container ${this.#options.id} is not running`);
    }
    await new Promise<void>((resolve, reject) => {
      const call = callShim(
        this.#options.directory,
        { op: 'reopen' },
        {
          onAnswer: (error) => {
            if (error === undefined) resolve();
            else reject(new RuntimeError('internal', error));
            call.close();
          },
          onClose: (error) => reject(new RuntimeError('unavailable', error?.message ?? 'the container has ended')),
        },
      );
    });
  }

  async exec(options: ExecOptions): Promise<StreamSession> {
    const leader = this.#started?.process;
    const spec = this.#read<ShimSpec>(ShimFile.spec);
    if (this.#exit !== undefined || leader === undefined || spec === undefined) {
      throw new RuntimeError('failed-precondition', `container ${this.#options.id} is not running`);
    }
    const launch = enterLaunch({ ...spec, argv: options.command }, leader.pid);
    const session = { launch, env: spec.env, stdin: options.stdin };
    return options.tty ? await terminalSession(session) : await pipeSession(session);
  }

  async attach(options: { stdin: boolean; stdout: boolean; stderr: boolean }): Promise<StreamSession> {
    if (this.status.state !== 'running') {
      throw new RuntimeError('failed-precondition', `container ${this.#options.id} is not running`);
    }
    let take: (stream: 'stdout' | 'stderr', chunk: Buffer) => void = () => {};
    let end: (exitCode: number | undefined) => void = () => {};
    const call = callShim(
      this.#options.directory,
      { op: 'attach', ...options },
      {
        onOutput: (stream, chunk) => take(stream, chunk),
        onClose: () => end(undefined),
      },
    );
    return {
      onOutput: (next) => {
        take = next;
      },
      onEnd: (done) => {
        end = done;
      },
      write: (chunk) => call.send(Frame.STDIN, chunk),
      onDrain: (go) => void call.socket.on('drain', go),
      closeInput: () => void call.send(Frame.STDIN_CLOSED),
      resize: (width, height) => void call.send(Frame.RESIZE, Buffer.from(JSON.stringify({ width, height }))),
      pause: () => void call.socket.pause(),
      resume: () => void call.socket.resume(),
      abandon: () => call.close(),
    };
  }

  setOomScore(score: number): void {
    if (this.#exit !== undefined || this.#started === undefined) return;
    for (const { pid } of this.#processes().list()) {
      writeFileSync(`/proc/${pid}/oom_score_adj`, String(score));
    }
  }

  usage(table: ProcessTable): Usage | undefined {
    if (this.#exit !== undefined || this.#started === undefined) return undefined;
    return this.#meter.read(this.#processes(), table);
  }

  /** Follows the shim until the container's end; when the shim is gone without a word, ends what it left behind. */
  #watch(): void {
    callShim(
      this.#options.directory,
      { op: 'watch' },
      {
        onExit: (record) => this.#setExit(record),
        onClose: () => {
          this.#lookAgain()
            .catch((error: unknown) => this.#endDamaged(error))
            .catch((error: unknown) => this.#logger.error({ err: error }, 'cannot end it'));
        },
      },
    );
  }

  async #lookAgain(): Promise<void> {
    if (this.#exit !== undefined) return;
    this.#started ??= this.#read<StartedRecord>(ShimFile.started);
    const exit = this.#read<ExitRecord>(ShimFile.exit);
    if (exit !== undefined) this.#setExit(exit);
    else if (this.#isShimAlive()) this.#clock.after(RECONNECT_MS, () => this.#exit ?? this.#watch());
    else await this.#endOrphan();
  }

  /** What is written of it cannot be read, so nobody can say how it is: it is ended, and says that. */
  async #endDamaged(error: unknown): Promise<void> {
    this.#logger.error({ err: error }, 'a damaged record: the container was ended');
    this.#claimed = true;
    await this.#endProcesses();
    const message = error instanceof Error ? error.message : String(error);
    const exit: ExitRecord = { exitCode: UNKNOWN, finishedAt: this.#clock.now(), reason: 'Unknown', message };
    writeJsonAtomic(this.#path(ShimFile.exit), exit);
    this.#setExit(exit);
  }

  #isShimAlive(): boolean {
    const claim = this.#read<ClaimRecord>(ShimFile.claim);
    return claim !== undefined && isAlive(claim.shim);
  }

  async #giveUpOnShim(): Promise<void> {
    const claim = this.#read<ClaimRecord>(ShimFile.claim);
    if (claim !== undefined && isAlive(claim.shim)) sendSignal(claim.shim.pid, 'SIGKILL');
    if (this.#exit === undefined) await this.#endOrphan();
  }

  /** Its shim is dead, so nobody can know how the program would end: it is ended here. */
  async #endOrphan(): Promise<void> {
    await this.#endProcesses();
    if (this.#started === undefined) {
      this.#endUnstarted('StartError', 'its shim ended before the program was started');
      return;
    }
    this.#logger.warn('the shim is gone; its container was killed');
    const exit: ExitRecord = {
      exitCode: KILLED,
      finishedAt: this.#clock.now(),
      reason: 'Error',
      message: 'the container was killed because its shim had died',
    };
    claimJson(this.#path(ShimFile.exit), exit);
    this.#setExit(this.#read<ExitRecord>(ShimFile.exit) ?? exit);
  }

  #processes(): ContainerProcesses {
    return containerProcesses(this.#options.id, this.#options.directory, this.#options.controlGroups);
  }

  async #endProcesses(): Promise<void> {
    await this.#processes().end(this.#clock, KILL_MS);
  }

  #endUnstarted(reason: string, message: string): void {
    const exit: ExitRecord = { exitCode: START_FAILED, finishedAt: this.#clock.now(), reason, message };
    claimJson(this.#path(ShimFile.claim), { shim: { pid: 0, startTicks: 0, bootId: '' } } satisfies ClaimRecord);
    claimJson(this.#path(ShimFile.exit), exit);
    this.#setExit(exit);
  }

  #setExit(record: ExitRecord): void {
    if (this.#exit !== undefined) return;
    this.#exit = record;
    this.#resolveEnded();
    this.#onEnd();
  }

  async #endedWithin(milliseconds: number): Promise<void> {
    const waiting = new AbortController();
    const late = this.#clock.sleep(milliseconds, waiting.signal).catch(() => {});
    await Promise.race([this.#ended, late]);
    waiting.abort();
  }

  #read<T>(file: string): T | undefined {
    return readShimFile<T>(this.#options.directory, file);
  }

  #path(file: string): string {
    return join(this.#options.directory, file);
  }
}
