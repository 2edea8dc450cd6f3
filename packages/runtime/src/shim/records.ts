import type { LaunchSpec } from '../process/launch.js';
import type { ProcessIdentity } from '../process/proc.js';

/** Files of a container's directory. The shim writes all but `spec.json`; each but one is written once and never changed. */
export const ShimFile = {
  spec: 'spec.json',
  /** Made by link(2): whoever makes it, and nobody else ever, starts the container. */
  claim: 'claim.json',
  started: 'started.json',
  exit: 'exit.json',
  /** Rewritten while the container runs: who descends from it and left its session. Only without a control group. */
  descendants: 'descendants.json',
  socket: 'shim.sock',
  output: 'shim.log',
} as const;

/** What the shim is to run. */
export interface ShimSpec extends LaunchSpec {
  env: Record<string, string>;
  tty: boolean;
  stdin: boolean;
  stdinOnce: boolean;
  /** Empty: the output is not kept. */
  logPath: string;
  oomScoreAdj?: number | undefined;
}

export interface ClaimRecord {
  shim: ProcessIdentity;
}

/** On disk before the program runs: a process that runs is always known. */
export interface StartedRecord {
  process: ProcessIdentity;
  /** Wall time in milliseconds. */
  startedAt: number;
}

export interface ExitRecord {
  exitCode: number;
  /** Wall time in milliseconds. */
  finishedAt: number;
  reason?: string;
  message?: string;
}
