import type { Kind } from '../kind.js';
import { controllerRevision } from './apps/controller-revision.js';
import { daemonSet } from './apps/daemon-set.js';
import { deployment } from './apps/deployment.js';
import { replicaSet } from './apps/replica-set.js';
import { statefulSet } from './apps/stateful-set.js';
import { job } from './batch/job.js';
import { lease } from './coordination/lease.js';
import { configMap } from './core/config-map.js';
import { endpoints } from './core/endpoints.js';
import { event } from './core/event.js';
import { namespace } from './core/namespace.js';
import { node } from './core/node.js';
import { pod } from './core/pod.js';
import { secret } from './core/secret.js';
import { service } from './core/service.js';
import { serviceAccount } from './core/service-account.js';
import { endpointSlice } from './discovery/endpoint-slice.js';
import { eventsEvent } from './events/event.js';
import { priorityClass } from './scheduling/priority-class.js';

/** Every built-in kind, by group in the order of discovery. */
export const allKinds: readonly Kind[] = [
  ...[configMap, endpoints, event, namespace, node, pod, secret, serviceAccount, service],
  ...[controllerRevision, daemonSet, deployment, replicaSet, statefulSet],
  ...[eventsEvent, job, priorityClass, lease, endpointSlice],
];
