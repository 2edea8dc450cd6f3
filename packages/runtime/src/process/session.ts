import { type ChildProcess, spawn } from 'node:child_process';
import { exitCodeOf } from '../shim/child.js';
import type { StreamSession } from '../workload.js';
import type { Launch } from './launch.js';
import { sendSignal } from './proc.js';

export interface SessionOptions {
  launch: Launch;
  env: Record<string, string>;
  stdin: boolean;
}

/** Runs a program with pipes as a session of its own. Rejects if it cannot be started. */
export async function pipeSession(options: SessionOptions): Promise<StreamSession> {
  const child = spawn(options.launch.file, options.launch.args, {
    cwd: '/',
    env: options.env,
    detached: true,
    stdio: [options.stdin ? 'pipe' : 'ignore', 'pipe', 'pipe'],
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  child.stdin?.on('error', () => {});
  return {
    onOutput(take) {
      child.stdout?.on('data', (chunk: Buffer) => take('stdout', chunk));
      child.stderr?.on('data', (chunk: Buffer) => take('stderr', chunk));
    },
    onEnd: (done) => onClosed(child, done),
    write: (chunk) => child.stdin?.write(chunk) ?? true,
    onDrain: (go) => void child.stdin?.on('drain', go),
    closeInput: () => void child.stdin?.end(),
    resize: () => {},
    pause: () => [child.stdout, child.stderr].forEach((stream) => void stream?.pause()),
    resume: () => [child.stdout, child.stderr].forEach((stream) => void stream?.resume()),
    abandon: () => {
      if (child.exitCode === null && child.signalCode === null) sendSignal(-(child.pid as number), 'SIGKILL');
    },
  };
}

function onClosed(child: ChildProcess, done: (exitCode: number | undefined) => void): void {
  child.once('close', (code, signal) => done(exitCodeOf(code, signal)));
}

/** Runs a program on a terminal of its own. */
export async function terminalSession(options: SessionOptions): Promise<StreamSession> {
  const { spawn: spawnTerminal } = await import('@lydell/node-pty');
  const terminal = spawnTerminal(options.launch.file, options.launch.args, {
    cwd: '/',
    env: { TERM: 'xterm', ...options.env },
    name: 'xterm',
    encoding: null,
  });
  let ended = false;
  terminal.onExit(() => {
    ended = true;
  });
  return {
    onOutput: (take) => void terminal.onData((data) => take('stdout', Buffer.from(data as unknown as Uint8Array))),
    onEnd: (done) => void terminal.onExit(({ exitCode, signal }) => done(signal ? 128 + signal : exitCode)),
    write: (chunk) => {
      if (!ended) terminal.write(chunk as unknown as string);
      return true;
    },
    onDrain: () => {},
    closeInput: () => {
      if (!ended) terminal.write('\x04');
    },
    resize: (width, height) => {
      if (!ended) terminal.resize(Math.max(1, width), Math.max(1, height));
    },
    pause: () => terminal.pause(),
    resume: () => terminal.resume(),
    abandon: () => {
      if (!ended) sendSignal(-terminal.pid, 'SIGKILL');
    },
  };
}
