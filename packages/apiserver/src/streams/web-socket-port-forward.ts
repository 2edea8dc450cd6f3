import { channelFrame } from '@keelson/service/sockets';
import { messagesOf, sendMessage, type WebSocket } from '@keelson/service/web-socket';
import type { PodHost } from './pod-target.js';
import { forwardFailure, forwardPort } from './port-forward.js';

/** What may wait for one port; more ends the connection, for holding one port back would hold back all. */
const BACKLOG_BYTES_MAX = 4 * 1024 * 1024;

/** Each port has two channels, for data and for what goes wrong; each begins with the port's number. */
export async function forwardOverChannels(
  host: PodHost,
  ports: readonly number[],
  socket: WebSocket,
  signal: AbortSignal,
): Promise<void> {
  const inputs = ports.map(() => new Input());
  const send = (channel: number, bytes: Uint8Array) => sendMessage(socket, channelFrame(channel, bytes));
  const forward = async (port: number, index: number): Promise<void> => {
    const number = Buffer.alloc(2);
    number.writeUInt16LE(port);
    for (const channel of [2 * index, 2 * index + 1]) await send(channel, number);
    const client = { input: inputs[index]!, write: (bytes: Uint8Array) => send(2 * index, bytes) };
    try {
      await forwardPort(host, port, client, signal);
    } catch (error) {
      await send(2 * index + 1, forwardFailure(host, port, error));
    }
  };
  const forwarded = Promise.all(ports.map(forward)).catch(() => {}); // the client has left
  void forwarded.then(() => {
    socket.resume();
    socket.close(1000);
  });
  for await (const message of messagesOf(socket)) {
    const channel = message[0] ?? 1;
    const input = channel % 2 === 0 ? inputs[channel / 2] : undefined;
    if (input !== undefined && !input.take(message.subarray(1))) break;
  }
  for (const input of inputs) input.end();
  socket.terminate();
}

/** What the client has sent to one port. */
class Input implements AsyncIterable<Buffer> {
  #waiting: Buffer[] = [];
  #bytes = 0;
  #ended = false;
  #wake = () => {};

  /** False if too much waits. */
  take(chunk: Buffer): boolean {
    if (chunk.length === 0 || this.#ended) return true;
    this.#waiting.push(chunk);
    this.#bytes += chunk.length;
    this.#wake();
    return this.#bytes <= BACKLOG_BYTES_MAX;
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Buffer> {
    for (;;) {
      const chunks = this.#waiting;
      this.#waiting = [];
      this.#bytes = 0;
      yield* chunks;
      if (this.#waiting.length > 0) continue;
      if (this.#ended) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
