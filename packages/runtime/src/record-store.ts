import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger, Random } from '@keelson/service';
import { readJson } from './files.js';
import { Quarantine } from './quarantine.js';

/** What may be there of containers that this engine does not know. */
export interface Leftovers {
  /** Ids of containers of which something may run. */
  list(): string[];
  /** Ends all that the container with this directory started. */
  end(id: string, directory: string): Promise<void>;
}

export interface RecordStoreDependencies {
  logger: Logger;
  random: Random;
  leftovers: Leftovers;
}

/** What holds records: each a folder named after its id. */
export type RecordFolder = 'sandboxes' | 'containers';

const NAME_BYTES = 16;

/** The folders of a runtime's records: read whole, removed whole, and set aside when they cannot be read. */
export class RecordStore {
  readonly #rootDir: string;
  readonly #deps: RecordStoreDependencies;
  readonly #quarantine: Quarantine;

  constructor(rootDir: string, dependencies: RecordStoreDependencies) {
    this.#rootDir = rootDir;
    this.#deps = dependencies;
    this.#quarantine = new Quarantine(join(rootDir, 'damaged'));
  }

  path(folder: RecordFolder, ...parts: string[]): string {
    return join(this.#rootDir, folder, ...parts);
  }

  /** Makes what is missing, and finishes the removals that an earlier runtime began. */
  open(): void {
    for (const folder of ['sandboxes', 'containers', 'trash']) {
      mkdirSync(join(this.#rootDir, folder), { recursive: true, mode: 0o711 });
    }
    for (const name of readdirSync(this.#trash())) this.#empty(this.#trash(name));
  }

  /** A folder without its record was being made when the runtime died. */
  async readAll<T>(folder: RecordFolder, file: string, check: (value: unknown, id: string) => T): Promise<T[]> {
    const records: T[] = [];
    for (const id of readdirSync(this.path(folder))) {
      try {
        const value = readJson<unknown>(this.path(folder, id, file));
        if (value !== undefined) records.push(check(value, id));
        else {
          if (folder === 'containers') await this.endLeftover(id);
          this.discard(this.path(folder, id));
        }
      } catch (error) {
        await this.setAside(folder, id, error);
      }
    }
    return records;
  }

  async setAside(folder: RecordFolder, id: string, error: unknown): Promise<void> {
    if (folder === 'containers') await this.endLeftover(id);
    const path = this.path(folder, id);
    try {
      const kept = this.#quarantine.take(path);
      this.#deps.logger.error({ path, kept, err: error }, 'a damaged record was set aside, and what it held was ended');
    } catch (failure) {
      this.#deps.logger.error({ path, err: failure, cause: error }, 'a damaged record cannot be set aside');
    }
  }

  async endLeftover(id: string): Promise<void> {
    try {
      await this.#deps.leftovers.end(id, this.path('containers', id));
    } catch (error) {
      this.#deps.logger.error({ containerId: id, err: error }, 'cannot end what is left of a container');
    }
  }

  /** The rename makes the removal atomic; what a crash leaves in the trash goes at the next start. */
  discard(directory: string): void {
    if (!existsSync(directory)) return;
    const trash = this.#trash(this.#deps.random.bytes(NAME_BYTES).toString('hex'));
    renameSync(directory, trash);
    this.#empty(trash);
  }

  #empty(path: string): void {
    try {
      rmSync(path, { recursive: true, force: true });
    } catch (error) {
      this.#deps.logger.warn({ path, err: error }, 'cannot remove it now; the next start tries again');
    }
  }

  #trash(...names: string[]): string {
    return join(this.#rootDir, 'trash', ...names);
  }
}
