import type { AnyController } from '../framework/configured.js';
import { tokenCleaner } from './bootstrap-tokens/cleaner.js';
import { bootstrapSigner } from './bootstrap-tokens/signer.js';
import { certificateApproving } from './certificates/approving.js';
import { certificateCleaner } from './certificates/cleaner.js';
import { certificateSigning } from './certificates/signing.js';
import { clusterRoleAggregation } from './clusterrole-aggregation/index.js';
import { cronJobController } from './cronjob/index.js';
import { daemonSetController } from './daemonset/index.js';
import { deploymentController } from './deployment/index.js';
import { disruptionController } from './disruption/index.js';
import { endpointsController } from './endpoints/index.js';
import { endpointSliceController } from './endpointslice/index.js';
import { endpointSliceMirroring } from './endpointslice-mirroring/index.js';
import { ephemeralVolumeController } from './ephemeral-volume/index.js';
import { garbageCollector } from './garbage-collector/index.js';
import { horizontalPodAutoscaler } from './horizontal-pod-autoscaler/index.js';
import { jobController } from './job/index.js';
import { namespaceController } from './namespace/index.js';
import { nodeIpamController } from './node-ipam/index.js';
import { nodeLifecycleController } from './node-lifecycle/index.js';
import { attachDetachController } from './persistentvolume-attach-detach/index.js';
import { volumeBinderController } from './persistentvolume-binder/index.js';
import { volumeExpander } from './persistentvolume-expander/index.js';
import { podGarbageCollector } from './pod-garbage-collector/index.js';
import { replicaSetController } from './replicaset/index.js';
import { replicationController } from './replicationcontroller/index.js';
import { resourceQuotaController } from './resourcequota/index.js';
import { rootCaPublisher } from './root-ca-certificate-publisher/index.js';
import { serviceAccountController } from './serviceaccount/index.js';
import { statefulSetController } from './statefulset/index.js';
import { taintEvictionController } from './taint-eviction/index.js';
import { ttlController } from './ttl/index.js';
import { ttlAfterFinishedController } from './ttl-after-finished/index.js';
import { attributesClassProtection, claimProtection, volumeProtection } from './volume-protection/index.js';

/** Every controller, by upstream's name. */
export const allControllers: readonly AnyController[] = [
  serviceAccountController,
  replicaSetController,
  replicationController,
  deploymentController,
  endpointSliceController,
  endpointsController,
  nodeLifecycleController,
  taintEvictionController,
  podGarbageCollector,
  daemonSetController,
  jobController,
  cronJobController,
  ttlAfterFinishedController,
  namespaceController,
  garbageCollector,
  claimProtection,
  volumeProtection,
  attributesClassProtection,
  resourceQuotaController,
  rootCaPublisher,
  clusterRoleAggregation,
  ttlController,
  nodeIpamController,
  certificateApproving,
  certificateSigning,
  certificateCleaner,
  endpointSliceMirroring,
  disruptionController,
  statefulSetController,
  horizontalPodAutoscaler,
  bootstrapSigner,
  tokenCleaner,
  volumeBinderController,
  volumeExpander,
  attachDetachController,
  ephemeralVolumeController,
];
