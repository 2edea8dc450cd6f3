import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { Init, keelson } from '@keelson/protocol';
import { BACKLOG_BYTES_MAX, CHANNEL_PROTOCOLS, Channel, channelFrame, resizePayload } from '@keelson/service/sockets';
import { openWebSocket, type WebSocket } from '@keelson/service/web-socket';

/** Joins a gRPC command stream to the runtime's channel socket, both ways with back-pressure, until it ends. */
export async function bridgeCommand(
  call: ServerDuplexStream<keelson.ExecRequest, Init<keelson.ExecResponse>>,
  url: string,
): Promise<void> {
  const socket = await openStream(url);
  socket.on('message', (data: Buffer) => {
    const payload = data.subarray(1);
    if (payload.length === 0 && data[0] !== Channel.ERROR) return;
    if (data[0] === Channel.STDOUT) write(call, socket, { stdout: payload });
    else if (data[0] === Channel.STDERR) write(call, socket, { stderr: payload });
    else if (data[0] === Channel.ERROR) write(call, socket, { status: payload });
  });
  call.on('data', ({ stdin, stdinClosed, resize }: keelson.ExecRequest) => {
    if (stdin !== undefined) send(call, socket, channelFrame(Channel.STDIN, stdin));
    else if (stdinClosed) send(call, socket, channelFrame(Channel.CLOSE, Buffer.from([Channel.STDIN])));
    else if (resize !== undefined) {
      send(call, socket, channelFrame(Channel.RESIZE, resizePayload(resize)));
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
  // Only the newer protocol can say that the client has ended its half.
  const canClose = socket.protocol === CHANNEL_PROTOCOLS[0];
  call.on('end', () => {
    if (canClose) send(call, socket, channelFrame(Channel.CLOSE, Buffer.from([0])));
  });
  await until(call, socket, () => failure);
}

/** Opens the URL that CRI's Exec, Attach or PortForward answered; paused until the caller listens. */
function openStream(url: string, query = ''): Promise<WebSocket> {
  return openWebSocket(`${url.replace(/^http/, 'ws')}${query}`, CHANNEL_PROTOCOLS);
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
