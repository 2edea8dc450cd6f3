import { randomBytes } from 'node:crypto';

/** The only source of chance in Keelson; given to components like {@link Clock}. */
export interface Random {
  /** A number in [0, 1). */
  float(): number;
  /** An integer in [0, bound). */
  integer(bound: number): number;
  bytes(length: number): Buffer;
  /** An RFC 9562 version 4 UUID. */
  uuid(): string;
  /** `length` characters of the alphabet that generated Kubernetes names use (no vowels, no look-alikes). */
  suffix(length: number): string;
}

const SUFFIX_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** Builds the rest of Random from a source of bytes. */
function fromBytes(bytes: (length: number) => Buffer): Random {
  const float = () => (bytes(7).readUIntBE(0, 6) * 2 ** 5 + (bytes(1)[0]! & 31)) / 2 ** 53;
  const integer = (bound: number) => Math.floor(float() * bound);
  return {
    float,
    integer,
    bytes,
    uuid() {
      const raw = bytes(16);
      raw[6] = (raw[6]! & 0x0f) | 0x40;
      raw[8] = (raw[8]! & 0x3f) | 0x80;
      const hex = raw.toString('hex');
      return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
    },
    suffix: (length) => Array.from({ length }, () => SUFFIX_ALPHABET[integer(SUFFIX_ALPHABET.length)]).join(''),
  };
}

/** The operating system's randomness, drawn in blocks. */
export function systemRandom(): Random {
  let pool = Buffer.alloc(0);
  return fromBytes((length) => {
    if (length > 1024) return randomBytes(length);
    if (pool.length < length) pool = randomBytes(4096);
    const taken = Buffer.from(pool.subarray(0, length));
    pool = pool.subarray(length);
    return taken;
  });
}

/** A reproducible source (xoshiro128**, seeded by splitmix32): the same seed gives the same sequence. */
export function seededRandom(seed: number): Random {
  let mix = seed >>> 0;
  const split = () => {
    mix = (mix + 0x9e3779b9) >>> 0;
    let z = mix;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  let [a, b, c, d] = [split(), split(), split(), split()];
  const next = () => {
    const scrambled = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = rotate(d, 11);
    return scrambled;
  };
  return fromBytes((length) => {
    const out = Buffer.alloc(Math.ceil(length / 4) * 4);
    for (let at = 0; at < out.length; at += 4) out.writeUInt32LE(next(), at);
    return out.subarray(0, length);
  });
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
