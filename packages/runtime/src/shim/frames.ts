/** What travels on a shim's socket: one byte of kind, four of length, the payload. */
export const Frame = {
  /** JSON: the caller's only request, or the shim's answer to it. */
  CONTROL: 0,
  STDIN: 1,
  STDOUT: 2,
  STDERR: 3,
  STDIN_CLOSED: 4,
  /** JSON {width, height}. */
  RESIZE: 5,
  /** JSON ExitRecord; the last frame. */
  EXIT: 6,
} as const;
export type Frame = (typeof Frame)[keyof typeof Frame];

/** What a caller asks of a shim. */
export type ShimRequest =
  | { op: 'watch' }
  | { op: 'attach'; stdin: boolean; stdout: boolean; stderr: boolean }
  | { op: 'reopen' };

const HEADER_BYTES = 5;
const PAYLOAD_BYTES_MAX = 1024 * 1024;

export function encodeFrame(kind: Frame, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const frame = Buffer.allocUnsafe(HEADER_BYTES + payload.length);
  frame[0] = kind;
  frame.writeUInt32BE(payload.length, 1);
  frame.set(payload, HEADER_BYTES);
  return frame;
}

export function encodeJsonFrame(kind: Frame, value: unknown): Buffer {
  return encodeFrame(kind, Buffer.from(JSON.stringify(value)));
}

/** Cuts a byte stream into frames; `push` throws when the peer does not speak this language. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);
  readonly #onFrame: (kind: Frame, payload: Buffer) => void;

  constructor(onFrame: (kind: Frame, payload: Buffer) => void) {
    this.#onFrame = onFrame;
  }

  push(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (this.#rest.length >= HEADER_BYTES) {
      const length = this.#rest.readUInt32BE(1);
      if (length > PAYLOAD_BYTES_MAX) throw new RangeError(`a frame of ${length} bytes is too long`);
      if (this.#rest.length < HEADER_BYTES + length) return;
      const kind = this.#rest[0] as Frame;
      const payload = this.#rest.subarray(HEADER_BYTES, HEADER_BYTES + length);
      this.#rest = this.#rest.subarray(HEADER_BYTES + length);
      this.#onFrame(kind, payload);
    }
  }
}
