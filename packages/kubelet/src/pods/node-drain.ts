import type { Clock, Logger } from '@keelson/service';
import type { PodCache } from '../cri/pod-cache.js';
import type { PodKiller } from './pod-killer.js';
import { podOnRecord } from './pod-on-record.js';
import type { PodWorkers } from './pod-workers.js';

export interface NodeDrainDependencies {
  workers: Pick<PodWorkers, 'drain' | 'knows'>;
  cache: Pick<PodCache, 'list' | 'lastRelistAt'>;
  killer: Pick<PodKiller, 'killPod'>;
  clock: Clock;
  logger: Logger;
}

const LOOK_EVERY_MS = 50;

/** Ends all pods of the node within their own grace: those of the API server, and those that only the runtime knows. */
export async function drainNode(dependencies: NodeDrainDependencies, signal: AbortSignal): Promise<void> {
  const { workers, cache, killer, clock, logger } = dependencies;
  workers.drain();
  while (cache.lastRelistAt === undefined) await clock.sleep(LOOK_EVERY_MS, signal);
  const unheardOf = cache.list().filter(({ uid }) => !workers.knows(uid));
  await Promise.all(
    unheardOf.map(async (runtime) => {
      try {
        await killer.killPod(podOnRecord(runtime), runtime, { signal });
      } catch (error) {
        logger.warn({ err: (error as Error).message, pod: runtime.name }, 'could not end a pod');
      }
    }),
  );
}
