import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

export interface PayloadFile {
  content: Buffer;
  mode: number;
  /** The owner, where that is not the kubelet. */
  uid?: number | undefined;
}

const DATA = '..data';
const NEXT_DATA = '..data_tmp';
const NEXT_LINK = '..link_tmp';

/**
 * Makes a directory hold exactly these files, seen all at once or not at all: they are written to a folder named after
 * their content, `..data` is switched to it by a rename, and each name links through `..data`. Whatever an earlier call
 * that was cut short left undone is done. With a group it reads everything. True if the content changed.
 */
export function writePayload(directory: string, files: ReadonlyMap<string, PayloadFile>, group?: number): boolean {
  mkdirSync(directory, { recursive: true });
  const version = `..${digest(files, group)}`;
  const isThere = linkTarget(join(directory, DATA)) === version && isDirectory(join(directory, version));
  if (!isThere) {
    writeVersion(join(directory, version), files, group);
    switchLink(directory, DATA, version, NEXT_DATA);
    share(directory, group);
  }
  const names = new Set([...files.keys()].map((path) => path.split('/')[0] as string));
  for (const name of names) {
    const target = join(DATA, name);
    if (linkTarget(join(directory, name)) !== target) switchLink(directory, name, target, NEXT_LINK);
  }
  for (const name of readdirSync(directory)) {
    const isKept = name === DATA || name === version || names.has(name);
    if (!isKept) rmSync(join(directory, name), { recursive: true, force: true });
  }
  return !isThere;
}

function writeVersion(folder: string, files: ReadonlyMap<string, PayloadFile>, group: number | undefined): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const folders = new Set([folder]);
  for (const [path, { content, mode, uid }] of files) {
    if (path.split('/').some((part) => part === '..' || part === '')) throw new Error(`no path for a file: "${path}"`);
    const file = join(folder, path);
    for (let parent = dirname(file); !folders.has(parent); parent = dirname(parent)) folders.add(parent);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content, { mode: 0o600 });
    if (isRoot() && (uid !== undefined || group !== undefined)) chownSync(file, uid ?? 0, group ?? 0);
    chmodSync(file, group === undefined ? mode : mode | 0o440);
  }
  for (const path of folders) share(path, group);
}

/** Everybody may look into a folder; what is in it goes to its group. Modes are not left to this process's umask. */
function share(path: string, group: number | undefined): void {
  if (group !== undefined && isRoot()) chownSync(path, -1, group);
  chmodSync(path, group === undefined ? 0o755 : 0o2775);
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function switchLink(directory: string, name: string, target: string, temporary: string): void {
  const next = join(directory, temporary);
  rmSync(next, { recursive: true, force: true });
  symlinkSync(target, next);
  const path = join(directory, name);
  // A link is replaced by the rename; anything else that a program put there is in its way.
  if (linkTarget(path) === undefined) rmSync(path, { recursive: true, force: true });
  renameSync(next, path);
}

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function digest(files: ReadonlyMap<string, PayloadFile>, group: number | undefined): string {
  const hash = createHash('sha256').update(`${group}\0`);
  for (const [path, { content, mode, uid }] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`${path}\0${mode}\0${uid}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex').slice(0, 32);
}
