import type { Kind } from '../kind.js';
import { controllerRevision } from './apps/controller-revision.js';
import { daemonSet } from './apps/daemon-set.js';
import { deployment } from './apps/deployment.js';
import { replicaSet } from './apps/replica-set.js';
import { statefulSet } from './apps/stateful-set.js';
import { horizontalPodAutoscaler } from './autoscaling/horizontal-pod-autoscaler.js';
import { horizontalPodAutoscalerV1 } from './autoscaling/horizontal-pod-autoscaler-v1.js';
import { cronJob } from './batch/cron-job.js';
import { job } from './batch/job.js';
import { certificateSigningRequest } from './certificates/certificate-signing-request.js';
import { lease } from './coordination/lease.js';
import { binding } from './core/binding.js';
import { configMap } from './core/config-map.js';
import { endpoints } from './core/endpoints.js';
import { event } from './core/event.js';
import { limitRange } from './core/limit-range.js';
import { namespace } from './core/namespace.js';
import { node } from './core/node.js';
import { persistentVolume } from './core/persistent-volume.js';
import { persistentVolumeClaim } from './core/persistent-volume-claim.js';
import { pod } from './core/pod.js';
import { podTemplate } from './core/pod-template.js';
import { replicationController } from './core/replication-controller.js';
import { resourceQuota } from './core/resource-quota.js';
import { secret } from './core/secret.js';
import { service } from './core/service.js';
import { serviceAccount } from './core/service-account.js';
import { endpointSlice } from './discovery/endpoint-slice.js';
import { eventsEvent } from './events/event.js';
import { ingress } from './networking/ingress.js';
import { ingressClass } from './networking/ingress-class.js';
import { networkPolicy } from './networking/network-policy.js';
import { runtimeClass } from './node/runtime-class.js';
import { podDisruptionBudget } from './policy/pod-disruption-budget.js';
import { clusterRole } from './rbac/cluster-role.js';
import { clusterRoleBinding } from './rbac/cluster-role-binding.js';
import { role } from './rbac/role.js';
import { roleBinding } from './rbac/role-binding.js';
import {
  localSubjectAccessReview,
  selfSubjectAccessReview,
  selfSubjectReview,
  selfSubjectRulesReview,
  subjectAccessReview,
  tokenReview,
} from './requests.js';
import { priorityClass } from './scheduling/priority-class.js';
import { storageClass } from './storage/storage-class.js';

/** Every built-in kind that is a resource. */
export const allKinds: readonly Kind[] = [
  ...[
    binding,
    configMap,
    endpoints,
    event,
    limitRange,
    namespace,
    node,
    persistentVolume,
    persistentVolumeClaim,
    pod,
    podTemplate,
    replicationController,
    resourceQuota,
    secret,
    service,
    serviceAccount,
  ],
  ...[controllerRevision, daemonSet, deployment, replicaSet, statefulSet],
  ...[horizontalPodAutoscaler, horizontalPodAutoscalerV1],
  ...[cronJob, job],
  ...[certificateSigningRequest],
  ...[lease],
  ...[endpointSlice],
  ...[eventsEvent],
  ...[ingress, ingressClass, networkPolicy],
  ...[runtimeClass],
  ...[podDisruptionBudget],
  ...[clusterRole, clusterRoleBinding, role, roleBinding],
  ...[priorityClass],
  ...[storageClass],
  ...[selfSubjectReview, tokenReview],
  ...[localSubjectAccessReview, selfSubjectAccessReview, selfSubjectRulesReview, subjectAccessReview],
];
