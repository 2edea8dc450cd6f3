/** What an mvccpb.KeyValue says of a put. */
export interface KeyValueFields {
  readonly key: Buffer;
  readonly value: Buffer;
  readonly create: number;
  readonly main: number;
  readonly version: number;
  readonly lease: bigint;
}

const TWO_32 = 2 ** 32;

/**
 * An encoded mvccpb.KeyValue after `headroom` bytes for the caller: as the generated codec writes it, but in one pass
 * into one buffer, for this is done for every put on every member.
 */
export function encodeKeyValue(fields: KeyValueFields, headroom: number): Buffer {
  const { key, value, create, main, version, lease } = fields;
  const leaseBits = BigInt.asUintN(64, lease);
  const leaseBytes = lease === 0n ? 0 : 1 + bigVarintBytes(leaseBits);
  const numbers = 3 + varintBytes(create) + varintBytes(main) + varintBytes(version);
  const out = Buffer.allocUnsafe(headroom + bytesField(key) + numbers + bytesField(value) + leaseBytes);
  let at = writeBytes(out, headroom, 0x0a, key);
  at = writeNumber(out, at, 0x10, create);
  at = writeNumber(out, at, 0x18, main);
  at = writeNumber(out, at, 0x20, version);
  at = writeBytes(out, at, 0x2a, value);
  if (lease !== 0n) {
    out[at] = 0x30;
    at += 1;
    for (let rest = leaseBits; ; rest >>= 7n) {
      out[at] = Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0);
      at += 1;
      if (rest <= 0x7fn) break;
    }
  }
  return out;
}

/** The same of a deletion, which says only what was deleted and when. */
export function encodeDeletion(key: Buffer, main: number, headroom: number): Buffer {
  const out = Buffer.allocUnsafe(headroom + bytesField(key) + 1 + varintBytes(main));
  writeNumber(out, writeBytes(out, headroom, 0x0a, key), 0x18, main);
  return out;
}

/** Bytes of a field, none if it is empty. */
function bytesField({ length }: Buffer): number {
  return length === 0 ? 0 : 1 + varintBytes(length) + length;
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes += 1;
  return bytes;
}

function bigVarintBytes(value: bigint): number {
  return Math.ceil(value.toString(2).length / 7);
}

function writeBytes(out: Buffer, at: number, tag: number, bytes: Buffer): number {
  if (bytes.length === 0) return at;
  out[at] = tag;
  const start = writeVarint(out, at + 1, bytes.length);
  out.set(bytes, start);
  return start + bytes.length;
}

/** The numbers of a version are never zero, so that they are always written. */
function writeNumber(out: Buffer, at: number, tag: number, value: number): number {
  out[at] = tag;
  return writeVarint(out, at + 1, value);
}

function writeVarint(out: Buffer, start: number, value: number): number {
  let at = start;
  let rest = value;
  for (; rest >= TWO_32; rest = Math.floor(rest / 0x80)) out[at++] = (rest % 0x80) | 0x80;
  for (; rest >= 0x80; rest >>>= 7) out[at++] = (rest & 0x7f) | 0x80;
  out[at] = rest;
  return at + 1;
}
