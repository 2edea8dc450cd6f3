import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

export interface PayloadFile {
  content: Buffer;
  mode: number;
}

/**
 * Makes a directory hold exactly these files, seen all at once or not at all: they are written to a folder named after
 * their content, `..data` is switched to it by a rename, and each name links through `..data`. True if it changed.
 */
export function writePayload(directory: string, files: ReadonlyMap<string, PayloadFile>, group?: number): boolean {
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  const data = join(directory, '..data');
  const version = `..${digest(files)}`;
  const before = linkTarget(data);
  if (before === version) return false;

  const folder = join(directory, version);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { mode: 0o755 });
  for (const [path, { content, mode }] of files) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    chmodSync(file, group === undefined ? mode : mode | ((mode & 0o400) >> 3));
    if (group !== undefined && process.getuid?.() === 0) chownSync(file, -1, group);
  }
  const next = join(directory, '..data_tmp');
  rmSync(next, { force: true });
  symlinkSync(version, next);
  renameSync(next, data);

  const names = new Set([...files.keys()].map((path) => path.split('/')[0] as string));
  for (const name of readdirSync(directory)) {
    if (!name.startsWith('..') && !names.has(name)) rmSync(join(directory, name), { recursive: true, force: true });
  }
  for (const name of names) {
    if (linkTarget(join(directory, name)) === undefined) symlinkSync(join('..data', name), join(directory, name));
  }
  if (before !== undefined) rmSync(join(directory, before), { recursive: true, force: true });
  return true;
}

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

function digest(files: ReadonlyMap<string, PayloadFile>): string {
  const hash = createHash('sha256');
  for (const [path, { content, mode }] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`${path}\0${mode}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex').slice(0, 32);
}
