import { apiErrors, deepEqual, type Node, type Pod } from '@keelson/api';
import {
  configMapsOf,
  isMirror,
  MIRROR_ANNOTATION,
  secretsOf,
  volumeClaimsOf,
} from '../../auth/node/pod-references.js';
import type { ObjectCollection } from '../../registry/collection.js';
import { lookUp } from '../lookup.js';
import { Refused } from './refused.js';

/** A node makes only pods that show what it runs of its own, and that open nothing to it. */
export async function checkPodCreate(node: string, pod: Pod, nodes: ObjectCollection): Promise<void> {
  const only = (what: string) => new Refused(`node "${node}" can only create pods with ${what}`);
  const not = (what: string) => new Refused(`node "${node}" can not create pods that reference ${what}`);
  if (!isMirror(pod))
    throw new Refused(
      `pod does not have "${MIRROR_ANNOTATION}" annotation, node "${node}" can only create mirror pods`,
    );
  const { metadata, spec = {} } = pod;
  if (spec.nodeName !== node) throw only('spec.nodeName set to itself');
  const [owner, ...others] = metadata.ownerReferences ?? [];
  if (others.length > 0) throw only('a single owner reference set to itself');
  if (owner?.apiVersion !== 'v1' || owner.kind !== 'Node' || owner.name !== node)
    throw only('an owner reference set to itself');
  if (owner.controller !== true) throw only('a controller owner reference set to itself');
  if (owner.blockOwnerDeletion === true)
    throw new Refused(`node "${node}" must not set blockOwnerDeletion on an owner reference`);
  const own = await lookUp<Node>(nodes, '', node);
  if (own === undefined) throw apiErrors.notFound(nodes.kind, node);
  if (own.metadata.uid !== owner.uid)
    throw new Refused(`node ${node} UID mismatch: expected ${owner.uid} got ${own.metadata.uid}`);
  if (spec.serviceAccountName) throw not('a service account');
  if (secretsOf(spec).length > 0) throw not('secrets');
  if (configMapsOf(spec).length > 0) throw not('configmaps');
  const bundles = (spec.volumes ?? []).flatMap((it) => it.projected?.sources ?? []);
  if (bundles.some((it) => it.clusterTrustBundle != null)) throw not('clustertrustbundles');
  if (volumeClaimsOf(pod).length > 0) throw not('persistentvolumeclaims');
  if ((spec.resourceClaims ?? []).length > 0) throw not('resourceclaims');
}

export function checkPodStatus(node: string, next: Pod, old: Pod): void {
  if (old.spec?.nodeName !== node)
    throw new Refused(`node "${node}" can only update pod status for pods with spec.nodeName set to itself`);
  if (!deepEqual(next.metadata.labels ?? {}, old.metadata.labels ?? {}))
    throw new Refused(`node "${node}" cannot update labels through pod status`);
  if (!deepEqual(next.status?.resourceClaimStatuses ?? [], old.status?.resourceClaimStatuses ?? []))
    throw new Refused(`node "${node}" cannot update resource claim statues`);
  const claims = [next, old].map((it) => it.status?.extendedResourceClaimStatus ?? null);
  if (!deepEqual(claims[0], claims[1]))
    throw new Refused(`node "${node}" cannot update extended resource claim statues`);
}
