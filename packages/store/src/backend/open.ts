import { chmod } from 'node:fs/promises';
import { DamagedError, StoreError } from '../errors.js';
import { realDisk } from '../wal/disk.js';
import { LmdbBackend, type LmdbOptions } from './lmdb.js';

/** Address space, not memory or disk: no database grows beyond it. */
const MAP_BYTES = 64 * 1024 ** 3;

/** @throws StoreError that says what to do */
export function openDatabase(
  file: string,
  make = (options: LmdbOptions): LmdbBackend => new LmdbBackend(options),
): LmdbBackend {
  try {
    return make({ file, mapBytes: MAP_BYTES });
  } catch (error) {
    throw new DamagedError(
      `cannot open the database ${file}: ${(error as Error).message}. If it is damaged, move the data directory away ` +
        'and start this member as a new one, or restore a backup',
      { cause: error },
    );
  }
}

/** @throws StoreError that says what to do */
export async function makeDataDirectory(directory: string): Promise<void> {
  try {
    await realDisk.makeDirectory(directory);
    // One that is there already may have been made by something else.
    await chmod(directory, 0o700);
  } catch (error) {
    throw new StoreError(
      `cannot make the data directory ${directory}: ${(error as NodeJS.ErrnoException).code}: choose another --data-dir`,
      { cause: error },
    );
  }
}
