import type { Random } from '@keelson/service';
import type { Authorizer } from '../auth/authorizer.js';
import type { RbacAuthorizer } from '../auth/rbac/rbac-authorizer.js';
import type { ObjectCollection } from '../registry/collection.js';
import type { AdmissionPlugin } from './admission.js';
import { certificateApproval, certificateSigning } from './certificate-signers.js';
import { restrictCertificateSubjects } from './certificate-subject.js';
import { persistentVolumeClaimResize } from './claim-resize.js';
import { defaultIngressClass, defaultStorageClass } from './default-classes.js';
import { limitRanger } from './limit-ranger.js';
import { namespaceLifecycle } from './namespace-lifecycle.js';
import { nodeRestriction } from './node-restriction/node-restriction.js';
import { defaultTolerationSeconds, taintNodesByCondition } from './node-taints.js';
import { priority } from './priority.js';
import { rbacEscalation } from './rbac-escalation.js';
import { runtimeClass } from './runtime-class.js';
import { serviceAccount } from './service-account.js';
import { storageObjectInUseProtection } from './storage-object-in-use.js';

/** Every plugin of the server itself, in upstream's order. */
export function builtInPlugins(dependencies: {
  collection: (group: string, plural: string) => ObjectCollection;
  authorizer: Authorizer;
  rbac: RbacAuthorizer;
  random: Random;
}): AdmissionPlugin[] {
  const { collection, authorizer, rbac, random } = dependencies;
  const storageClasses = collection('storage.k8s.io', 'storageclasses');
  return [
    namespaceLifecycle(collection('', 'namespaces')),
    limitRanger(collection('', 'limitranges')),
    serviceAccount(collection('', 'serviceaccounts'), { random }),
    nodeRestriction({
      pods: collection('', 'pods'),
      nodes: collection('', 'nodes'),
      persistentVolumeClaims: collection('', 'persistentvolumeclaims'),
      persistentVolumes: collection('', 'persistentvolumes'),
      csiDrivers: collection('storage.k8s.io', 'csidrivers'),
      authorizer,
    }),
    taintNodesByCondition,
    priority(collection('scheduling.k8s.io', 'priorityclasses')),
    defaultTolerationSeconds,
    defaultStorageClass(storageClasses),
    storageObjectInUseProtection,
    persistentVolumeClaimResize(storageClasses),
    runtimeClass(collection('node.k8s.io', 'runtimeclasses')),
    certificateApproval(authorizer),
    certificateSigning(authorizer),
    restrictCertificateSubjects,
    defaultIngressClass(collection('networking.k8s.io', 'ingressclasses')),
    // Upstream's registry of roles refuses these; here it is the last to be asked.
    rbacEscalation({ rbac, authorizer }),
  ];
}
