import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '@keelson/service';
import { claimJson, readJson } from './files.js';
import { identify, isAlive, type ProcessIdentity } from './process/proc.js';

/** Keeps a second runtime from using the same root directory; the lock of a process that died is taken over. */
export function lockRoot(rootDir: string, logger: Logger): void {
  // Programs of other users find their files below it and may not look around.
  mkdirSync(rootDir, { recursive: true, mode: 0o711 });
  const path = join(rootDir, 'runtime.lock');
  const self = identify(process.pid);
  if (claimJson(path, self)) return;
  const holder = readHolder(path, logger);
  if (holder !== undefined && isAlive(holder)) {
    throw new Error(`another runtime (pid ${holder.pid}) uses ${rootDir}: stop it or give another --root-dir`);
  }
  rmSync(path, { force: true });
  if (!claimJson(path, self)) throw new Error(`another runtime has just begun to use ${rootDir}`);
}

/** A lock that is damaged was on its way to the disk when the machine failed: its holder went with it. */
function readHolder(path: string, logger: Logger): ProcessIdentity | undefined {
  try {
    return readJson<ProcessIdentity>(path) ?? undefined;
  } catch (error) {
    logger.error({ path, err: error }, 'a damaged lock is taken over');
    return undefined;
  }
}
