import { encodeJson } from '@keelson/api';

const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** A short name for a value's content: FNV-1a of its JSON with sorted keys, in letters that spell nothing. */
export function contentHash(value: unknown, collisionCount: number | undefined): string {
  let hash = FNV_OFFSET;
  const text = canonical(value) + (collisionCount === undefined ? '' : `#${collisionCount}`);
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, FNV_PRIME) >>> 0;
  return safe(hash);
}

/** The name that upstream gives a text: FNV-1 of its bytes. */
export function goHash(text: string): string {
  let hash = FNV_OFFSET;
  for (const byte of Buffer.from(text)) hash = (Math.imul(hash, FNV_PRIME) ^ byte) >>> 0;
  return safe(hash);
}

function safe(hash: number): string {
  return [...String(hash)].map((digit) => ALPHABET[digit.charCodeAt(0) % ALPHABET.length]).join('');
}

/** JSON in which the order of keys does not show. */
function canonical(value: unknown): string {
  if (value === null || typeof value !== 'object') return encodeJson(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const fields = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(',')}}`;
}
