import { FULL_TABLE_BYTES } from './frames.js';
import type { HeaderList } from './hpack-decoder.js';
import { STATIC_TABLE } from './hpack-tables.js';

const EXACT = new Map<string, number>();
const BY_NAME = new Map<string, number>();
for (const [at, [name, value]] of STATIC_TABLE.entries()) {
  EXACT.set(`${name}=${value}`, at + 1);
  if (!BY_NAME.has(name)) BY_NAME.set(name, at + 1);
}

/** A header block that neither needs nor changes the connection's table, so that it can be made once and sent often. */
export function encodeHeaders(list: Readonly<HeaderList>): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < list.length; at += 2) {
    const [name, value] = [list[at]!, list[at + 1]!];
    const exact = EXACT.get(`${name}=${value}`);
    if (exact !== undefined) parts.push(integer(exact, 7, 0x80));
    else parts.push(literal(name, value, 4, 0));
  }
  return Buffer.concat(parts);
}

/** An entry counts 32 bytes beside its text (RFC 7541 §4.1). */
const ENTRY_OVERHEAD = 32;
/** Tells the peer that its table is not used any more (RFC 7541 §6.3). */
const EMPTY_TABLE = Buffer.of(0x20);

/**
 * Header blocks of one connection that use the peer's table: what was said once is a byte from then on. Nothing is
 * ever evicted; once the table is full, new headers go as they are.
 */
export class HpackEncoder {
  /** "name=value" → how many entries came before it. */
  readonly #positions = new Map<string, number>();
  #bytes = 0;

  /** For headers that come again and again; `tableBytesMax` is the peer's setting, which may change. */
  encode(list: Readonly<HeaderList>, tableBytesMax: number): Buffer {
    if (tableBytesMax < FULL_TABLE_BYTES) return this.encodeOnce(list, tableBytesMax);
    const parts: Buffer[] = [];
    for (let at = 0; at < list.length; at += 2) parts.push(this.#header(list[at]!, list[at + 1]!));
    return Buffer.concat(parts);
  }

  #header(name: string, value: string): Buffer {
    const key = `${name}=${value}`;
    const exact = EXACT.get(key);
    if (exact !== undefined) return integer(exact, 7, 0x80);
    const position = this.#positions.get(key);
    if (position !== undefined) return integer(STATIC_TABLE.length + this.#positions.size - position, 7, 0x80);
    const bytes = name.length + value.length + ENTRY_OVERHEAD;
    if (this.#bytes + bytes > FULL_TABLE_BYTES) return literal(name, value, 4, 0);
    this.#bytes += bytes;
    this.#positions.set(key, this.#positions.size);
    return literal(name, value, 6, 0x40);
  }

  /** For headers that will hardly come again. */
  encodeOnce(list: Readonly<HeaderList>, tableBytesMax: number): Buffer {
    const block = encodeHeaders(list);
    if (tableBytesMax >= FULL_TABLE_BYTES || this.#positions.size === 0) return block;
    this.#positions.clear();
    return Buffer.concat([EMPTY_TABLE, block]);
  }
}

function literal(name: string, value: string, prefixBits: number, pattern: number): Buffer {
  const index = BY_NAME.get(name) ?? 0;
  const head = integer(index, prefixBits, pattern);
  return Buffer.concat(index === 0 ? [head, text(name), text(value)] : [head, text(value)]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1');
  return Buffer.concat([integer(bytes.length, 7, 0), bytes]);
}

function integer(value: number, prefixBits: number, pattern: number): Buffer {
  const mask = (1 << prefixBits) - 1;
  if (value < mask) return Buffer.of(pattern | value);
  const bytes = [pattern | mask];
  let rest = value - mask;
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
}
