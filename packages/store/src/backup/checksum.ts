import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { appendFile, open, stat } from 'node:fs/promises';
import { StoreError } from '../errors.js';

export const SHA256_BYTES = 32;
/** Databases are whole pages: what is over is a checksum. */
const PAGE_UNIT = 512;

/** Appends a database's SHA-256, as etcd's snapshots have it. */
export async function appendChecksum(file: string): Promise<void> {
  const { size } = await stat(file);
  await appendFile(file, await sha256(file, size), { flush: true } as object);
}

/** @throws StoreError if the checksum is wrong, or missing while it may not be */
export async function verifyChecksum(file: string, mayBeMissing: boolean): Promise<void> {
  const { size } = await stat(file).catch((error: NodeJS.ErrnoException) => {
    throw new StoreError(`cannot read ${file}: ${error.code}`, { cause: error });
  });
  if (size % PAGE_UNIT !== SHA256_BYTES) {
    if (mayBeMissing && size % PAGE_UNIT === 0) return;
    throw new StoreError(
      `${file} ends without a checksum: it is incomplete, or was not made by a backup (a database file copied from a ` +
        'data directory is taken with --skip-hash-check)',
    );
  }
  const found = Buffer.alloc(SHA256_BYTES);
  const handle = await open(file, 'r');
  await handle.read(found, 0, SHA256_BYTES, size - SHA256_BYTES).finally(() => handle.close());
  if (!found.equals(await sha256(file, size - SHA256_BYTES))) {
    throw new StoreError(`the backup ${file} is damaged: its checksum does not match. Use another one`);
  }
}

async function sha256(file: string, bytes: number): Promise<Buffer> {
  const hash = createHash('sha256');
  if (bytes > 0) for await (const chunk of createReadStream(file, { end: bytes - 1 })) hash.update(chunk as Buffer);
  return hash.digest();
}
