import { rm } from 'node:fs/promises';
import type { CriClient } from '../cri/cri-client.js';
import type { PodCache } from '../cri/pod-cache.js';
import type { RuntimePod } from '../cri/runtime-pod.js';
import type { VolumeManager } from '../volumes/volume-manager.js';
import { logDirectory } from './container-config.js';
import type { ImagePuller } from './image-puller.js';
import type { PodKiller } from './pod-killer.js';
import type { RestartBackoff } from './restart-backoff.js';
import type { TerminationMessages } from './termination-messages.js';

export interface PodCleanerDependencies {
  cri: CriClient;
  cache: PodCache;
  killer: PodKiller;
  volumes: VolumeManager;
  images: ImagePuller;
  backoff: RestartBackoff;
  messages: TerminationMessages;
}

/** Removes what is left of a pod that has ended: sandboxes, logs, volumes, and what is remembered of it. */
export class PodCleaner {
  readonly #logsDir: string;
  readonly #deps: PodCleanerDependencies;

  constructor(options: { logsDir: string }, dependencies: PodCleanerDependencies) {
    this.#logsDir = options.logsDir;
    this.#deps = dependencies;
  }

  async cleanUp(pod: { uid: string; namespace: string; name: string }, runtime: RuntimePod | undefined): Promise<void> {
    const { cri, cache, killer, volumes, images, backoff, messages } = this.#deps;
    const { uid } = pod;
    for (const { id } of runtime?.sandboxes ?? []) await cri.runtime.removePodSandbox({ podSandboxId: id });
    await rm(logDirectory(this.#logsDir, { metadata: pod }), { recursive: true, force: true });
    await volumes.tearDown(uid);
    images.forget(uid);
    backoff.forget(`${uid}/`);
    messages.forget(uid);
    if (runtime !== undefined) killer.forget(runtime);
    await cache.refresh(uid);
  }
}
