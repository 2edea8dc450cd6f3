import { isApiError, type Pod } from '@keelson/api';
import { resources } from '@keelson/client';
import { rfc3339 } from '@keelson/service';
import { configured } from '../../framework/configured.js';
import type { Controller, ControllerContext } from '../../framework/controller.js';
import { isFinished } from '../../pods/pod-state.js';

const LOOK_EVERY_MS = 20_000;
/** A node that is not there may just be slow to register: its pods are kept this long. */
const QUARANTINE_MS = 40_000;

export const podGarbageCollector = configured({
  name: 'pod-garbage-collector',
  flags: {
    'terminated-pod-gc-threshold': { type: 'number', default: 12_500, description: 'Finished pods that are kept' },
  },
  make: (args) => collectPods(args['terminated-pod-gc-threshold']),
});

/** Removes pods that nobody will: on nodes that are gone, deleted before they had a node, or finished and too many. */
function collectPods(terminatedMax: number): Controller {
  return {
    name: 'pod-garbage-collector',
    setUp(context) {
      const { informers, clock, signal, logger } = context;
      const pods = informers.for(resources.pods);
      const nodes = informers.for(resources.nodes);
      const missingSince = new Map<string, number>();
      const look = async () => {
        const now = clock.monotonic();
        const all = pods.list();
        const used = new Set(all.flatMap((pod) => (pod.spec?.nodeName ? [pod.spec.nodeName] : [])));
        for (const name of missingSince.keys())
          if (!used.has(name) || nodes.get('', name) !== undefined) missingSince.delete(name);
        for (const name of used)
          if (nodes.get('', name) === undefined && !missingSince.has(name)) missingSince.set(name, now);
        const gone = (pod: Pod) => now - (missingSince.get(pod.spec?.nodeName ?? '') ?? now) >= QUARANTINE_MS;
        for (const pod of surplus(all, terminatedMax)) await remove(context, pod, undefined);
        for (const pod of all.filter(gone)) await remove(context, pod, 'PodGC: node no longer exists');
        const unscheduled = all.filter((pod) => pod.metadata.deletionTimestamp !== undefined && !pod.spec?.nodeName);
        for (const pod of unscheduled) await remove(context, pod, undefined);
      };
      return async () => {
        while (!signal.aborted) {
          await look().catch((error: unknown) => logger.warn({ err: error }, 'pods not collected, trying again'));
          await clock.sleep(LOOK_EVERY_MS, signal).catch(() => {});
        }
      };
    },
  };
}

/** The oldest of the finished pods beyond the number that is kept. */
function surplus(pods: readonly Pod[], max: number): Pod[] {
  const finished = pods.filter(isFinished);
  if (max <= 0 || finished.length <= max) return [];
  const age = (pod: Pod) => pod.metadata.creationTimestamp ?? '';
  return finished.sort((a, b) => (age(a) < age(b) ? -1 : 1)).slice(0, finished.length - max);
}

async function remove({ client, clock }: ControllerContext, pod: Pod, why: string | undefined): Promise<void> {
  const { namespace, name = '', uid } = pod.metadata;
  try {
    if (why !== undefined && !isFinished(pod)) {
      const condition = {
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'DeletionByPodGC',
        message: why,
        lastTransitionTime: rfc3339(clock.now()),
      };
      const patch = { metadata: { uid }, status: { phase: 'Failed', conditions: [condition] } };
      await client.patch(resources.pods, { namespace, name }, 'strategic', patch, { subresource: 'status' });
    }
    await client.delete(resources.pods, { namespace, name }, { gracePeriodSeconds: 0, preconditions: { uid } });
  } catch (error) {
    if (!isApiError(error, 'NotFound') && !isApiError(error, 'Conflict')) throw error;
  }
}
