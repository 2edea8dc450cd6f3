import { rm, stat } from 'node:fs/promises';
import { openDatabase } from '../backend/open.js';
import { errors } from '../errors.js';
import type { SnapshotFiles } from '../replica/snapshot-files.js';
import { exportDatabase } from './export.js';

/** A file that is the caller's to remove. */
export interface BackupFile {
  readonly file: string;
  readonly bytes: number;
  remove(): Promise<void>;
}

/** Backups of a member that serves, in the form of etcd's database: its tools read them, and so does `keelson restore`. */
export class LiveBackups {
  readonly #files: Pick<SnapshotFiles, 'copy'>;
  readonly #parallelMax: number;
  #running = 0;

  /** Each takes as much disk as the database, twice over. */
  constructor(
    options: { readonly parallelMax: number },
    dependencies: { readonly files: Pick<SnapshotFiles, 'copy'> },
  ) {
    this.#parallelMax = options.parallelMax;
    this.#files = dependencies.files;
  }

  /** @throws EtcdError tooManyRequests */
  async make(): Promise<BackupFile> {
    if (this.#running >= this.#parallelMax) throw errors.tooManyRequests();
    this.#running += 1;
    try {
      return await this.#make();
    } catch (error) {
      this.#running -= 1;
      throw error;
    }
  }

  async #make(): Promise<BackupFile> {
    const copy = await this.#files.copy();
    const file = `${copy.file}-etcd`;
    const backend = openDatabase(copy.file);
    try {
      await exportDatabase(backend, file);
    } finally {
      await backend.close();
      for (const each of [copy.file, `${copy.file}-lock`]) await rm(each, { force: true });
    }
    const remove = async () => {
      this.#running -= 1;
      await rm(file, { force: true });
    };
    return { file, bytes: (await stat(file)).size, remove };
  }
}
