import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Writable } from 'node:stream';
import { gatedLaunch } from '../process/launch.js';
import type { LogStream } from './log-writer.js';
import type { ShimSpec } from './records.js';

/** A container's program, with a terminal or with pipes. */
export interface Child {
  pid: number;
  /** Lets the program, which waits at the gate, begin. */
  open(): void;
  onOutput(take: (stream: LogStream, chunk: Buffer) => void): void;
  /** Called once, when the program has ended; its output may still be on the way. */
  onExit(done: (exitCode: number) => void): void;
  /** Called once, when no output can come any more. */
  onDrained(done: () => void): void;
  write(chunk: Buffer): void;
  closeInput(): void;
  resize(width: number, height: number): void;
}

export async function startChild(spec: ShimSpec): Promise<Child> {
  return spec.tty ? await withTerminal(spec) : await withPipes(spec);
}

async function withPipes(spec: ShimSpec): Promise<Child> {
  const { file, args } = gatedLaunch(spec, 3);
  const child = spawn(file, args, {
    cwd: '/',
    env: spec.env,
    detached: true,
    stdio: [spec.stdin ? 'pipe' : 'ignore', 'pipe', 'pipe', 'pipe'],
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  const gate = child.stdio[3] as Writable;
  for (const stream of [gate, child.stdin]) stream?.on('error', () => {});
  return {
    pid: child.pid as number,
    open: () => gate.end('go\n'),
    onOutput(take) {
      child.stdout?.on('data', (chunk: Buffer) => take('stdout', chunk));
      child.stderr?.on('data', (chunk: Buffer) => take('stderr', chunk));
    },
    onExit: (done) => child.once('exit', (code, signal) => done(exitCodeOf(code, signal))),
    onDrained: (done) => child.once('close', done),
    write: (chunk) => void child.stdin?.write(chunk),
    closeInput: () => void child.stdin?.end(),
    resize: () => {},
  };
}

async function withTerminal(spec: ShimSpec): Promise<Child> {
  const { spawn: spawnTerminal } = await import('@lydell/node-pty');
  const { file, args } = gatedLaunch(spec, 0);
  const terminal = spawnTerminal(file, args, { cwd: '/', env: spec.env, name: 'xterm', encoding: null });
  let take: ((stream: LogStream, chunk: Buffer) => void) | undefined;
  let gateEcho = 2;
  terminal.onData((data) => {
    // The terminal echoes the line that opened the gate; the program's output begins after it.
    const chunk = Buffer.from(data as unknown as Uint8Array);
    const echo = Math.min(gateEcho, chunk.length);
    gateEcho -= echo;
    if (chunk.length > echo) take?.('stdout', chunk.subarray(echo));
  });
  let drained: (() => void) | undefined;
  return {
    pid: terminal.pid,
    open: () => terminal.write('\n'),
    onOutput: (next) => {
      take = next;
    },
    onExit: (done) =>
      terminal.onExit(({ exitCode, signal }) => {
        done(signal ? 128 + signal : exitCode);
        drained?.();
      }),
    onDrained: (done) => {
      drained = done;
    },
    write: (chunk) => terminal.write(chunk as unknown as string),
    closeInput: () => terminal.write('\x04'),
    resize: (width, height) => terminal.resize(Math.max(1, width), Math.max(1, height)),
  };
}

export function exitCodeOf(code: number | null, signal: NodeJS.Signals | null): number {
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
}
