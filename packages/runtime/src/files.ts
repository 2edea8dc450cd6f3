import { closeSync, fsyncSync, linkSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Writes JSON so that a reader, at any instant and after any crash, finds the old text or the new one, whole. */
export function writeJsonAtomic(path: string, value: unknown): void {
  const temporary = `${path}.${process.pid}.tmp`;
  writeDurably(temporary, value);
  renameSync(temporary, path);
  syncDirectory(dirname(path));
}

/** Like {@link writeJsonAtomic}, but answers false and changes nothing if the file is there already. */
export function claimJson(path: string, value: unknown): boolean {
  const temporary = `${path}.${process.pid}.tmp`;
  writeDurably(temporary, value);
  try {
    linkSync(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
  syncDirectory(dirname(path));
  return true;
}

/** The file's value; undefined if there is no such file. */
export function readJson<T>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(`${path} is damaged: ${(error as Error).message}`, { cause: error });
  }
}

function writeDurably(path: string, value: unknown): void {
  const file = openSync(path, 'w', 0o600);
  try {
    writeSync(file, JSON.stringify(value));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function syncDirectory(path: string): void {
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
