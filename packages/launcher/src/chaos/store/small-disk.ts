import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const CHUNK = Buffer.alloc(1024 * 1024);

/** A directory on a file system of its own that can be filled up; only where mounting is permitted. */
export class SmallDisk {
  readonly directory: string;

  private constructor(directory: string) {
    this.directory = directory;
  }

  /** Undefined where this user may not mount. */
  static mount(directory: string, megabytes: number): SmallDisk | undefined {
    mkdirSync(directory, { recursive: true });
    const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', directory]);
    return status === 0 ? new SmallDisk(directory) : undefined;
  }

  get #ballast(): string {
    return join(this.directory, 'ballast');
  }

  fill(): void {
    const file = openSync(this.#ballast, 'w');
    try {
      // Until the last byte: whole chunks first.
      for (let size = CHUNK.length; size >= 1; size = Math.floor(size / 16)) {
        while (tryWrite(file, size));
      }
    } finally {
      closeSync(file);
    }
  }

  free(): void {
    rmSync(this.#ballast, { force: true });
  }

  unmount(): void {
    spawnSync('umount', ['-l', this.directory]);
  }
}

function tryWrite(file: number, size: number): boolean {
  try {
    return writeSync(file, CHUNK, 0, size) > 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return false;
    throw error;
  }
}
