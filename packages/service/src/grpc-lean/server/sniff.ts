import type { Socket } from 'node:net';
import type { Clock } from '../../clock.js';
import { PREFACE } from '../../http2/frames.js';

/** So many bytes tell HTTP/2 from every method of HTTP/1. */
const TELLING_BYTES = 4;

/** Reads the first bytes of a connection to learn what it speaks; one that says nothing in time is closed. */
export function sniff(
  socket: Socket,
  clock: Clock,
  timeoutMs: number,
  is: { http2(first: Buffer): void; http1(first: Buffer): void },
): void {
  let first = Buffer.alloc(0);
  const stop = () => {
    timer.cancel();
    socket.off('data', take);
    socket.off('close', stop);
  };
  const timer = clock.after(timeoutMs, () => {
    stop();
    socket.destroy();
  });
  const take = (chunk: Buffer) => {
    first = Buffer.concat([first, chunk]);
    if (first.length < TELLING_BYTES) return;
    stop();
    if (PREFACE.compare(first, 0, TELLING_BYTES, 0, TELLING_BYTES) === 0) is.http2(first);
    else is.http1(first);
  };
  socket.on('data', take);
  socket.on('close', stop);
  socket.on('error', () => undefined);
}
