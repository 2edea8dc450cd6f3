import { type Frame, unpad } from './frame-reader.js';
import { ConnectionError, ErrorCode, Flag, FrameType } from './frames.js';

/** Of one HEADERS frame and its continuations; compressed still. */
export interface HeaderBlock {
  readonly streamId: number;
  /** Nothing comes on the stream after it. */
  readonly end: boolean;
  readonly bytes: Buffer;
}

/** Of a priority, which is of no use here (RFC 9113 §5.3.2). */
const PRIORITY_BYTES = 5;
const FRAMES_MAX = 64;

/** Puts together what comes in several frames, between which nothing else may come (RFC 9113 §4.3). */
export class HeaderBlocks {
  readonly #bytesMax: number;
  #open: { readonly streamId: number; readonly end: boolean; readonly parts: Buffer[]; bytes: number } | undefined;

  constructor(options: { readonly bytesMax: number }) {
    this.#bytesMax = options.bytesMax;
  }

  /** The block that is complete with this frame; undefined while none is. @throws ConnectionError */
  take({ type, flags, streamId, payload }: Frame): HeaderBlock | undefined {
    if (this.#open) {
      if (type === FrameType.continuation && streamId === this.#open.streamId) return this.#continue(flags, payload);
      throw new ConnectionError(ErrorCode.protocol, 'a header block was interrupted');
    }
    if (type === FrameType.headers) return this.#begin(flags, streamId, payload);
    if (type === FrameType.continuation) throw new ConnectionError(ErrorCode.protocol, 'a continuation of nothing');
    return undefined;
  }

  #begin(flags: number, streamId: number, payload: Buffer): HeaderBlock | undefined {
    if (streamId === 0) throw new ConnectionError(ErrorCode.protocol, 'headers of no stream');
    const priorityBytes = flags & Flag.priority ? PRIORITY_BYTES : 0;
    const bytes = (flags & Flag.padded ? unpad(payload, priorityBytes) : payload).subarray(priorityBytes);
    const end = (flags & Flag.endStream) !== 0;
    if (flags & Flag.endHeaders) return { streamId, end, bytes };
    this.#open = { streamId, end, parts: [bytes], bytes: bytes.length };
    return undefined;
  }

  #continue(flags: number, payload: Buffer): HeaderBlock | undefined {
    const { streamId, end, parts } = this.#open!;
    parts.push(payload);
    this.#open!.bytes += payload.length;
    if (this.#open!.bytes > this.#bytesMax || parts.length > FRAMES_MAX) {
      throw new ConnectionError(ErrorCode.enhanceYourCalm, 'a header block without end');
    }
    if ((flags & Flag.endHeaders) === 0) return undefined;
    this.#open = undefined;
    return { streamId, end, bytes: Buffer.concat(parts) };
  }
}
