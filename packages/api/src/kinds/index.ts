import type { Kind } from '../kind.js';
import { mutatingAdmissionPolicy } from './admissionregistration/mutating-admission-policy.js';
import { mutatingAdmissionPolicyBinding } from './admissionregistration/mutating-admission-policy-binding.js';
import { mutatingWebhookConfiguration } from './admissionregistration/mutating-webhook-configuration.js';
import { validatingAdmissionPolicy } from './admissionregistration/validating-admission-policy.js';
import { validatingAdmissionPolicyBinding } from './admissionregistration/validating-admission-policy-binding.js';
import { validatingWebhookConfiguration } from './admissionregistration/validating-webhook-configuration.js';
import { customResourceDefinition } from './apiextensions/custom-resource-definition.js';
import { apiService } from './apiregistration/api-service.js';
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
import { componentStatus } from './core/component-status.js';
import { configMap } from './core/config-map.js';
import { endpoints } from './core/endpoints.js';
import { event } from './core/event.js';
import { limitRange } from './core/limit-range.js';
import { namespace } from './core/namespace.js';
import { node } from './core/node/node.js';
import { persistentVolume } from './core/persistent-volume.js';
import { persistentVolumeClaim } from './core/persistent-volume-claim.js';
import { pod } from './core/pod.js';
import { podTemplate } from './core/pod-template.js';
import { replicationController } from './core/replication-controller.js';
import { resourceQuota } from './core/resource-quota.js';
import { secret } from './core/secret.js';
import { service } from './core/service/service.js';
import { serviceAccount } from './core/service-account.js';
import { endpointSlice } from './discovery/endpoint-slice.js';
import { eventsEvent } from './events/event.js';
import { flowSchema } from './flowcontrol/flow-schema.js';
import { priorityLevelConfiguration } from './flowcontrol/priority-level-configuration.js';
import { ingress } from './networking/ingress.js';
import { ingressClass } from './networking/ingress-class.js';
import { ipAddressKind } from './networking/ip-address.js';
import { networkPolicy } from './networking/network-policy.js';
import { serviceCidr } from './networking/service-cidr.js';
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
import { deviceClass } from './resource/device-class.js';
import { resourceClaim } from './resource/resource-claim.js';
import { resourceClaimTemplate } from './resource/resource-claim-template.js';
import { resourceSlice } from './resource/resource-slice.js';
import { priorityClass } from './scheduling/priority-class.js';
import { csiDriver } from './storage/csi-driver.js';
import { csiNode } from './storage/csi-node.js';
import { csiStorageCapacity } from './storage/csi-storage-capacity.js';
import { storageClass } from './storage/storage-class.js';
import { volumeAttachment } from './storage/volume-attachment.js';
import { volumeAttributesClass } from './storage/volume-attributes-class.js';

/** Every built-in kind that is a resource. */
export const allKinds: readonly Kind[] = [
  ...[
    mutatingAdmissionPolicy,
    mutatingAdmissionPolicyBinding,
    mutatingWebhookConfiguration,
    validatingAdmissionPolicy,
    validatingAdmissionPolicyBinding,
    validatingWebhookConfiguration,
  ],
  ...[customResourceDefinition],
  ...[apiService],
  ...[controllerRevision, daemonSet, deployment, replicaSet, statefulSet],
  ...[horizontalPodAutoscaler, horizontalPodAutoscalerV1],
  ...[cronJob, job],
  ...[certificateSigningRequest],
  ...[lease],
  ...[
    binding,
    componentStatus,
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
  ...[endpointSlice],
  ...[eventsEvent],
  ...[flowSchema, priorityLevelConfiguration],
  ...[ingress, ingressClass, ipAddressKind, networkPolicy, serviceCidr],
  ...[runtimeClass],
  ...[podDisruptionBudget],
  ...[clusterRole, clusterRoleBinding, role, roleBinding],
  ...[deviceClass, resourceClaim, resourceClaimTemplate, resourceSlice],
  ...[priorityClass],
  ...[csiDriver, csiNode, csiStorageCapacity, storageClass, volumeAttachment, volumeAttributesClass],
  ...[selfSubjectReview, tokenReview],
  ...[localSubjectAccessReview, selfSubjectAccessReview, selfSubjectRulesReview, subjectAccessReview],
];
