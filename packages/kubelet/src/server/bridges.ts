import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { Init, keelson } from '@keelson/protocol';
import type { WebSocket } from 'ws';
import { BACKLOG_BYTES_MAX, channelFrame, openStream } from './stream-socket.js';

/** Kubernetes' remote command channels. */
const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const ERROR = 3;
const RESIZE = 4;
const CLOSE = 255;

/** Joins a gRPC command stream to the runtime's channel socket, both ways with back-pressure, until it ends. */
export async function bridgeCommand(
  call: ServerDuplexStream<keelson.ExecRequest, Init<keelson.ExecResponse>>,
  url: string,
): Promise<void> {
  const socket = await openStream(url);
  socket.on('message', (data: Buffer) => {
    const payload = data.subarray(1);
    if (payload.length === 0 && data[0] !== ERROR) return;
    if (data[0] === STDOUT) write(call, socket, { stdout: payload });
    else if (data[0] === STDERR) write(call, socket, { stderr: payload });
    else if (data[0] === ERROR) write(call, socket, { status: payload });
  });
  call.on('data', ({ stdin, stdinClosed, resize }: keelson.ExecRequest) => {
    if (stdin !== undefined) send(call, socket, channelFrame(STDIN, stdin));
    else if (stdinClosed) send(call, socket, channelFrame(CLOSE, Buffer.from([STDIN])));
    else if (resize !== undefined) {
      const size = { Width: resize.width, Height: resize.height };
      send(call, socket, channelFrame(RESIZE, Buffer.from(JSON.stringify(size))));
    }
  });
  await until(call, socket);
}

/** The same for one forwarded port: channel 0 carries data, channel 1 an error; each begins with the port. */
export async function bridgePort(
  call: ServerDuplexStream<keelson.PortForwardRequest, Init<keelson.PortForwardResponse>>,
  url: string,
  port: number,
): Promise<void> {
  const socket = await openStream(url, `?port=${port}`);
  const greeted = new Set<number>();
  let failure: Error | undefined;
  socket.on('message', (data: Buffer) => {
    const channel = data[0] ?? 0;
    if (!greeted.has(channel)) {
      greeted.add(channel);
      return;
    }
    if (channel === 0) write(call, socket, { data: data.subarray(1) });
    else failure = new Error(data.subarray(1).toString());
  });
  call.on('data', ({ data }: keelson.PortForwardRequest) => {
    if (data !== undefined) send(call, socket, channelFrame(0, data));
  });
  await until(call, socket, () => failure);
}

function write<R>(call: ServerDuplexStream<unknown, R>, socket: WebSocket, message: R): void {
  if (call.write(message)) return;
  socket.pause();
  call.once('drain', () => socket.resume());
}

function send(call: ServerDuplexStream<unknown, unknown>, socket: WebSocket, frame: Buffer): void {
  if (socket.readyState !== socket.OPEN) return;
  socket.send(frame, () => {
    if (socket.bufferedAmount < BACKLOG_BYTES_MAX) call.resume();
  });
  if (socket.bufferedAmount >= BACKLOG_BYTES_MAX) call.pause();
}

async function until(
  call: ServerDuplexStream<unknown, never> | ServerDuplexStream<never, never>,
  socket: WebSocket,
  failure: () => Error | undefined = () => undefined,
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    socket.on('close', () => {
      const error = failure();
      if (error !== undefined) reject(error);
      else {
        call.end();
        resolve();
      }
    });
    socket.on('error', reject);
    const leave = () => {
      // A paused socket would not see the answer to its close.
      socket.resume();
      socket.close();
    };
    call.on('cancelled', leave);
    call.on('error', leave);
    socket.resume();
    call.resume();
  });
}
