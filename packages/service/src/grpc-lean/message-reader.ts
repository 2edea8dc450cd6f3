import { gunzipSync, inflateSync } from 'node:zlib';
import { status } from '@grpc/grpc-js';
import { statusError } from './status.js';

const PREFIX_BYTES = 5;
const NONE = Buffer.alloc(0);

/** Puts gRPC's length-prefixed messages together from the pieces in which they come. */
export class MessageReader {
  readonly #bytesMax: number;
  readonly #encoding: string;
  #parts: Buffer[] = [];
  #bytes = 0;
  /** The size of the message that is under way, with its prefix. */
  #wanted = 0;

  constructor(bytesMax: number, encoding: string) {
    this.#bytesMax = bytesMax;
    this.#encoding = encoding;
  }

  get isBetweenMessages(): boolean {
    return this.#bytes === 0;
  }

  /** Calls `take` for each message that is complete now. @throws a gRPC status */
  push(piece: Buffer, take: (message: Buffer) => void): void {
    let bytes = piece;
    if (this.#bytes > 0) {
      this.#parts.push(piece);
      this.#bytes += piece.length;
      if (this.#bytes < Math.max(PREFIX_BYTES, this.#wanted)) return;
      bytes = Buffer.concat(this.#parts, this.#bytes);
    }
    let at = 0;
    this.#wanted = 0;
    while (bytes.length - at >= PREFIX_BYTES) {
      const length = bytes.readUInt32BE(at + 1);
      if (length > this.#bytesMax) throw tooLarge(length, this.#bytesMax);
      const end = at + PREFIX_BYTES + length;
      this.#wanted = end - at;
      if (bytes.length < end) break;
      const message = bytes.subarray(at + PREFIX_BYTES, end);
      take(bytes[at] === 1 ? this.#decompress(message) : message);
      at = end;
      this.#wanted = 0;
    }
    this.#parts = at === bytes.length ? [] : [bytes.subarray(at)];
    this.#bytes = bytes.length - at;
  }

  #decompress(message: Buffer): Buffer {
    const limit = { maxOutputLength: this.#bytesMax };
    try {
      if (this.#encoding === 'gzip') return message.length === 0 ? NONE : gunzipSync(message, limit);
      if (this.#encoding === 'deflate') return inflateSync(message, limit);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
        throw statusError(
          status.RESOURCE_EXHAUSTED,
          `grpc: received message after decompression larger than max ${this.#bytesMax}`,
        );
      }
      throw statusError(
        status.INTERNAL,
        `grpc: failed to decompress the received message: ${(error as Error).message}`,
      );
    }
    throw statusError(status.INTERNAL, 'grpc: compressed flag set with identity or empty encoding');
  }
}

/** An encoded message; of a large one the parts, in their order, which are not to be put together all at once. */
export type EncodedMessage = Buffer | readonly Buffer[];

/** The message with its prefix, in parts as it came. */
export function frameMessage(message: Buffer): Buffer;
export function frameMessage(message: EncodedMessage): EncodedMessage;
export function frameMessage(message: EncodedMessage): EncodedMessage {
  if (Buffer.isBuffer(message)) return frameWhole(message);
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32BE(
    message.reduce((sum, { length }) => sum + length, 0),
    1,
  );
  return [prefix, ...message];
}

function frameWhole(message: Buffer): Buffer {
  const framed = Buffer.allocUnsafe(PREFIX_BYTES + message.length);
  framed[0] = 0;
  framed.writeUInt32BE(message.length, 1);
  message.copy(framed, PREFIX_BYTES);
  return framed;
}

function tooLarge(length: number, limit: number): Error {
  return statusError(status.RESOURCE_EXHAUSTED, `grpc: received message larger than max (${length} vs. ${limit})`);
}
