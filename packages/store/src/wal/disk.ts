import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, readFile, rename, unlink } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/** The part of a file system that the log needs; a simulation has another. */
export interface Disk {
  /** Durable, with its parents. */
  makeDirectory(path: string): Promise<void>;
  list(directory: string): Promise<string[]>;
  read(file: string): Promise<Buffer>;
  /** Makes a file of zeros that is durable, and so is its name. */
  preallocate(file: string, bytes: number): Promise<void>;
  open(file: string): Promise<DiskFile>;
  rename(from: string, to: string): Promise<void>;
  remove(file: string): Promise<void>;
  syncDirectory(directory: string): Promise<void>;
}

export interface DiskFile {
  write(chunks: readonly Buffer[], offset: number): Promise<void>;
  /** Everything written is durable when it resolves. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

const ZEROS = Buffer.alloc(4 * 1024 * 1024);

export const realDisk: Disk = {
  makeDirectory,
  list: (directory) => readdir(directory),
  read: (file) => readFile(file),
  async preallocate(file, bytes) {
    const handle = await open(file, 'w', 0o600);
    try {
      for (let at = 0; at < bytes; at += ZEROS.length) {
        await writeAll(handle, [ZEROS.subarray(0, Math.min(ZEROS.length, bytes - at))], at);
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
  async open(file) {
    // Each write is durable when it returns: one way through the thread pool instead of two.
    const handle = await open(file, constants.O_RDWR | constants.O_DSYNC);
    return {
      write: (chunks, offset) => writeAll(handle, chunks, offset),
      sync: async () => undefined,
      close: () => handle.close(),
    };
  },
  rename: (from, to) => rename(from, to),
  remove: (file) => unlink(file),
  syncDirectory,
};

/** Makes a directory, and those above it that are not there; what is new is durable, and so are the names. */
async function makeDirectory(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = resolve(path); made.length >= resolve(first).length; made = dirname(made)) {
    await syncDirectory(dirname(made));
  }
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A write may be short: the rest is written after it. */
export async function writeAll(handle: FileHandle, chunks: readonly Buffer[], offset: number): Promise<void> {
  const data = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
  for (let done = 0; done < data.length; ) {
    const { bytesWritten } = await handle.write(data, done, data.length - done, offset + done);
    done += bytesWritten;
  }
}
