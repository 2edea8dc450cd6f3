import type { Socket } from 'node:net';
import {
  BACKLOG_BYTES_MAX,
  Channel,
  connectTcp,
  channelFrame as frame,
  terminalSizeIn,
} from '@keelson/service/sockets';
import type { WebSocket } from '@keelson/service/web-socket';
import type { StreamSession } from '../workload.js';

/** Joins a program's streams to a WebSocket until either ends. */
export async function serveSession(socket: WebSocket, session: StreamSession): Promise<void> {
  let ended = false;
  await new Promise<void>((resolve) => {
    session.onOutput((stream, chunk) => {
      const channel = stream === 'stdout' ? Channel.STDOUT : Channel.STDERR;
      sendPaced(socket, channel, chunk, session);
    });
    session.onEnd((exitCode) => {
      socket.send(frame(Channel.ERROR, Buffer.from(JSON.stringify(exitStatus(exitCode ?? 0)))));
      ended = true;
      close(socket);
      resolve();
    });
    session.onDrain(() => socket.resume());
    socket.on('message', (data: Buffer) => {
      if (!ended) take(socket, session, data);
    });
    socket.on('close', () => {
      session.abandon();
      resolve();
    });
    socket.resume();
  });
}

function take(socket: WebSocket, session: StreamSession, data: Buffer): void {
  const payload = data.subarray(1);
  if (data[0] === Channel.STDIN) {
    if (payload.length > 0 && !session.write(payload)) socket.pause();
  } else if (data[0] === Channel.CLOSE && payload[0] === Channel.STDIN) session.closeInput();
  else if (data[0] === Channel.RESIZE) {
    const size = terminalSizeIn(payload);
    if (size !== undefined) session.resize(size.width, size.height);
  }
}

function sendPaced(socket: WebSocket, channel: number, chunk: Buffer, source: { pause(): void; resume(): void }): void {
  socket.send(frame(channel, chunk), () => {
    if (socket.bufferedAmount < BACKLOG_BYTES_MAX) source.resume();
  });
  if (socket.bufferedAmount >= BACKLOG_BYTES_MAX) source.pause();
}

/** metav1.Status of a command's end, as the remote command protocol has it since v4. */
export function exitStatus(exitCode: number): object {
  const base = { metadata: {}, kind: 'Status', apiVersion: 'v1' };
  if (exitCode === 0) return { ...base, status: 'Success' };
  return {
    ...base,
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${exitCode}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] },
  };
}

/** Forwards each port over two channels, data and error; each begins with the port's number, as Kubernetes has it. */
export async function servePortForward(socket: WebSocket, host: string, ports: readonly number[]): Promise<void> {
  const targets: Socket[] = [];
  let open = ports.length;
  for (const [index, port] of ports.entries()) {
    const number = Buffer.alloc(2);
    number.writeUInt16LE(port);
    for (const channel of [2 * index, 2 * index + 1]) socket.send(frame(channel, number));
    const target = connectTcp({ port, host, allowHalfOpen: true });
    targets.push(target);
    target.on('data', (chunk: Buffer) => sendPaced(socket, 2 * index, chunk, target));
    target.on('drain', () => socket.resume());
    target.on('error', (error) =>
      socket.send(frame(2 * index + 1, Buffer.from(`error forwarding port ${port}: ${error.message}`))),
    );
    target.on('end', () => target.end());
    target.on('close', () => {
      open -= 1;
      if (open === 0) close(socket);
    });
  }
  socket.on('message', (data: Buffer) => {
    const isClose = data[0] === Channel.CLOSE;
    const channel = (isClose ? data[1] : data[0]) ?? 1;
    const target = channel % 2 === 0 ? targets[channel / 2] : undefined;
    if (target === undefined || target.destroyed || target.writableEnded || data.length === 1) return;
    if (isClose) target.end();
    else if (!target.write(data.subarray(1))) socket.pause();
  });
  await new Promise<void>((resolve) => {
    socket.resume();
    socket.on('close', () => {
      for (const target of targets) target.destroy();
      resolve();
    });
  });
}

/** A paused socket would not see the answer to its close. */
function close(socket: WebSocket): void {
  socket.resume();
  socket.close(1000);
}
