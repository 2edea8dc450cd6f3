import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Duplex } from 'node:stream';
import { gatedLaunch, READY } from '../process/launch.js';
import type { LogStream } from './log-writer.js';
import type { ShimSpec } from './records.js';

/** A container's program, with a terminal or with pipes. */
export interface Child {
  pid: number;
  /** Undefined when it waits at the gate; what it said instead if it ended before. */
  ready: Promise<string | undefined>;
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

/** A terminal answers the gate's newline by two bytes. */
const ECHO_BYTES = 2;

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
  const gate = child.stdio[3] as Duplex;
  for (const stream of [gate, child.stdin]) stream?.on('error', () => {});
  return {
    pid: child.pid as number,
    ready: readyAt(child, gate),
    open: () => gate.end('go\n'),
    onOutput(take) {
      child.stdout?.on('data', (chunk: Buffer) => take('stdout', chunk));
      child.stderr?.on('data', (chunk: Buffer) => take('stderr', chunk)).resume();
    },
    onExit: (done) => child.once('exit', (code, signal) => done(exitCodeOf(code, signal))),
    onDrained: (done) => child.once('close', done),
    write: (chunk) => void child.stdin?.write(chunk),
    closeInput: () => void child.stdin?.end(),
    resize: () => {},
  };
}

function readyAt(child: ChildProcess, gate: Duplex): Promise<string | undefined> {
  return new Promise((resolve) => {
    let said = '';
    const take = (chunk: Buffer) => {
      said += chunk.toString();
    };
    child.stderr?.on('data', take);
    gate.once('data', () => {
      child.stderr?.off('data', take).pause();
      resolve(undefined);
    });
    child.once('exit', () => setImmediate(() => resolve(said)));
  });
}

async function withTerminal(spec: ShimSpec): Promise<Child> {
  const { spawn: spawnTerminal } = await import('@lydell/node-pty');
  const { file, args } = gatedLaunch(spec, 0);
  const terminal = spawnTerminal(file, args, { cwd: '/', env: spec.env, name: 'xterm', encoding: null });
  let take: ((stream: LogStream, chunk: Buffer) => void) | undefined;
  // What shows that it is ready, and the terminal's echo of the line that opened the gate: the program's output begins
  // after both.
  let gateBytes = READY.length + ECHO_BYTES;
  let said = '';
  let settle: (problem: string | undefined) => void = () => {};
  const ready = new Promise<string | undefined>((resolve) => {
    settle = resolve;
  });
  terminal.onData((data) => {
    const chunk = Buffer.from(data as unknown as Uint8Array);
    if (gateBytes > ECHO_BYTES && !chunk.toString('latin1').startsWith(READY)) {
      said += chunk.toString();
      return;
    }
    const gate = Math.min(gateBytes, chunk.length);
    gateBytes -= gate;
    settle(undefined);
    if (chunk.length > gate) take?.('stdout', chunk.subarray(gate));
  });
  terminal.onExit(() => settle(said));
  let drained: (() => void) | undefined;
  return {
    pid: terminal.pid,
    ready,
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
