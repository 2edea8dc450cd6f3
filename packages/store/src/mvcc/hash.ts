import { crc32c } from '@node-rs/crc32';
import type { Change } from './history.js';
import type { Mvcc } from './mvcc.js';

/**
 * A checksum of everything that is readable from the compaction revision up to `revision`: the same on all members
 * that have applied as much and have finished their compactions.
 */
export function hashKeys(mvcc: Mvcc, revision: number): number {
  let hash = 0;
  for (const change of mvcc.history.scan({ main: 0, sub: 0 }, revision)) hash = addToHash(hash, change);
  return hash;
}

export function addToHash(hash: number, change: Change): number {
  const place = Buffer.allocUnsafe(11);
  place.writeUIntBE(change.main, 0, 6);
  place.writeUInt32BE(change.sub, 6);
  place.writeUInt8(change.deleted ? 1 : 0, 10);
  return crc32c(change.kv, crc32c(place, hash));
}
