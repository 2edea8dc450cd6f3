import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { claimJson, readJson } from './files.js';
import { identify, isAlive, type ProcessIdentity } from './process/proc.js';

/** Keeps a second runtime from using the same root directory; the lock of a process that died is taken over. */
export function lockRoot(rootDir: string): void {
  mkdirSync(rootDir, { recursive: true, mode: 0o700 });
  const path = join(rootDir, 'runtime.lock');
  const self = identify(process.pid);
  if (claimJson(path, self)) return;
  const holder = readJson<ProcessIdentity>(path);
  if (holder !== undefined && isAlive(holder)) {
    throw new Error(`another runtime (pid ${holder.pid}) uses ${rootDir}: stop it or give another --root-dir`);
  }
  rmSync(path, { force: true });
  if (!claimJson(path, self)) throw new Error(`another runtime has just begun to use ${rootDir}`);
}
