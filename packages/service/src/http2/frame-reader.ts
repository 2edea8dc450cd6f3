import { ConnectionError, ErrorCode, FRAME_BYTES_DEFAULT, FRAME_HEADER_BYTES, PREFACE } from './frames.js';

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  /** A view of what was read. */
  readonly payload: Buffer;
}

const NONE = Buffer.alloc(0);

/** Cuts what a peer sends into frames. */
export class FrameReader {
  #rest: Buffer = NONE;
  /** A client's first words are still to come. */
  #prefaceExpected: boolean;

  constructor(options: { readonly prefaceExpected: boolean }) {
    this.#prefaceExpected = options.prefaceExpected;
  }

  /** Calls `take` with each frame that is complete now, until it says no. @throws ConnectionError */
  push(chunk: Buffer, take: (frame: Frame) => boolean): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = bytes;
    if (this.#prefaceExpected && bytes.length < PREFACE.length) return;
    let at = this.#skipPreface(bytes);
    while (bytes.length - at >= FRAME_HEADER_BYTES) {
      const length = bytes.readUIntBE(at, 3);
      if (length > FRAME_BYTES_DEFAULT) throw new ConnectionError(ErrorCode.frameSize, `a frame of ${length} bytes`);
      const start = at + FRAME_HEADER_BYTES;
      if (bytes.length < start + length) break;
      const [type, flags, streamId] = [bytes[at + 3]!, bytes[at + 4]!, bytes.readUInt32BE(at + 5) & 0x7fffffff];
      at = start + length;
      if (!take({ type, flags, streamId, payload: bytes.subarray(start, at) })) return;
    }
    this.#rest = at === bytes.length ? NONE : bytes.subarray(at);
  }

  /** The number of bytes that it took. */
  #skipPreface(bytes: Buffer): number {
    if (!this.#prefaceExpected) return 0;
    if (PREFACE.compare(bytes, 0, PREFACE.length) !== 0) throw new ConnectionError(ErrorCode.protocol, 'no preface');
    this.#prefaceExpected = false;
    return PREFACE.length;
  }
}

/** The payload without its padding, of which `least` bytes must be left. @throws ConnectionError */
export function unpad(payload: Buffer, least: number): Buffer {
  const padding = payload[0] ?? 0;
  if (payload.length === 0 || padding + 1 + least > payload.length) {
    throw new ConnectionError(ErrorCode.protocol, 'more padding than payload');
  }
  return payload.subarray(1, payload.length - padding);
}

/** @throws ConnectionError */
export function requireLength(payload: Buffer, bytes: number): void {
  if (payload.length !== bytes) throw new ConnectionError(ErrorCode.frameSize, 'a frame of the wrong size');
}
