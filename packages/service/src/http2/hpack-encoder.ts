import { FULL_TABLE_BYTES } from './frames.js';
import type { HeaderList } from './hpack-decoder.js';
import { STATIC_TABLE } from './hpack-tables.js';

const EXACT = new Map<string, number>();
const BY_NAME = new Map<string, number>();
for (const [at, [name, value]] of STATIC_TABLE.entries()) {
  EXACT.set(`${name}=${value}`, at + 1);
  if (!BY_NAME.has(name)) BY_NAME.set(name, at + 1);
}

/** An entry counts 32 bytes beside its text (RFC 7541 §4.1). */
const ENTRY_OVERHEAD = 32;
/** Tells the peer that its table is not used any more (RFC 7541 §6.3). */
const EMPTY_TABLE = 0x20;
const FIRST_BYTES = 512;
/** Of a number, whatever its prefix. */
const INTEGER_BYTES_MAX = 6;

/** Writes a header block into one buffer that grows as it must. */
class BlockWriter {
  #bytes: Buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #length = 0;

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  integer(value: number, prefixBits: number, pattern: number): void {
    this.#reserve(INTEGER_BYTES_MAX);
    const mask = (1 << prefixBits) - 1;
    if (value < mask) {
      this.#bytes[this.#length++] = pattern | value;
      return;
    }
    this.#bytes[this.#length++] = pattern | mask;
    let rest = value - mask;
    for (; rest >= 0x80; rest >>>= 7) this.#bytes[this.#length++] = (rest & 0x7f) | 0x80;
    this.#bytes[this.#length++] = rest;
  }

  literal(name: string, value: string, prefixBits: number, pattern: number): void {
    const index = BY_NAME.get(name) ?? 0;
    this.integer(index, prefixBits, pattern);
    if (index === 0) this.#text(name);
    this.#text(value);
  }

  /** A header that neither needs nor changes the connection's table. */
  plain(name: string, value: string): void {
    const exact = EXACT.get(`${name}=${value}`);
    if (exact !== undefined) this.integer(exact, 7, 0x80);
    else this.literal(name, value, 4, 0);
  }

  #text(value: string): void {
    this.integer(value.length, 7, 0);
    this.#reserve(value.length);
    this.#length += this.#bytes.write(value, this.#length, 'latin1');
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(2 * this.#bytes.length, this.#length + bytes));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }

  /** What was written, as a buffer of its own; the next block begins. */
  take(): Buffer {
    const block = Buffer.allocUnsafe(this.#length);
    this.#bytes.copy(block, 0, 0, this.#length);
    this.#length = 0;
    return block;
  }
}

/** A header block that neither needs nor changes the connection's table, so that it can be made once and sent often. */
export function encodeHeaders(list: Readonly<HeaderList>): Buffer {
  const writer = new BlockWriter();
  for (let at = 0; at < list.length; at += 2) writer.plain(list[at]!, list[at + 1]!);
  return writer.take();
}

/**
 * Header blocks of one connection that use the peer's table: what was said once is a byte from then on. Nothing is
 * ever evicted; once the table is full, new headers go as they are.
 */
export class HpackEncoder {
  readonly #writer = new BlockWriter();
  /** "name=value" → how many entries came before it. */
  readonly #positions = new Map<string, number>();
  #bytes = 0;

  /**
   * A block of headers that come again and again, and after them of such as will hardly come again; `tableBytesMax` is
   * the peer's setting, which may change.
   */
  encode(list: Readonly<HeaderList>, tableBytesMax: number, once: Readonly<HeaderList> = []): Buffer {
    if (tableBytesMax < FULL_TABLE_BYTES) {
      this.#leaveTable();
      this.#plain(list);
    } else for (let at = 0; at < list.length; at += 2) this.#header(list[at]!, list[at + 1]!);
    this.#plain(once);
    return this.#writer.take();
  }

  #header(name: string, value: string): void {
    const key = `${name}=${value}`;
    const exact = EXACT.get(key);
    if (exact !== undefined) {
      this.#writer.integer(exact, 7, 0x80);
      return;
    }
    const position = this.#positions.get(key);
    if (position !== undefined) {
      this.#writer.integer(STATIC_TABLE.length + this.#positions.size - position, 7, 0x80);
      return;
    }
    const bytes = name.length + value.length + ENTRY_OVERHEAD;
    if (this.#bytes + bytes > FULL_TABLE_BYTES) {
      this.#writer.literal(name, value, 4, 0);
      return;
    }
    this.#bytes += bytes;
    this.#positions.set(key, this.#positions.size);
    this.#writer.literal(name, value, 6, 0x40);
  }

  /** For headers that will hardly come again. */
  encodeOnce(list: Readonly<HeaderList>, tableBytesMax: number): Buffer {
    return this.encode([], tableBytesMax, list);
  }

  #plain(list: Readonly<HeaderList>): void {
    for (let at = 0; at < list.length; at += 2) this.#writer.plain(list[at]!, list[at + 1]!);
  }

  #leaveTable(): void {
    if (this.#positions.size === 0) return;
    this.#positions.clear();
    this.#writer.byte(EMPTY_TABLE);
  }
}
