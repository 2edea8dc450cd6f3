import type { EncodedMessage } from '@keelson/service';

/** Up to so large, blocks are grown; then new ones are begun. */
const BLOCK_BYTES = 64 * 1024;
const FIRST_BYTES = 256;
/** Up to so large, a message is put together. */
const JOINED_MAX = 4 * BLOCK_BYTES;
/** Longer contents are not copied into blocks. */
const COPIED_MAX = 16 * 1024;

/**
 * Writes a protobuf message from parts that are encoded already, a bit at a time: nothing is done for all of a large
 * message at once.
 */
export class MessageWriter {
  readonly #blocks: Buffer[] = [];
  #block = Buffer.allocUnsafe(FIRST_BYTES);
  #used = 0;
  #sealedBytes = 0;

  get bytes(): number {
    return this.#sealedBytes + this.#used;
  }

  varint(field: number, value: number): void {
    this.#reserve(2 * VARINT_MAX);
    this.#writeVarint(field * 8);
    this.#writeVarint(value);
  }

  content(field: number, bytes: Buffer): void {
    this.#lengthDelimited(field, bytes.length);
    this.fields(bytes);
  }

  /** Fields that are encoded already. */
  fields(bytes: Buffer): void {
    if (bytes.length > COPIED_MAX) {
      this.#seal();
      this.#blocks.push(bytes);
      this.#sealedBytes += bytes.length;
      return;
    }
    this.#reserve(bytes.length);
    this.#block.set(bytes, this.#used);
    this.#used += bytes.length;
  }

  nested(field: number, message: MessageWriter): void {
    this.#lengthDelimited(field, message.bytes);
    for (const block of message.blocks()) this.fields(block);
  }

  #lengthDelimited(field: number, length: number): void {
    this.#reserve(2 * VARINT_MAX);
    this.#writeVarint(field * 8 + 2);
    this.#writeVarint(length);
  }

  #writeVarint(value: number): void {
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.#block[this.#used++] = (rest % 0x80) | 0x80;
    this.#block[this.#used++] = rest;
  }

  #reserve(bytes: number): void {
    if (this.#used + bytes <= this.#block.length) return;
    if (this.#used + bytes > BLOCK_BYTES) this.#seal();
    const larger = Buffer.allocUnsafe(Math.min(BLOCK_BYTES, Math.max(2 * this.#block.length, this.#used + bytes)));
    larger.set(this.#block.subarray(0, this.#used));
    this.#block = larger;
  }

  #seal(): void {
    if (this.#used === 0) return;
    this.#blocks.push(this.#block.subarray(0, this.#used));
    this.#sealedBytes += this.#used;
    this.#block = this.#block.subarray(this.#used);
    this.#used = 0;
  }

  /** What is written so far; nothing more may be written after. */
  blocks(): readonly Buffer[] {
    this.#seal();
    return this.#blocks;
  }

  /** The whole message; a large one stays in its blocks. */
  finish(): EncodedMessage {
    const blocks = this.blocks();
    if (blocks.length === 1) return blocks[0]!;
    return this.bytes > JOINED_MAX ? blocks : Buffer.concat(blocks);
  }
}

const VARINT_MAX = 10;
