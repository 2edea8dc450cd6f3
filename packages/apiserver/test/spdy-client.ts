import type { Duplex } from 'node:stream';
import { constants, createDeflate, createInflate, type Deflate, type Inflate } from 'node:zlib';
import { controlFrame, dataFrame, FrameReader, SPDY_DICTIONARY, words } from '@keelson/service/spdy';

/** A client of SPDY as kubectl is one: one zlib stream a direction, no windows. */
export class SpdyClient {
  /** What came on each stream, as text. */
  readonly received = new Map<number, string>();
  /** Streams that the server has ended its half of, and those that it has reset. */
  readonly ended = new Set<number>();
  readonly reset = new Map<number, number>();
  readonly replies: Buffer[] = [];
  readonly #transport: Duplex;
  readonly #deflate: Deflate = createDeflate({ dictionary: SPDY_DICTIONARY });
  #wake: () => void = () => {};
  #nextStream = 1;
  closed = false;

  constructor(transport: Duplex) {
    this.#transport = transport;
    const reader = new FrameReader({
      control: (type, _flags, payload) => {
        if (type === 2) this.replies.push(payload.subarray(4));
        if (type === 3) this.reset.set(payload.readUInt32BE(0), payload.readUInt32BE(4));
        this.#wake();
      },
      data: (id, chunk, fin) => {
        this.received.set(id, (this.received.get(id) ?? '') + chunk.toString('latin1'));
        if (fin) this.ended.add(id);
        this.#wake();
      },
    });
    transport.on('data', (chunk: Buffer) => reader.push(chunk));
    transport.on('error', () => {});
    for (const event of ['end', 'close']) {
      transport.on(event, () => {
        this.closed = true;
        this.#wake();
      });
    }
  }

  async open(headers: Readonly<Record<string, string>>, fin = false): Promise<number> {
    const id = this.#nextStream;
    this.#nextStream += 2;
    const block = await this.#compressed(headers);
    this.write(controlFrame(1, fin ? 1 : 0, Buffer.concat([words(id, 0), Buffer.alloc(2), block])));
    return id;
  }

  send(id: number, text: string | Buffer, fin = false): void {
    this.write(dataFrame(id, Buffer.from(text as string), fin));
  }

  write(bytes: Buffer): void {
    this.#transport.write(bytes);
  }

  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  destroy(): void {
    this.#transport.destroy();
  }

  /** The server's header blocks, read as one zlib stream. */
  async replyHeaders(): Promise<Buffer> {
    const inflate: Inflate = createInflate({ dictionary: SPDY_DICTIONARY, finishFlush: constants.Z_SYNC_FLUSH });
    const parts: Buffer[] = [];
    inflate.on('data', (part: Buffer) => parts.push(part));
    for (const block of this.replies) await new Promise((resolve) => inflate.write(block, resolve));
    return Buffer.concat(parts);
  }

  #compressed(headers: Readonly<Record<string, string>>): Promise<Buffer> {
    const word = (text: string) => Buffer.concat([words(Buffer.byteLength(text)), Buffer.from(text)]);
    const entries = Object.entries(headers).flatMap(([name, value]) => [word(name), word(value)]);
    const parts: Buffer[] = [];
    const take = (part: Buffer) => parts.push(part);
    this.#deflate.on('data', take);
    return new Promise((resolve) => {
      this.#deflate.write(Buffer.concat([words(entries.length / 2), ...entries]));
      this.#deflate.flush(constants.Z_SYNC_FLUSH, () => {
        this.#deflate.off('data', take);
        resolve(Buffer.concat(parts));
      });
    });
  }
}
