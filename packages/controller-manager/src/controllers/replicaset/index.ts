import { resources } from '@keelson/client';
import { replicasController } from './replicas-controller.js';

/** Keeps as many pods of a template as a ReplicaSet asks for. */
export const replicaSetController = replicasController({
  name: 'replicaset',
  resource: resources.replicaSets,
  asReplicaSet: (it) => it,
  withStatus: (it, status) => ({ ...it, status }),
});
