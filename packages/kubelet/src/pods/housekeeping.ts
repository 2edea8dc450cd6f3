import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '@keelson/service';
import type { PodCache } from '../cri/pod-cache.js';
import type { RuntimePod } from '../cri/runtime-pod.js';
import type { PodCleaner } from './pod-cleaner.js';
import { GRACE_MIN_MS, type PodKiller } from './pod-killer.js';

export interface HousekeepingOptions {
  podsDir: string;
  logsDir: string;
}

export interface HousekeepingDependencies {
  cache: Pick<PodCache, 'list' | 'has'>;
  killer: Pick<PodKiller, 'killPod'>;
  cleaner: Pick<PodCleaner, 'cleanUp'>;
  logger: Logger;
  /** Whether the API server has, or just had, a pod of this uid. */
  isKnown: (uid: string) => boolean;
}

/**
 * Ends and removes what pods left behind that the API server does not have: their containers, and the directories of
 * those that a kubelet which was killed had no time to remove.
 */
export class Housekeeping {
  readonly #ending = new Set<string>();
  readonly #options: HousekeepingOptions;
  readonly #deps: HousekeepingDependencies;

  constructor(options: HousekeepingOptions, dependencies: HousekeepingDependencies) {
    this.#options = options;
    this.#deps = dependencies;
  }

  /** Only call when all pods are known that the API server has, and all that the runtime has. */
  async sweep(): Promise<void> {
    const orphans = this.#deps.cache.list().filter(({ uid }) => this.#isOrphan(uid));
    await Promise.all(orphans.map((orphan) => this.#end(orphan)));
    await this.#removeDirectories(this.#options.podsDir, (name) => name);
    await this.#removeDirectories(this.#options.logsDir, (name) => LOG_DIRECTORY.exec(name)?.[1]);
  }

  async #end(orphan: RuntimePod): Promise<void> {
    const { killer, cleaner, logger } = this.#deps;
    this.#ending.add(orphan.uid);
    try {
      logger.info({ pod: orphan.name, uid: orphan.uid }, 'ending a pod that the API server does not have');
      await killer.killPod(undefined, orphan, { graceMs: GRACE_MIN_MS });
      await cleaner.cleanUp(orphan, orphan);
    } catch (error) {
      logger.warn({ err: (error as Error).message, uid: orphan.uid }, 'could not end an orphan yet');
    } finally {
      this.#ending.delete(orphan.uid);
    }
  }

  async #removeDirectories(directory: string, uidOf: (name: string) => string | undefined): Promise<void> {
    const { cache, logger } = this.#deps;
    try {
      for (const name of await readdir(directory)) {
        const uid = uidOf(name);
        // A pod of which the runtime has something still needs its directories.
        if (uid === undefined || !this.#isOrphan(uid) || cache.has(uid)) continue;
        await rm(join(directory, name), { recursive: true, force: true });
        logger.info({ directory: name, uid }, 'removed the directory of a pod that is gone');
      }
    } catch (error) {
      logger.warn({ err: (error as Error).message, directory }, 'cannot remove the directories of pods that are gone');
    }
  }

  #isOrphan(uid: string): boolean {
    return !this.#deps.isKnown(uid) && !this.#ending.has(uid);
  }
}

/** "<namespace>_<name>_<uid>"; what has another form is not a pod's. */
const LOG_DIRECTORY = /^[^_]+_[^_]+_([^_]+)$/;
