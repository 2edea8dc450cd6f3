import { closeSync, constants, fchmodSync, fstatSync, mkdirSync, openSync, realpathSync, statSync } from 'node:fs';
import { isAbsolute, join, relative } from 'node:path';

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants;

/** A part of a volume that a container may not have: it is not in the volume, or not to be had. */
export class SubPathError extends Error {
  override name = 'SubPathError';
}

/**
 * The host's path of a part of a volume, which is made (as directories) where it is missing. What programs put into the
 * volume decides nothing outside of it: links are followed as long as they stay inside, and the way to the part is
 * walked step by step without following any.
 */
export function prepareSubPath(volume: string, subPath: string): string {
  const base = realpathSync(volume);
  const wanted = subPath.split('/').filter((part) => part !== '' && part !== '.');
  if (isAbsolute(subPath) || wanted.includes('..')) throw new SubPathError('it must be a path inside the volume');
  const { existing, missing } = existingPart(base, wanted);
  const inside = relative(base, existing);
  if (inside === '..' || inside.startsWith('../') || isAbsolute(inside)) {
    throw new SubPathError('it leads out of the volume');
  }
  walk(base, inside.split('/').filter(Boolean), missing);
  return join(existing, ...missing);
}

/** The longest beginning of the path that exists, without links, and what comes after it. */
function existingPart(base: string, wanted: readonly string[]): { existing: string; missing: string[] } {
  for (let count = wanted.length; ; count--) {
    try {
      return { existing: realpathSync(join(base, ...wanted.slice(0, count))), missing: wanted.slice(count) };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOTDIR') throw new SubPathError('a file is in the way');
      if (code !== 'ENOENT' || count === 0) throw error;
    }
  }
}

/** Opens each step in the one before it, so that a link which is put there meanwhile is an error and not a way out. */
function walk(base: string, existing: readonly string[], missing: readonly string[]): void {
  let path = base;
  let file = openSync(base, O_RDONLY | O_DIRECTORY);
  const mode = statSync(base).mode & 0o7777;
  try {
    for (const [index, name] of [...existing, ...missing].entries()) {
      const step = stepFrom(file, path, name);
      const isMissing = index >= existing.length;
      const isMade = isMissing && makeDirectory(step);
      const isLast = index === existing.length - 1 && missing.length === 0;
      const next = openStep(step, isLast);
      closeSync(file);
      file = next;
      // The volume's mode, whatever this process's umask: whoever may write there may write here.
      if (isMade) fchmodSync(file, mode);
      path = join(path, name);
    }
  } finally {
    closeSync(file);
  }
}

/** A name in the directory that is open, wherever that has been moved to; only Linux can say it so. */
function stepFrom(file: number, path: string, name: string): string {
  return process.platform === 'linux' ? `/proc/self/fd/${file}/${name}` : join(path, name);
}

/** False if there is something by now; a dangling link exists too, and is refused when it is opened. */
function makeDirectory(path: string): boolean {
  try {
    mkdirSync(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  }
}

function openStep(path: string, mayBeFile: boolean): number {
  try {
    const kind = mayBeFile ? PATH_ONLY : O_DIRECTORY;
    const file = openSync(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | kind);
    if (!fstatSync(file).isSymbolicLink()) return file;
    closeSync(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ELOOP' && code !== 'ENOTDIR') throw error;
  }
  throw new SubPathError('a link was put in the way');
}

/** O_PATH: sockets and files that may not be read can be opened so; Node has no name for it. */
const PATH_ONLY = process.platform === 'linux' ? 0o10000000 : 0;
