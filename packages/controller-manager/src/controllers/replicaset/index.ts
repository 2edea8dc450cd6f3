import { resources } from '@keelson/client';
import { replicasController } from './replicas-controller.js';

/** Keeps as many pods of a template as a ReplicaSet asks for. */
export const replicaSetController = replicasController({
  name: 'replicaset',
  resource: resources.replicaSets,
  concurrency: { flag: 'concurrent-replicaset-syncs', workers: 5 },
  asReplicaSet: (it) => it,
});
