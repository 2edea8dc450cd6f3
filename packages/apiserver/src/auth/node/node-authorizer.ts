import { bootstrapRbac, type PolicyRule, type ResourceSlice, type VolumeAttachment } from '@keelson/api';
import type { ResourceCache } from '../../storage/resource-cache.js';
import { ALLOWED, type AuthorizationAttributes, type Authorizer, type Decision, NO_OPINION } from '../authorizer.js';
import { ruleAllows } from '../rbac/rules.js';
import { demands } from '../selector-requirements.js';
import { NodeGraph, type NodeGraphCaches, type ReferredResource } from './node-graph.js';
import { nodeOf } from './node-identity.js';

const LEASE_NAMESPACE = 'kube-node-lease';
const KEEPING = new Set(['get', 'create', 'update', 'patch', 'delete']);
const READING = new Set(['get', 'list', 'watch']);

export interface NodeAuthorizerCaches extends NodeGraphCaches {
  readonly volumeAttachments: ResourceCache;
  readonly resourceSlices: ResourceCache;
}

type Rule = (node: string, asked: AuthorizationAttributes) => Decision;

/**
 * Lets kubelets do what they need for the pods on their own node. Where the name or the content of what is written
 * decides, it lets all nodes pass: admission (NodeRestriction) sees both. What is not listed here is as the role
 * system:node says.
 */
export class NodeAuthorizer implements Authorizer {
  readonly #caches: NodeAuthorizerCaches;
  readonly #graph: NodeGraph;
  readonly #general: readonly PolicyRule[];
  readonly #rules: ReadonlyMap<string, Rule>;

  constructor(caches: NodeAuthorizerCaches) {
    this.#caches = caches;
    this.#graph = new NodeGraph(caches);
    this.#general = bootstrapRbac().clusterRoles.find((it) => it.name === 'system:node')?.rules ?? [];
    const one = (resource: ReferredResource): Rule => this.#onlyGet((node, it) => this.#needs(node, resource, it));
    const reads = (resource: ReferredResource): Rule => this.#onlyRead((node, it) => this.#needs(node, resource, it));
    this.#rules = new Map<string, Rule>([
      ['/secrets', reads('secrets')],
      ['/configmaps', reads('configmaps')],
      ['/persistentvolumeclaims', (node, it) => this.#claim(node, it)],
      ['/persistentvolumes', this.#onlyGet((node, { name }) => this.#graph.needsVolume(node, name))],
      ['/serviceaccounts', (node, it) => this.#serviceAccount(node, it)],
      ['/nodes', (node, it) => nodeObject(node, it)],
      ['/pods', (node, it) => this.#pod(node, it)],
      ['resource.k8s.io/resourceclaims', one('resourceclaims')],
      ['resource.k8s.io/resourceslices', (node, it) => this.#slice(node, it)],
      ['storage.k8s.io/volumeattachments', this.#onlyGet((node, { name }) => this.#attachedTo(node, name))],
      ['storage.k8s.io/csinodes', csiNode],
      ['coordination.k8s.io/leases', lease],
    ]);
  }

  authorize(asked: AuthorizationAttributes): Decision {
    const node = nodeOf(asked.user);
    if (node === undefined) return NO_OPINION;
    if (node === '') return no(`unknown node for user ${JSON.stringify(asked.user.user)}`);
    const rule = asked.nonResourcePath === undefined ? this.#rules.get(`${asked.group}/${asked.resource}`) : undefined;
    if (rule !== undefined) return rule(node, asked);
    return this.#general.some((it) => ruleAllows(it, asked)) ? ALLOWED : NO_OPINION;
  }

  #needs(node: string, resource: ReferredResource, { namespace, name }: AuthorizationAttributes): boolean {
    return this.#graph.needs(node, resource, namespace, name);
  }

  #onlyGet(related: (node: string, asked: AuthorizationAttributes) => boolean): Rule {
    return (node, asked) => {
      if (asked.verb !== 'get') return no('can only get individual resources of this type');
      if (asked.subresource !== '') return no('cannot get subresource');
      return ifRelated(node, asked, related);
    };
  }

  #onlyRead(related: (node: string, asked: AuthorizationAttributes) => boolean): Rule {
    return (node, asked) => {
      if (!READING.has(asked.verb)) return no('can only read resources of this type');
      if (asked.subresource !== '') return no('cannot read subresource');
      if (asked.namespace === '') return no('can only read namespaced object of this type');
      return ifRelated(node, asked, related);
    };
  }

  #claim(node: string, asked: AuthorizationAttributes): Decision {
    const related = (mine: string, it: AuthorizationAttributes) => this.#needs(mine, 'persistentvolumeclaims', it);
    if (asked.subresource !== 'status') return this.#onlyGet(related)(node, asked);
    const { verb } = asked;
    if (verb !== 'update' && verb !== 'patch') return no('can only get/update/patch this type');
    return ifRelated(node, asked, related);
  }

