import type { Duplex } from 'node:stream';
import { Flag, FRAME_HEADER_BYTES, FrameType, writeFrameHeader } from './frames.js';
import type { Written } from './stream.js';

/** Small, since every connection may hold one. */
const SLAB_BYTES = 16 * 1024;
/** A payload up to this size is copied beside its header; a larger one goes to the socket as it is. */
const COPY_BYTES_MAX = 4 * 1024;

const NONE = Buffer.alloc(0);

/** Gathers the frames of what runs now and hands them to the socket in one piece once that is done. */
export class FrameOutput {
  readonly #socket: Duplex;
  #slab: Buffer = NONE;
  #from = 0;
  #to = 0;
  #ready: Buffer[] = [];
  #scheduled = false;
  /** Told once all that is gathered now is written. */
  #written: Written[] = [];
  /** That are gathered. */
  bytes = 0;

  constructor(socket: Duplex) {
    this.#socket = socket;
  }

  frame(type: number, flags: number, streamId: number, payload: Buffer): void {
    const { length } = payload;
    this.bytes += FRAME_HEADER_BYTES + length;
    this.#reserve(FRAME_HEADER_BYTES + (length <= COPY_BYTES_MAX ? length : 0));
    writeFrameHeader(this.#slab, this.#to, { length, type, flags, streamId });
    this.#to += FRAME_HEADER_BYTES;
    if (length <= COPY_BYTES_MAX) {
      payload.copy(this.#slab, this.#to);
      this.#to += length;
    } else {
      this.#cut();
      this.#ready.push(payload);
    }
  }

  /** A header block, in as many frames as it takes where each may hold `frameBytes`. */
  headers(streamId: number, { block, end, frameBytes }: { block: Buffer; end: boolean; frameBytes: number }): void {
    const flags = end ? Flag.endStream : 0;
    if (block.length <= frameBytes) {
      this.frame(FrameType.headers, flags | Flag.endHeaders, streamId, block);
      return;
    }
    this.frame(FrameType.headers, flags, streamId, block.subarray(0, frameBytes));
    for (let at = frameBytes; at < block.length; at += frameBytes) {
      const last = at + frameBytes >= block.length;
      this.frame(FrameType.continuation, last ? Flag.endHeaders : 0, streamId, block.subarray(at, at + frameBytes));
    }
  }

  reset(streamId: number, code: number): void {
    const payload = Buffer.allocUnsafe(4);
    payload.writeUInt32BE(code);
    this.frame(FrameType.rstStream, 0, streamId, payload);
  }

  /** Lets the peer send so many more bytes, on the connection (0) or on a stream. */
  windowUpdate(streamId: number, bytes: number): void {
    if (bytes <= 0) return;
    const payload = Buffer.allocUnsafe(4);
    payload.writeUInt32BE(bytes);
    this.frame(FrameType.windowUpdate, 0, streamId, payload);
  }

  /** The last stream that was or may be dealt with, and why there will be no more. */
  goAway(lastStreamId: number, code: number, reason = ''): void {
    const payload = Buffer.alloc(8 + Buffer.byteLength(reason));
    payload.writeUInt32BE(lastStreamId, 0);
    payload.writeUInt32BE(code, 4);
    payload.write(reason, 8);
    this.frame(FrameType.goAway, 0, 0, payload);
  }

  /** Bytes that are frames already. */
  raw(bytes: Buffer): void {
    this.bytes += bytes.length;
    this.#reserve(bytes.length);
    bytes.copy(this.#slab, this.#to);
    this.#to += bytes.length;
  }

  /** Until then the payloads that were given must stay as they are. */
  whenWritten(done: Written): void {
    this.#written.push(done);
    this.#schedule();
  }

  #reserve(bytes: number): void {
    if (this.#to + bytes > this.#slab.length) {
      this.#cut();
      this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
      this.#from = 0;
      this.#to = 0;
    }
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    // Runs once every promise that is settled now has been followed up.
    process.nextTick(() => this.flush());
  }

  #cut(): void {
    if (this.#to > this.#from) this.#ready.push(this.#slab.subarray(this.#from, this.#to));
    this.#from = this.#to;
  }

  flush(): void {
    this.#scheduled = false;
    this.#cut();
    this.bytes = 0;
    const [chunks, written] = [this.#ready, this.#written];
    if (chunks.length === 0 && written.length === 0) return;
    this.#ready = [];
    this.#written = [];
    const done = written.length === 0 ? undefined : (error?: Error | null) => written.forEach((it) => void it(error));
    if (this.#socket.destroyed) {
      done?.(new Error('the connection is closed'));
      return;
    }
    if (chunks.length === 1) this.#socket.write(chunks[0], done);
    else {
      this.#socket.cork();
      for (let at = 0; at < chunks.length - 1; at += 1) this.#socket.write(chunks[at]);
      this.#socket.write(chunks.at(-1) ?? NONE, done);
      this.#socket.uncork();
    }
  }
}
