import { request } from 'node:http';
import { Duplex } from 'node:stream';

/**
 * A stream of bytes in the binary messages of a WebSocket, as kubectl has it. Written by hand, for libraries do not offer
 * protocols with a slash in their names.
 */
export function openTunnel(port: number, path: string, protocol: string): Promise<Duplex> {
  const headers = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': Buffer.alloc(16).toString('base64'),
    'sec-websocket-protocol': protocol,
  };
  return new Promise((resolve, reject) => {
    const call = request({ host: '127.0.0.1', port, path, headers });
    call.on('upgrade', (response, socket, head) => {
      if (response.headers['sec-websocket-protocol'] === protocol) resolve(new Tunnel(socket, head));
      else reject(new Error(`agreed on ${response.headers['sec-websocket-protocol']}`));
    });
    call.on('response', (response) => reject(new Error(`${response.statusCode}`)));
    call.on('error', reject).end();
  });
}

class Tunnel extends Duplex {
  readonly #socket: Duplex;
  #waiting: Buffer;

  constructor(socket: Duplex, head: Buffer) {
    super();
    this.#socket = socket;
    this.#waiting = head;
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('error', () => {});
    socket.on('close', () => this.destroy());
  }

  /** Frames of a server are not masked. */
  #take(chunk: Buffer): void {
    this.#waiting = Buffer.concat([this.#waiting, chunk]);
    for (;;) {
      const short = this.#waiting[1] ?? 0;
      const head = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (this.#waiting.length < head) return;
      const length =
        short < 126 ? short : short === 126 ? this.#waiting.readUInt16BE(2) : this.#waiting.readUInt32BE(6);
      if (this.#waiting.length < head + length) return;
      if ((this.#waiting[0]! & 0xf) === 2) this.push(this.#waiting.subarray(head, head + length));
      this.#waiting = this.#waiting.subarray(head + length);
    }
  }

  override _read(): void {}

  /** A mask of zeros leaves the bytes as they are. */
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    const head = Buffer.alloc(8);
    head.writeUInt16BE(0x82fe, 0);
    head.writeUInt16BE(chunk.length, 2);
    this.#socket.write(Buffer.concat([head, chunk]), () => done());
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }
}
