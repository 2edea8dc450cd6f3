import { resources } from '@keelson/client';
import { replicasController } from '../replicaset/replicas-controller.js';

/** What a ReplicaSet was before it had selectors of sets: it selects by a map, and knows nothing of terminating pods. */
export const replicationController = replicasController({
  name: 'replicationcontroller',
  resource: resources.replicationControllers,
  concurrency: { flag: 'concurrent-rc-syncs', workers: 5 },
  asReplicaSet: ({ metadata, spec, status }) => ({
    metadata,
    spec: { ...spec, selector: { matchLabels: spec?.selector } },
    ...(status === undefined ? {} : { status: { ...status, replicas: status.replicas ?? 0 } }),
  }),
  statusOf: ({ terminatingReplicas: _, ...status }) => status,
});
