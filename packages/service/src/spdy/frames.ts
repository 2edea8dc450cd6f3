/** SPDY/3.1's frames, as far as remote commands and forwarded ports use them. */

export const ControlType = {
  SYN_STREAM: 1,
  SYN_REPLY: 2,
  RST_STREAM: 3,
  SETTINGS: 4,
  PING: 6,
  GOAWAY: 7,
  HEADERS: 8,
  WINDOW_UPDATE: 9,
} as const;

export const FLAG_FIN = 1;
/** Why a stream is reset. */
export const ResetStatus = { PROTOCOL_ERROR: 1, INVALID_STREAM: 2, REFUSED_STREAM: 3, CANCEL: 5 } as const;

const VERSION = 3;
const HEAD_BYTES = 8;
const CONTROL_BIT = 0x80000000;
const ID_MASK = 0x7fffffff;
/** No control frame that means anything here comes near to this. */
const CONTROL_BYTES_MAX = 64 * 1024;

export class SpdyError extends Error {
  override readonly name = 'SpdyError';
}

export interface FrameSink {
  control(type: number, flags: number, payload: Buffer): void;
  /** A part of a data frame; `fin` with the last part of a stream's last frame. */
  data(streamId: number, chunk: Buffer, fin: boolean): void;
}

interface Head {
  readonly control: boolean;
  /** A control frame's type or a data frame's stream. */
  readonly id: number;
  readonly flags: number;
  readonly length: number;
}

/** Cuts a stream of bytes into frames; data is passed on as it comes, control frames whole. Throws SpdyError. */
export class FrameReader {
  readonly #sink: FrameSink;
  #waiting: Buffer = Buffer.alloc(0);
  #head: Head | undefined;
  /** What is still to come of the data frame that is being read. */
  #left = 0;
  #controls = 0;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** Passes on what is whole, of control frames no more than so many; whether there may be more to pass on. */
  push(chunk: Buffer, controlsMax = Number.POSITIVE_INFINITY): boolean {
    let rest = this.#waiting.length === 0 ? chunk : Buffer.concat([this.#waiting, chunk]);
    this.#controls = 0;
    while (rest.length > 0 && this.#controls < controlsMax) {
      const taken = this.#head === undefined ? this.#readHead(rest) : this.#readBody(this.#head, rest);
      if (taken === 0) break;
      rest = rest.subarray(taken);
    }
    this.#waiting = rest;
    return rest.length > 0 && this.#controls >= controlsMax;
  }

  #control(id: number, flags: number, payload: Buffer): void {
    this.#controls += 1;
    this.#sink.control(id, flags, payload);
  }

  #readHead(bytes: Buffer): number {
    if (bytes.length < HEAD_BYTES) return 0;
    const word = bytes.readUInt32BE(0);
    const control = word >= CONTROL_BIT;
    const head = {
      control,
      id: control ? word & 0xffff : word & ID_MASK,
      flags: bytes[4]!,
      length: bytes.readUIntBE(5, 3),
    };
    if (control && ((word >>> 16) & 0x7fff) !== VERSION) throw new SpdyError('a frame of another version of SPDY');
    if (control && head.length > CONTROL_BYTES_MAX) throw new SpdyError(`a control frame of ${head.length} bytes`);
    if (control && head.length === 0) this.#control(head.id, head.flags, Buffer.alloc(0));
    else if (head.length === 0) this.#sink.data(head.id, Buffer.alloc(0), (head.flags & FLAG_FIN) !== 0);
    else {
      this.#head = head;
      this.#left = head.length;
    }
    return HEAD_BYTES;
  }

  #readBody(head: Head, bytes: Buffer): number {
    const { control, id, flags, length } = head;
    if (control) {
      if (bytes.length < length) return 0;
      this.#head = undefined;
      this.#control(id, flags, bytes.subarray(0, length));
      return length;
    }
    const chunk = bytes.subarray(0, this.#left);
    this.#left -= chunk.length;
    if (this.#left === 0) this.#head = undefined;
    this.#sink.data(id, chunk, this.#left === 0 && (flags & FLAG_FIN) !== 0);
    return chunk.length;
  }
}

export function controlFrame(type: number, flags: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32BE(CONTROL_BIT + VERSION * 0x10000 + type, 0);
  head[4] = flags;
  head.writeUIntBE(payload.length, 5, 3);
  return Buffer.concat([head, payload]);
}

export function dataFrame(streamId: number, chunk: Uint8Array, fin: boolean): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32BE(streamId, 0);
  head[4] = fin ? FLAG_FIN : 0;
  head.writeUIntBE(chunk.length, 5, 3);
  return Buffer.concat([head, chunk]);
}

export function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, index * 4);
  return bytes;
}

/** The stream that a control frame is about. */
export function streamIdIn(payload: Buffer): number {
  if (payload.length < 4) throw new SpdyError('a control frame without its stream');
  return payload.readUInt32BE(0) & ID_MASK;
}
