import { fchmodSync, openSync } from 'node:fs';

/** Opens a log to be appended to, for its owner's eyes only, also where it was made when that was not yet so. */
export function openLog(path: string): number {
  const file = openSync(path, 'a', 0o600);
  fchmodSync(file, 0o600);
  return file;
}
