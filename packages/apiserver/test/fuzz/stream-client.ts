import { connect, type TLSSocket } from 'node:tls';
import type { StreamRequest } from './stream-requests.js';

/** How an upgraded connection went on. */
export interface StreamOutcome {
  /** Of the answer to the upgrade. */
  readonly status: number;
  readonly isClosed: boolean;
  /** Of a WebSocket's close, where there was one. */
  readonly code: number | undefined;
}

const PATIENCE_MS = 5_000;
const QUIET_MS = 150;
const CLOSE = 0x88;

/** Asks for an upgrade, sends what comes after it, and sees how the server takes it. */
export async function stream(
  { head, frames, ends }: StreamRequest,
  port: number,
  identity: object,
): Promise<StreamOutcome> {
  const socket = connect({ host: '127.0.0.1', port, ...identity, ALPNProtocols: ['http/1.1'] });
  let received = Buffer.alloc(0);
  let isClosed = false;
  const events = new Waiter();
  socket.on('data', (chunk: Buffer) => {
    // What an echo says is of no interest beyond its beginning and its end.
    received = Buffer.concat([received, chunk]);
    events.tell();
  });
  socket.on('error', () => {});
  for (const event of ['close', 'end'])
    socket.on(event, () => {
      isClosed = true;
      events.tell();
    });
  try {
    socket.write(head);
    await events.until(() => received.includes('\r\n\r\n') || isClosed, PATIENCE_MS);
    const at = received.indexOf('\r\n\r\n');
    const status = Number(/^HTTP\/1\.1 (\d+)/.exec(received.toString('latin1'))?.[1] ?? 0);
    received = received.subarray(at + 4);
    if (status === 101) for (const part of batches(frames)) await sent(socket, part);
    await events.until(() => isClosed, ends === 'not' ? QUIET_MS : PATIENCE_MS);
    return { status, isClosed, code: closeCodeIn(received) };
  } finally {
    socket.destroy();
  }
}

/** Many small frames in few writes. */
function* batches(frames: readonly Buffer[]): Generator<Buffer> {
  for (let at = 0; at < frames.length; at += 200) yield Buffer.concat(frames.slice(at, at + 200));
}

function sent(socket: TLSSocket, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed) resolve();
    else socket.write(bytes, () => resolve());
  });
}

/** The frames of a server are not masked. */
function closeCodeIn(bytes: Buffer): number | undefined {
  for (let at = 0; at + 2 <= bytes.length; ) {
    const short = bytes[at + 1]!;
    const head = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (at + head > bytes.length) return undefined;
    const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : bytes.readUInt32BE(at + 6);
    if (bytes[at] === CLOSE) return length >= 2 ? bytes.readUInt16BE(at + head) : 1005;
    at += head + length;
  }
  return undefined;
}

class Waiter {
  #wake = () => {};

  tell(): void {
    this.#wake();
  }

  async until(isSo: () => boolean, milliseconds: number): Promise<void> {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.#wake();
    }, milliseconds);
    while (!isSo() && !isLate)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    clearTimeout(timer);
  }
}

/** What is wrong with how a stream ended; undefined: nothing. */
export function streamProblemOf(
  { ends }: StreamRequest,
  { status, isClosed, code }: StreamOutcome,
): string | undefined {
  if (status !== 101) return `the upgrade was answered with ${status}`;
  if (ends === 'not') return undefined;
  if (!isClosed) return 'the connection was not closed';
  if (ends === 'somehow' || (code !== undefined && ends.includes(code))) return undefined;
  return `closed with ${code ?? 'no code'} and not ${ends.join(' or ')}`;
}
