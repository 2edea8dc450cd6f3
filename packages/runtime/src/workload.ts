import type { ProcessTable } from './process/marks.js';
import type { ExitRecord, StartedRecord } from './shim/records.js';

export type WorkloadState = 'created' | 'running' | 'exited';

export interface WorkloadStatus {
  state: WorkloadState;
  started?: Pick<StartedRecord, 'startedAt'> | undefined;
  exit?: ExitRecord | undefined;
  /** Process id of the program, while it runs as a process. */
  pid?: number | undefined;
}

export interface Usage {
  /** Since the container began; never goes back. */
  cpuNanoseconds: number;
  /** What cannot be taken away without harm: all memory in use but file pages that nobody used lately. */
  workingSetBytes: number;
  usageBytes: number;
  rssBytes: number;
  minorFaults: number;
  majorFaults: number;
  processes: number;
}

export interface ExecOptions {
  command: string[];
  tty: boolean;
  stdin: boolean;
}

/** A program's or a container's streams while somebody is connected to them. */
export interface StreamSession {
  onOutput(take: (stream: 'stdout' | 'stderr', chunk: Buffer) => void): void;
  /** Once: the exit code, or undefined when there is none to report (detached). */
  onEnd(done: (exitCode: number | undefined) => void): void;
  /** False asks the caller to wait for `onDrain`. */
  write(chunk: Buffer): boolean;
  onDrain(go: () => void): void;
  closeInput(): void;
  resize(width: number, height: number): void;
  /** Holds output back, and lets it come again. */
  pause(): void;
  resume(): void;
  /** The caller is gone. */
  abandon(): void;
}

/** What runs one container. Every method may be called in any state. */
export interface Workload {
  readonly status: WorkloadStatus;
  /** Reads back what is on disk after the runtime was restarted. */
  recover(): Promise<void>;
  /** Rejects with `failed-precondition` if it was ever started before. */
  start(): Promise<void>;
  /** Resolves when it has ended: by itself, by its stop signal, or killed after `graceMs`. */
  stop(graceMs: number): Promise<void>;
  reopenLog(): Promise<void>;
  exec(options: ExecOptions): Promise<StreamSession>;
  attach(options: { stdin: boolean; stdout: boolean; stderr: boolean }): Promise<StreamSession>;
  setOomScore(score: number): void;
  usage(table: ProcessTable): Usage | undefined;
}
