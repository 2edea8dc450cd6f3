import { readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Clock, Logger } from '@keelson/service';
import type { CriClient } from '../cri/cri-client.js';
import type { RuntimePod } from '../cri/runtime-pod.js';

export interface LogRotatorOptions {
  maxBytes: number;
  /** Files of a container that are kept, the current one among them. */
  maxFiles: number;
  periodMs: number;
}

/** Keeps the logs of running containers from filling the disk. */
export class LogRotator {
  readonly #options: LogRotatorOptions;
  readonly #deps: { cri: CriClient; clock: Clock; logger: Logger; pods: () => RuntimePod[] };

  constructor(
    options: LogRotatorOptions,
    dependencies: { cri: CriClient; clock: Clock; logger: Logger; pods: () => RuntimePod[] },
  ) {
    this.#options = options;
    this.#deps = dependencies;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#deps.clock.sleep(this.#options.periodMs, signal).catch(() => {});
      if (!signal.aborted) await this.rotateAll();
    }
  }

  async rotateAll(): Promise<void> {
    for (const { containers } of this.#deps.pods()) {
      for (const { id, state, logPath } of containers) {
        if (state !== 'running' || logPath === '') continue;
        await this.#look(id, logPath).catch((error: unknown) => {
          this.#deps.logger.warn({ err: (error as Error).message, logPath }, 'cannot rotate a log');
        });
      }
    }
  }

  async #look(containerId: string, path: string): Promise<void> {
    const size = statSync(path, { throwIfNoEntry: false })?.size;
    // A kubelet that was killed between the two steps of a rotation left the container writing to the renamed file.
    if (size === undefined) await this.#deps.cri.runtime.reopenContainerLog({ containerId });
    else if (size >= this.#options.maxBytes) await this.#rotate(containerId, path);
  }

  async #rotate(containerId: string, path: string): Promise<void> {
    const stamp = new Date(this.#deps.clock.now())
      .toISOString()
      .replace(/[-:]|\.\d+Z/g, '')
      .replace('T', '-');
    const rotated = `${path}.${stamp}`;
    renameSync(path, rotated);
    try {
      await this.#deps.cri.runtime.reopenContainerLog({ containerId });
    } catch (error) {
      // The container writes to the renamed file still: give it its name back.
      renameSync(rotated, path);
      throw error;
    }
    const old = readdirSync(dirname(path))
      .filter((name) => name.startsWith(`${basename(path)}.`))
      .sort();
    for (const name of old.slice(0, -Math.max(1, this.#options.maxFiles - 1))) rmSync(join(dirname(path), name));
  }
}