  #serviceAccount(node: string, asked: AuthorizationAttributes): Decision {
    const related = (mine: string, it: AuthorizationAttributes) => this.#needs(mine, 'serviceaccounts', it);
    const { verb, subresource, name } = asked;
    if (verb === 'get' && subresource === '') return this.#onlyRead(related)(node, asked);
    if (verb !== 'create' || name === '') return no('can only create tokens for individual service accounts');
    if (subresource !== 'token') return no('can only create token subresource of serviceaccount');
    return ifRelated(node, asked, related);
  }

  #pod(node: string, asked: AuthorizationAttributes): Decision {
    const { verb, subresource, name } = asked;
    const related = (mine: string, it: AuthorizationAttributes) => this.#graph.runs(mine, it.namespace, it.name);
    if (subresource === 'status') return verb === 'update' || verb === 'patch' ? ALLOWED : NO_OPINION;
    if (subresource === 'eviction') return verb === 'create' ? ALLOWED : NO_OPINION;
    if (subresource !== '') return NO_OPINION;
    if (verb === 'create' || verb === 'delete') return ALLOWED;
    if (verb === 'get') return ifRelated(node, asked, related);
    if (verb !== 'list' && verb !== 'watch') return NO_OPINION;
    if (selects(asked, 'spec.nodeName', node)) return ALLOWED;
    if (name !== '') return ifRelated(node, asked, related);
    return no('can only list/watch pods with spec.nodeName field selector');
  }

  #slice(node: string, asked: AuthorizationAttributes): Decision {
    const { verb, subresource } = asked;
    if (subresource !== '') return no('cannot authorize ResourceSlice subresources');
    if (verb === 'create') return ALLOWED;
    if (KEEPING.has(verb)) {
      return ifRelated(node, asked, (mine, { name }) => {
        const slice = this.#caches.resourceSlices.get(name)?.object as ResourceSlice | undefined;
        return slice?.spec?.nodeName === mine;
      });
    }
    if (verb !== 'list' && verb !== 'watch' && verb !== 'deletecollection')
      return no(
        'only the following verbs are allowed for a ResourceSlice: get, watch, list, create, update, patch, delete, deletecollection',
      );
    if (selects(asked, 'spec.nodeName', node)) return ALLOWED;
    return no('can only list/watch/deletecollection resourceslices with nodeName field selector');
  }

  #attachedTo(node: string, name: string): boolean {
    const attachment = this.#caches.volumeAttachments.get(name)?.object as VolumeAttachment | undefined;
    return attachment?.spec?.nodeName === node;
  }
}

function no(reason: string): Decision {
  return { allowed: false, reason };
}

function ifRelated(
  node: string,
  asked: AuthorizationAttributes,
  related: (node: string, asked: AuthorizationAttributes) => boolean,
): Decision {
  if (asked.name === '') return no('No Object name found');
  return related(node, asked) ? ALLOWED : no(`no relationship found between node '${node}' and this object`);
}

function selects({ fieldSelector }: AuthorizationAttributes, field: string, value: string): boolean {
  return demands(fieldSelector, field, value);
}

/** By name alone, so that a kubelet can look for its node before it has made it. */
function nodeObject(node: string, { verb, subresource, name }: AuthorizationAttributes): Decision {
  if (subresource === 'status') return verb === 'update' || verb === 'patch' ? ALLOWED : NO_OPINION;
  if (subresource !== '') return NO_OPINION;
  if (verb === 'create' || verb === 'update' || verb === 'patch') return ALLOWED;
  if (!READING.has(verb)) return NO_OPINION;
  if (name === node) return ALLOWED;
  const what = name === '' ? 'all nodes' : `'${name}'`;
  return no(`node '${node}' cannot read ${what}, only its own Node object`);
}

function lease(node: string, { verb, namespace, name }: AuthorizationAttributes): Decision {
  if (!KEEPING.has(verb)) return no('can only get, create, update, patch, or delete a node lease');
  if (namespace !== LEASE_NAMESPACE) return no(`can only access leases in the "${LEASE_NAMESPACE}" system namespace`);
  if (verb === 'create' || name === node) return ALLOWED;
  return no('can only access node lease with the same name as the requesting node');
}

function csiNode(node: string, { verb, subresource, name }: AuthorizationAttributes): Decision {
  if (!KEEPING.has(verb)) return no('can only get, create, update, patch, or delete a CSINode');
  if (subresource !== '') return no('cannot authorize CSINode subresources');
  if (verb === 'create' || name === node) return ALLOWED;
  return no('can only access CSINode with the same name as the requesting node');
}
