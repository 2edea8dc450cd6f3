import type { Writable } from 'node:stream';

/** Writes to a gRPC stream and resolves when it takes more: grpc-js buffers without limit unless this is honoured. */
export function writeTo<T>(stream: Pick<Writable, 'write' | 'once' | 'off' | 'destroyed'>, message: T): Promise<void> {
  if (stream.destroyed) return Promise.reject(new Error('the stream is closed'));
  if (stream.write(message)) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => () => {
      for (const [event, listener] of listeners) stream.off(event, listener);
      act();
    };
    const closed = () => reject(new Error('the stream is closed'));
    const listeners: [string, () => void][] = [
      ['drain', settle(resolve)],
      ['close', settle(closed)],
      ['error', settle(closed)],
      ['cancelled', settle(closed)],
    ];
    for (const [event, listener] of listeners) stream.once(event, listener);
  });
}
