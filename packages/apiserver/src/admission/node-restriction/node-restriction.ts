import { apiErrors, type Kind, type KubeObject, type Lease, type Pod, type ResourceSlice } from '@keelson/api';
import type { Authorizer } from '../../auth/authorizer.js';
import { nodeOf } from '../../auth/node/node-identity.js';
import type { ObjectCollection } from '../../registry/collection.js';
import type { AdmissionAttributes, AdmissionPlugin } from '../admission.js';
import { lookUp } from '../lookup.js';
import { checkSigningRequest } from './certificate-request.js';
import { checkNode } from './own-node.js';
import { checkPodCreate, checkPodStatus } from './own-pods.js';
import { Refused } from './refused.js';
import { type AudienceCollections, asksForAudience } from './token-audience.js';
import { checkClaimStatus } from './volume-claim.js';

export interface NodeRestrictionDependencies extends AudienceCollections {
  readonly pods: ObjectCollection;
  readonly nodes: ObjectCollection;
  readonly authorizer: Authorizer;
}

const LEASE_NAMESPACE = 'kube-node-lease';

/** A write of a node, by what is written; the refusal's text is thrown. */
type Rule = (node: string, it: AdmissionAttributes) => void | Promise<void>;

/**
 * Holds nodes to themselves: their own Node, Lease and CSINode, the pods bound to them, tokens for these. The node
 * authorizer lets pass what only names and contents tell apart; this tells it apart.
 */
export function nodeRestriction(dependencies: NodeRestrictionDependencies): AdmissionPlugin {
  const { pods, nodes } = dependencies;
  const rules = new Map<string, Rule>([
    ['/pods', (node, it) => podRule(node, it)],
    ['/nodes', checkNode],
    ['/persistentvolumeclaims', checkClaimStatus],
    ['/serviceaccounts', (node, it) => tokenRule(node, it, dependencies)],
    ['coordination.k8s.io/leases', leaseRule],
    ['storage.k8s.io/csinodes', csiNodeRule],
    ['resource.k8s.io/resourceslices', sliceRule],
    ['certificates.k8s.io/certificatesigningrequests', checkSigningRequest],
  ]);

  const podRule: Rule = async (node, it) => {
    const { operation, subresource, object, old } = it;
    if (subresource === 'status') {
      if (operation !== 'UPDATE') throw new Refused(`unexpected operation "${operation}"`);
      return checkPodStatus(node, object as Pod, old as Pod);
    }
    if (subresource === 'eviction') return await evictionRule(node, it, pods);
    if (subresource !== '')
      throw new Refused(`unexpected pod subresource "${subresource}", only 'status' and 'eviction' are allowed`);
    if (operation === 'CREATE') return await checkPodCreate(node, object as Pod, nodes);
    if (operation !== 'DELETE')
      throw new Refused(`unexpected operation "${operation}", node "${node}" can only create and delete mirror pods`);
    if ((object as Pod).spec?.nodeName !== node)
      throw new Refused(`node "${node}" can only delete pods with spec.nodeName set to itself`);
  };

  const run = async (attributes: AdmissionAttributes) => {
    const { kind, object, context } = attributes;
    const node = nodeOf(context.user);
    if (node === undefined) return;
    try {
      if (node === '') throw new Refused(`could not determine node from user ${JSON.stringify(context.user.user)}`);
      await rules.get(`${kind.group}/${kind.plural}`)?.(node, attributes);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      throw forbidden(kind, object, error.message);
    }
  };
  return {
    name: 'NodeRestriction',
    mutate: run,
  };
}

function forbidden(kind: Kind, { metadata }: KubeObject, text: string): Error {
  return apiErrors.forbidden(kind, metadata.name ?? '', text);
}

async function evictionRule(node: string, it: AdmissionAttributes, pods: ObjectCollection): Promise<void> {
  const { operation, namespace, object } = it;
  if (operation !== 'CREATE') throw new Refused(`unexpected operation ${operation}`);
  const name = object.metadata.name ?? '';
  const pod = await lookUp<Pod>(pods, namespace, name);
  if (pod === undefined) throw apiErrors.notFound(pods.kind, name);
  if (pod.spec?.nodeName !== node)
    throw new Refused(`node ${node} can only evict pods with spec.nodeName set to itself`);
}

/** A token of a node is for a pod that runs on it, and for what that pod asks for. */
async function tokenRule(node: string, it: AdmissionAttributes, places: NodeRestrictionDependencies): Promise<void> {
  const { operation, subresource, namespace, object, context } = it;
  if (operation !== 'CREATE' || subresource !== 'token') return;
  const { spec = {} } = object as KubeObject & {
    spec?: {
      audiences?: string[] | null;
      boundObjectRef?: { kind?: string; apiVersion?: string; name?: string; uid?: string } | null;
    };
  };
  const { kind, apiVersion, name = '', uid = '' } = spec.boundObjectRef ?? {};
  if (apiVersion !== 'v1' || kind !== 'Pod' || name === '')
    throw new Refused('node requested token not bound to a pod');
  if (uid === '') throw new Refused('node requested token with a pod binding without a uid');
  const pod = await lookUp<Pod>(places.pods, namespace, name);
  if (pod === undefined) throw apiErrors.notFound(places.pods.kind, name);
  if (pod.metadata.uid !== uid)
    throw new Refused(
      `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  if (pod.spec?.nodeName !== node)
    throw new Refused('node requested token bound to a pod scheduled on a different node');
  const audiences = spec.audiences ?? [];
  if (audiences.length > 1) throw new Refused('node may only request 0 or 1 audiences');
  const [audience = ''] = audiences;
  if (await asksForAudience(pod, audience, places)) return;
  const asked = {
    ...{ user: context.user, verb: 'request-serviceaccounts-token-audience', group: '', subresource: '' },
    ...{ resource: audience, namespace, name: pod.spec.serviceAccountName ?? '' },
  };
  if ((await places.authorizer.authorize(asked)).allowed) return;
  throw new Refused(
    `audience ${JSON.stringify(audience)} not found in pod spec volume, ${context.user.user} is not authorized to request tokens for this audience`,
  );
}

function leaseRule(node: string, { namespace, object }: AdmissionAttributes): void {
  if (namespace !== LEASE_NAMESPACE)
    throw new Refused(`can only access leases in the "${LEASE_NAMESPACE}" system namespace`);
  if ((object as Lease).metadata.name !== node)
    throw new Refused('can only access node lease with the same name as the requesting node');
}

function csiNodeRule(node: string, { object }: AdmissionAttributes): void {
  if (object.metadata.name !== node)
    throw new Refused('can only access CSINode with the same name as the requesting node');
}

/** What is there already the authorizer has looked at. */
function sliceRule(node: string, { operation, object }: AdmissionAttributes): void {
  if (operation === 'UPDATE' || (object as ResourceSlice).spec?.nodeName === node) return;
  const verb = operation === 'CREATE' ? 'create' : 'delete';
  throw new Refused(`can only ${verb} ResourceSlice with the same NodeName as the requesting node`);
}
