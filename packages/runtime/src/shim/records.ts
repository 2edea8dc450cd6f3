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

/** Whether a value read from one of these files has the shape that the runtime relies on. */
export function hasShape(file: string, value: unknown): boolean {
  if (file === ShimFile.descendants) return Array.isArray(value) && value.every(isProcess);
  if (typeof value !== 'object' || value === null) return false;
  const { shim, process, startedAt, exitCode, finishedAt, id } = value as Record<string, unknown>;
  switch (file) {
    case ShimFile.claim:
      return isProcess(shim);
    case ShimFile.started:
      return isProcess(process) && typeof startedAt === 'number';
    case ShimFile.exit:
      return typeof exitCode === 'number' && typeof finishedAt === 'number';
    default:
      return typeof id === 'string';
  }
}

function isProcess(value: unknown): boolean {
  const { pid, startTicks, bootId } = (value ?? {}) as Partial<ProcessIdentity>;
  return typeof pid === 'number' && typeof startTicks === 'number' && typeof bootId === 'string';
}
