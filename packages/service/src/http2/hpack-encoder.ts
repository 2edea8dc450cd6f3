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

/** A block of one header that the peer's table takes up: its newest entry then. */
export function encodeRemembered(name: string, value: string): Buffer {
  return literal(name, value, 6, 0x40);
}

/** A reference to an entry of the peer's table, 0 being the newest. */
export function encodeReference(age: number): Buffer {
  return integer(STATIC_TABLE.length + 1 + age, 7, 0x80);
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
