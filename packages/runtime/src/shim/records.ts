import type { ProcessIdentity } from '../process/proc.js';

/** Files of a container's directory. The shim writes all but `spec.json`; each is written once and never changed. */
export const ShimFile = {
  spec: 'spec.json',
  /** Made by link(2): whoever makes it, and nobody else ever, starts the container. */
  claim: 'claim.json',
  started: 'started.json',
  exit: 'exit.json',
  socket: 'shim.sock',
  output: 'shim.log',
} as const;

/** What the shim is to run. */
export interface ShimSpec {
  id: string;
  argv: string[];
  env: Record<string, string>;
  cwd: string;
  tty: boolean;
  stdin: boolean;
  stdinOnce: boolean;
  /** Empty: the output is not kept. */
  logPath: string;
  /** A shell script that prepares the container's view of the file system; empty: the host's as it is. */
  mountScript: string;
  user?: { uid: number; gid: number; groups: number[] } | undefined;
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
