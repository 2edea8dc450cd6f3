import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '@keelson/service';
import { stringify } from 'yaml';

export const ENCRYPTION_FILE = 'encryption.yaml';

const SECRETBOX_KEY_BYTES = 32;

/**
 * Makes the file that says how Secrets, and the key that signs tokens, are stored, where there is none: without it what
 * is stored with its keys cannot be read again.
 */
export function ensureEncryption(directory: string, random: Pick<Random, 'bytes'>): void {
  const path = join(directory, ENCRYPTION_FILE);
  if (existsSync(path)) return;
  const secret = random.bytes(SECRETBOX_KEY_BYTES).toString('base64');
  const config = {
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'EncryptionConfiguration',
    resources: [
      {
        resources: ['secrets', 'serviceaccountkeys'],
        // What was stored before is read as it is.
        providers: [{ secretbox: { keys: [{ name: 'key1', secret }] } }, { identity: {} }],
      },
    ],
  };
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  writeFileSync(`${path}.new`, stringify(config), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
