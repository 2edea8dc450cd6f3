import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { createWebSocketStream, WebSocket, WebSocketServer } from 'ws';
import { protect } from './protect.js';

export type { WebSocket };

/** Upstream's limit for one message. */
const MESSAGE_BYTES_MAX = 32 * 1024 * 1024;

/** A connection that asks to become something else than HTTP. */
export interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

/** The sub-protocols that a client offers, in its order. */
export function offeredProtocols({ headers }: IncomingMessage): string[] {
  const text = headers['sec-websocket-protocol'] ?? '';
  return text === '' ? [] : text.split(',').map((it) => it.trim());
}

/**
 * Accepts a WebSocket, under `protocol` if there is one; it is paused until the caller listens. Rejects what is no handshake. Kubernetes'
 * names of protocols are not all ones that the standard allows (`SPDY/3.1+portforward.k8s.io`), so they stay out of the
 * library's sight.
 */
export function acceptWebSocket({ request, socket, head }: Upgrade, protocol: string | undefined): Promise<WebSocket> {
  const server = new WebSocketServer({ noServer: true, clientTracking: false, maxPayload: MESSAGE_BYTES_MAX });
  if (protocol !== undefined) server.on('headers', (headers) => headers.push(`Sec-WebSocket-Protocol: ${protocol}`));
  delete request.headers['sec-websocket-protocol'];
  return new Promise((resolve, reject) => {
    server.once('wsClientError', reject);
    server.handleUpgrade(request, socket, head, (accepted) => resolve(held(accepted)));
  });
}

/** Opens a WebSocket; it is paused until the caller listens. */
export async function openWebSocket(url: string, protocols: readonly string[]): Promise<WebSocket> {
  const socket = new WebSocket(url, [...protocols], { perMessageDeflate: false, maxPayload: MESSAGE_BYTES_MAX });
  await new Promise<void>((resolve, reject) => {
    protect(socket, (it) => it.terminate());
    socket.once('open', () => {
      socket.pause();
      resolve();
    });
    socket.once('error', reject);
  });
  return socket;
}

/** What may wait for a client that sends pings and does not read what they are answered with. */
const UNREAD_BYTES_MAX = 1024 * 1024;

function held(socket: WebSocket): WebSocket {
  socket.pause();
  socket.on('ping', () => {
    if (socket.bufferedAmount > UNREAD_BYTES_MAX) socket.terminate();
  });
  return protect(socket, (it) => it.terminate());
}

/** What comes over a WebSocket, as fast as it is taken; ends when the socket closes. */
export async function* messagesOf(socket: WebSocket): AsyncGenerator<Buffer> {
  const waiting: Buffer[] = [];
  let wake = () => {};
  const take = (data: Buffer) => {
    waiting.push(data);
    socket.pause();
    wake();
  };
  const closed = () => wake();
  socket.on('message', take);
  socket.on('close', closed);
  try {
    for (;;) {
      for (const message of waiting.splice(0)) yield message;
      if (waiting.length > 0) continue;
      if (socket.readyState === WebSocket.CLOSED) return;
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      socket.resume();
      await woken;
    }
  } finally {
    socket.off('message', take);
    socket.off('close', closed);
  }
}

/** Resolves once the message is handed to the connection. */
export function sendMessage(socket: WebSocket, message: Uint8Array, binary = true): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.send(message, { binary }, (error) => (error ? reject(error) : resolve()));
  });
}

/** A WebSocket whose messages carry one stream of bytes. */
export function streamOver(socket: WebSocket): Duplex {
  const stream = createWebSocketStream(socket);
  socket.resume();
  return protect(stream, (it) => it.destroy());
}
