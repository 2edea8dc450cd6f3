import { isApiError, objectKey, type Pod } from '@keelson/api';
import { resources } from '@keelson/client';
import { rfc3339 } from '@keelson/service';
import { type Controller, type ControllerContext, KeyedLoop, splitKey } from '../../framework/controller.js';
import { leaveAt } from './evictions.js';

const WORKERS = 8;

/** Deletes pods from nodes whose NoExecute taints they do not tolerate, or no longer. */
export const taintEvictionController: Controller = {
  name: 'taint-eviction',
  setUp(context) {
    const { informers, clock } = context;
    const nodes = informers.for(resources.nodes);
    const pods = informers.for(resources.pods);
    pods.indexer.addIndex('node', (pod) => [pod.spec?.nodeName ?? '']);
    const loop = new KeyedLoop('taint-eviction', context);
    /** When a pod's node was first seen tainted, by the pod's uid. */
    const since = new Map<string, number>();
    pods.addHandler({ onDelete: (pod) => void since.delete(pod.metadata.uid ?? '') });
    loop.feed(pods, (pod) => (pod.spec?.nodeName ? [objectKey(pod)] : []));
    loop.feed(nodes, (node, old) => {
      const before = JSON.stringify(old?.spec?.taints ?? []);
      if (old !== undefined && before === JSON.stringify(node.spec?.taints ?? [])) return [];
      return pods.indexer.byIndex('node', node.metadata.name ?? '').map(objectKey);
    });
    return () =>
      loop.run(WORKERS, async (key) => {
        const { namespace, name } = splitKey(key);
        const pod = pods.get(namespace, name);
        if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) return undefined;
        const uid = pod.metadata.uid ?? '';
        const taints = nodes.get('', pod.spec?.nodeName ?? '')?.spec?.taints ?? [];
        const at = leaveAt(pod, taints, since.get(uid) ?? clock.now(), clock.now());
        if (at === undefined) {
          since.delete(uid);
          return undefined;
        }
        if (!since.has(uid)) since.set(uid, clock.now());
        if (at > clock.now()) return at - clock.now();
        await evict(context, pod);
        return undefined;
      });
  },
};

async function evict({ client, clock, recorder }: ControllerContext, pod: Pod): Promise<void> {
  const { namespace, name = '', uid } = pod.metadata;
  recorder.record(pod, 'Normal', 'TaintManagerEviction', `Marking for deletion Pod ${namespace}/${name}`);
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'DeletionByTaintManager',
    message: 'Taint manager: deleting due to NoExecute taint',
    lastTransitionTime: rfc3339(clock.now()),
  };
  try {
    const patch = { metadata: { uid }, status: { conditions: [condition] } };
    await client.patch(resources.pods, { namespace, name }, 'strategic', patch, { subresource: 'status' });
    await client.delete(resources.pods, { namespace, name }, { preconditions: { uid } });
  } catch (error) {
    if (!isApiError(error, 'NotFound') && !isApiError(error, 'Conflict')) throw error;
  }
}
