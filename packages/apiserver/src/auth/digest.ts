import { createHash } from 'node:crypto';

/** What a secret is filed under: it tells nothing of the secret, nor of how much of it was guessed. */
export function digest(...parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part);
  return hash.digest('base64url');
}
