/**
 * The file format of etcd's database (bbolt): pages of one size, little-endian. Two meta pages, of which the one with
 * the higher transaction counts, lead to a tree of buckets, each a B+ tree of its own.
 */
export const PAGE_BYTES = 4096;
export const PAGE_HEAD = 16;
/** Of a leaf's and a branch's elements, which stand before their keys and values. */
export const ELEMENT_BYTES = 16;

export const PageFlag = { branch: 0x01, leaf: 0x02, meta: 0x04, freelist: 0x10 } as const;
/** A leaf's element whose value is a bucket. */
export const BUCKET_FLAG = 0x01;
/** The root page's number and a sequence; an empty root's page follows within the value. */
export const BUCKET_HEAD = 16;

const MAGIC = 0xed0cdaed;
const VERSION = 2;
/** Of the meta page's body; the last eight are a checksum of those before. */
const META_BYTES = 64;

export interface BoltMeta {
  readonly pageBytes: number;
  readonly root: number;
  readonly freelist: number;
  /** Pages in use are below this. */
  readonly pages: number;
  readonly transaction: number;
}

export function encodeMeta(meta: BoltMeta): Buffer {
  const body = Buffer.alloc(META_BYTES);
  body.writeUInt32LE(MAGIC, 0);
  body.writeUInt32LE(VERSION, 4);
  body.writeUInt32LE(meta.pageBytes, 8);
  body.writeBigUInt64LE(BigInt(meta.root), 16);
  body.writeBigUInt64LE(BigInt(meta.freelist), 32);
  body.writeBigUInt64LE(BigInt(meta.pages), 40);
  body.writeBigUInt64LE(BigInt(meta.transaction), 48);
  body.writeBigUInt64LE(fnv1a(body.subarray(0, META_BYTES - 8)), META_BYTES - 8);
  return body;
}

/** A meta page's body, or why it is none. */
export function decodeMeta(body: Buffer): BoltMeta | 'foreign' | 'version' | 'damaged' {
  if (body.length < META_BYTES || body.readUInt32LE(0) !== MAGIC) return 'foreign';
  if (body.readUInt32LE(4) !== VERSION) return 'version';
  if (body.readBigUInt64LE(META_BYTES - 8) !== fnv1a(body.subarray(0, META_BYTES - 8))) return 'damaged';
  return {
    pageBytes: body.readUInt32LE(8),
    root: Number(body.readBigUInt64LE(16)),
    freelist: Number(body.readBigUInt64LE(32)),
    pages: Number(body.readBigUInt64LE(40)),
    transaction: Number(body.readBigUInt64LE(48)),
  };
}

/** The 64-bit FNV-1a hash. */
function fnv1a(bytes: Buffer): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash;
}
