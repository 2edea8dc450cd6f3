import { ApiError, type Status } from '@keelson/api';
import type { Init, keelson } from '@keelson/protocol';
import { writeTo } from '@keelson/service';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Upgrade } from '../doors/rest/stream-door.js';
import type { PodTarget } from './pod-target.js';

/** The sub-protocols of Kubernetes' remote command over WebSocket that are understood, newest first. */
const PROTOCOLS = ['v5.channel.k8s.io', 'v4.channel.k8s.io'] as const;
const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const ERROR = 3;
const RESIZE = 4;
/** v5 only: the client closes a channel. */
const CLOSE = 255;

export interface ExecOptions {
  readonly command: readonly string[];
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** Bridges one WebSocket to a kubelet's Exec or Attach stream: each message carries its channel in its first byte. */
export async function bridgeExec(
  target: PodTarget,
  verb: 'exec' | 'attach',
  options: ExecOptions,
  upgrade: Upgrade,
  signal: AbortSignal,
): Promise<void> {
  const socket = await accept(upgrade);
  const call = target.kubelet[verb]({ signal });
  const { namespace = '', name = '' } = target.pod.metadata;
  call.write({ start: { ...options, namespace, pod: name, container: target.container } });
  let last: Promise<void> = Promise.resolve();
  const forward = (message: Init<keelson.ExecRequest>) => {
    socket.pause();
    last = last
      .then(() => writeTo(call, message))
      .then(
        () => socket.resume(),
        () => socket.close(),
      );
  };
  socket.on('message', (data: Buffer) => {
    const body = data.subarray(1);
    if (data[0] === STDIN) forward({ stdin: body });
    else if (data[0] === RESIZE) forward({ resize: sizeOf(body) });
    else if (data[0] === CLOSE && body[0] === STDIN) forward({ stdinClosed: true });
  });
  socket.on('close', () => call.cancel());
  socket.on('error', () => call.cancel());
  try {
    for await (const message of call as AsyncIterable<keelson.ExecResponse>) {
      if (message.stdout !== undefined) await send(socket, STDOUT, message.stdout);
      if (message.stderr !== undefined) await send(socket, STDERR, message.stderr);
      if (message.status !== undefined) await send(socket, ERROR, message.status);
    }
  } catch (error) {
    const { details } = error as { details?: string };
    await send(socket, ERROR, Buffer.from(JSON.stringify(failure(details ?? String(error))))).catch(() => {});
  }
  socket.close(1000);
}

function failure(text: string): Status {
  return new ApiError({ code: 500, reason: 'InternalError', message: text }).status();
}

function sizeOf(body: Buffer): { width: number; height: number } {
  const { Width = 0, Height = 0 } = JSON.parse(body.toString()) as { Width?: number; Height?: number };
  return { width: Width, height: Height };
}

/** Resolves once the bytes are handed to the socket, so that a slow client slows its container's output. */
function send(socket: WebSocket, channel: number, body: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.send(Buffer.concat([Buffer.of(channel), body]), { binary: true }, (error) =>
      error ? reject(error) : resolve(),
    );
  });
}

function accept({ request, socket, head }: Upgrade): Promise<WebSocket> {
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((it) => it.trim());
  const chosen = PROTOCOLS.find((it) => offered.includes(it));
  if (chosen === undefined) {
    throw new ApiError({
      code: 400,
      reason: 'BadRequest',
      message: `unable to upgrade: unsupported subprotocols [${offered.join(' ')}]: one of ${PROTOCOLS.join(', ')} is required`,
    });
  }
  const server = new WebSocketServer({ noServer: true, handleProtocols: () => chosen });
  return new Promise((resolve) => server.handleUpgrade(request, socket, head, resolve));
}
