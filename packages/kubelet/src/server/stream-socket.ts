import { WebSocket } from 'ws';

const PROTOCOLS = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];
/** What may wait in a socket before its source is held back. */
export const BACKLOG_BYTES_MAX = 256 * 1024;

/** Opens the URL that CRI's Exec, Attach or PortForward answered, as a WebSocket; paused until the caller listens. */
export async function openStream(url: string, query = ''): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}${query}`, PROTOCOLS, { perMessageDeflate: false });
  await new Promise<void>((resolve, reject) => {
    socket.once('open', () => {
      socket.pause();
      resolve();
    });
    socket.once('error', reject);
  });
  return socket;
}

export function channelFrame(channel: number, payload: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([channel]), payload]);
}
