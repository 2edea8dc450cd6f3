import { rm } from 'node:fs/promises';
import type { Snapshot } from 'raft-ts';
import type { Backend } from '../backend/backend.js';
import type { LmdbBackend } from '../backend/lmdb.js';
import { openDatabase } from '../backend/open.js';
import type { Databases } from '../core.js';
import { realDisk } from '../wal/disk.js';
import { SnapshotFiles } from './snapshot-files.js';

/** The databases of a data directory, in LMDB. */
export class LmdbDatabases implements Databases {
  readonly #directory: string;
  readonly #files: SnapshotFiles;
  readonly #open: (file: string) => Backend;

  constructor(directory: string, files: SnapshotFiles, open: (file: string) => Backend = openDatabase) {
    this.#directory = directory;
    this.#files = files;
    this.#open = open;
  }

  async current(marked: number): Promise<Backend> {
    const backend = this.#open(await SnapshotFiles.current(this.#directory, marked));
    // A file that is new needs its name to last before the log relies on it.
    await realDisk.syncDirectory(this.#directory);
    return backend;
  }

  async clean(backend: Backend): Promise<void> {
    await SnapshotFiles.clean(this.#directory, (backend as LmdbBackend).file);
  }

  prepare(snapshot: Snapshot): Promise<void> {
    return this.#files.prepare(snapshot);
  }

  async install(index: number): Promise<Backend> {
    return this.#open(this.#files.databaseFile(index));
  }

  async discard(backend: Backend): Promise<void> {
    const { file } = backend as LmdbBackend;
    await backend.close();
    await rm(file, { force: true });
    await rm(`${file}-lock`, { force: true });
  }
}
