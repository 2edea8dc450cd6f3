/** The first byte of a key says which table it is in. A table's range ends where the next byte begins. */
export const Table = {
  /** name → role. */
  authRole: 0x72,
  /** name → user. */
  authUser: 0x75,
  /** lease id, index key → the key, for keys attached to leases. */
  attachment: 0x61,
  /** revision → a version of a key, or its deletion. */
  history: 0x68,
  /** key → its latest version's revision and numbers. */
  index: 0x6b,
  /** lease id → its times. */
  lease: 0x6c,
  /** name → the state of the machine: applied index, revision, members … */
  meta: 0x6d,
} as const;

export function tableKey(table: number, ...parts: readonly Uint8Array[]): Buffer {
  return Buffer.concat([Buffer.of(table), ...parts]);
}

export function uint64(value: number | bigint): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigUInt64BE(BigInt.asUintN(64, BigInt(value)));
  return bytes;
}
