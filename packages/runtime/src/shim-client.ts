import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { connectTcp } from '@keelson/service/sockets';
import { RuntimeError } from './errors.js';
import { encodeFrame, encodeJsonFrame, Frame, FrameReader, type ShimRequest } from './shim/frames.js';
import { type ExitRecord, ShimFile } from './shim/records.js';

const SHIM_PROGRAM = fileURLToPath(new URL('./shim/main.js', import.meta.url));
/** The shim is small and mostly idle: a young heap of a megabyte and no compiler threads keep it so. */
const SHIM_NODE_FLAGS = ['--max-semi-space-size=1', '--single-threaded-gc', '--no-warnings'];

/** Starts a shim that outlives this process; resolves when its program runs, could not be started, or it has ended. */
export async function startShim(directory: string): Promise<void> {
  const output = openSync(join(directory, ShimFile.output), 'a', 0o600);
  const shim = spawn(process.execPath, [...SHIM_NODE_FLAGS, SHIM_PROGRAM, directory], {
    cwd: '/',
    detached: true,
    stdio: ['ignore', output, output, 'pipe'],
  });
  closeSync(output);
  const settled = shim.stdio[3] as Readable;
  await new Promise<void>((resolve, reject) => {
    settled.once('data', () => resolve());
    shim.once('exit', () => resolve());
    shim.once('error', (error) =>
      reject(new RuntimeError('internal', `cannot start a shim: ${error.message}`, { cause: error })),
    );
  });
  settled.destroy();
  shim.unref();
}

/** One conversation with a shim. */
export interface ShimCall {
  send(kind: Frame, payload?: Uint8Array): boolean;
  /** The socket itself, for back-pressure. */
  socket: Socket;
  close(): void;
}

export interface ShimEvents {
  onAnswer?(error: string | undefined): void;
  onOutput?(stream: 'stdout' | 'stderr', chunk: Buffer): void;
  onExit?(record: ExitRecord): void;
  /** Once, after everything else: with the error if the shim could not be reached. */
  onClose(error: Error | undefined): void;
}

/** Connects to the shim of a container's directory, asks, and reports what it says. */
export function callShim(directory: string, request: ShimRequest, events: ShimEvents): ShimCall {
  const socket = connectIn(directory);
  let failure: Error | undefined;
  const reader = new FrameReader((kind, payload) => {
    if (kind === Frame.STDOUT) events.onOutput?.('stdout', Buffer.from(payload));
    else if (kind === Frame.STDERR) events.onOutput?.('stderr', Buffer.from(payload));
    else if (kind === Frame.EXIT) events.onExit?.(JSON.parse(payload.toString()) as ExitRecord);
    else if (kind === Frame.CONTROL) events.onAnswer?.((JSON.parse(payload.toString()) as { error?: string }).error);
  });
  socket.on('data', (chunk: Buffer) => {
    try {
      reader.push(chunk);
    } catch (error) {
      socket.destroy(error as Error);
    }
  });
  socket.on('error', (error) => {
    failure = error;
  });
  socket.on('close', () => events.onClose(failure));
  socket.write(encodeJsonFrame(Frame.CONTROL, request));
  return {
    send: (kind, payload) => socket.write(encodeFrame(kind, payload)),
    socket,
    close: () => socket.destroy(),
  };
}

/** A socket's path may hold about a hundred bytes; going through the directory's descriptor keeps it short. */
function connectIn(directory: string): Socket {
  const descriptor = openSync(directory, 'r');
  const socket = connectTcp({ path: `/proc/self/fd/${descriptor}/${ShimFile.socket}` });
  closeSync(descriptor);
  return socket;
}
