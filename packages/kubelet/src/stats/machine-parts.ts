import { readdirSync, readFileSync, statfsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { FilesystemUsage, NetworkUsage } from './usage.js';

/** The file system that a directory is on; undefined where there is none. */
export function filesystemAt(directory: string, at: number): FilesystemUsage | undefined {
  try {
    const { bsize, blocks, bfree, bavail, files, ffree } = statfsSync(directory);
    return {
      at,
      availableBytes: bavail * bsize,
      capacityBytes: blocks * bsize,
      usedBytes: (blocks - bfree) * bsize,
      inodesFree: ffree,
      inodes: files,
      inodesUsed: files - ffree,
    };
  } catch {
    return undefined;
  }
}

/** What the files beside a log hold: the log itself and what was rotated out of it. */
export function logFilesAt(logPath: string, at: number): FilesystemUsage | undefined {
  if (logPath === '') return undefined;
  try {
    const directory = dirname(logPath);
    const sizes = readdirSync(directory).map(
      (name) => statSync(join(directory, name), { throwIfNoEntry: false })?.size ?? 0,
    );
    return { at, usedBytes: sizes.reduce((sum, it) => sum + it, 0), inodesUsed: sizes.length };
  } catch {
    return undefined;
  }
}

/** The interface of the default route. */
export function defaultNetwork(at: number, route = text('/proc/net/route'), device = text('/proc/net/dev')) {
  const name = route
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t'))
    .find(([, destination]) => destination === '00000000')?.[0];
  const line = name === undefined ? undefined : device.split('\n').find((it) => it.trim().startsWith(`${name}:`));
  if (name === undefined || line === undefined) return undefined;
  const fields = line
    .slice(line.indexOf(':') + 1)
    .trim()
    .split(/\s+/)
    .map(Number);
  const [rxBytes = 0, , rxErrors = 0, , , , , , txBytes = 0, , txErrors = 0] = fields;
  return { at, name, rxBytes, rxErrors, txBytes, txErrors } satisfies NetworkUsage;
}

export function processLimits(): { maxpid?: number; curproc?: number } {
  const maxpid = Number(text('/proc/sys/kernel/pid_max'));
  const curproc = Number(/\/(\d+)/.exec(text('/proc/loadavg'))?.[1]);
  return { ...(maxpid > 0 ? { maxpid } : {}), ...(curproc > 0 ? { curproc } : {}) };
}

function text(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
