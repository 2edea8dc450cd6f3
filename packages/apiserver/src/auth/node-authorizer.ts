import { bootstrapRbac, type Pod, type PodSpec, type PolicyRule } from '@keelson/api';
import type { ResourceCache } from '../storage/resource-cache.js';
import { ALLOWED, type AuthorizationAttributes, type Authorizer, type Decision, NO_OPINION } from './authorizer.js';
import { ruleAllows } from './rbac/rules.js';

const NODE_USER = /^system:node:(.+)$/;
const NODES = 'system:nodes';
const LEASE_NAMESPACE = 'kube-node-lease';
const READS = new Set(['get', 'list', 'watch']);

/** What pods refer to: a node may see only what a pod that runs on it needs. */
const REFERRED = new Map<string, (spec: PodSpec) => string[]>([
  ['secrets', secretsOf],
  ['configmaps', configMapsOf],
  ['persistentvolumeclaims', (spec) => (spec.volumes ?? []).flatMap((it) => it.persistentVolumeClaim?.claimName ?? [])],
]);

/**
 * Lets kubelets do what the role system:node says, but read secrets, config maps and claims, and make service account
 * tokens, only for pods on their own node, and keep only their own lease.
 */
export class NodeAuthorizer implements Authorizer {
  readonly #pods: ResourceCache;
  readonly #rules: readonly PolicyRule[];

  constructor(dependencies: { pods: ResourceCache }) {
    this.#pods = dependencies.pods;
    this.#rules = bootstrapRbac().clusterRoles.find((it) => it.name === 'system:node')?.rules ?? [];
  }

  authorize(attributes: AuthorizationAttributes): Decision {
    const { user, group, resource, subresource, namespace, name, verb } = attributes;
    const node = user.groups.includes(NODES) ? NODE_USER.exec(user.user)?.[1] : undefined;
    if (node === undefined || attributes.nonResourcePath !== undefined) return NO_OPINION;
    const referred = group === '' && subresource === '' ? REFERRED.get(resource) : undefined;
    if (referred !== undefined) {
      if (!READS.has(verb)) return refuse(`can only read resources of this type`);
      return this.#related(node, namespace, (spec) => referred(spec).includes(name));
    }
    if (group === '' && resource === 'serviceaccounts') {
      if (subresource !== 'token' || verb !== 'create')
        return refuse(`can only create tokens for individual service accounts`);
      return this.#related(node, namespace, (spec) => (spec.serviceAccountName || 'default') === name);
    }
    if (group === 'coordination.k8s.io' && resource === 'leases') return ownLease(node, attributes);
    return this.#rules.some((rule) => ruleAllows(rule, attributes)) ? ALLOWED : NO_OPINION;
  }

  #related(node: string, namespace: string, refers: (spec: PodSpec) => boolean): Decision {
    for (const { object } of this.#pods.list(`${namespace}/`)) {
      const { spec } = object as Pod;
      if (spec?.nodeName === node && refers(spec)) return ALLOWED;
    }
    return refuse(`no relationship found between node '${node}' and this object`);
  }
}

function refuse(reason: string): Decision {
  return { allowed: false, reason };
}

function ownLease(node: string, { namespace, name, verb }: AuthorizationAttributes): Decision {
  if (namespace !== LEASE_NAMESPACE)
    return refuse(`can only access leases in the "${LEASE_NAMESPACE}" system namespace`);
  // The name of what is created is in its body, which nothing here sees.
  if (verb !== 'create' && name !== node)
    return refuse(`can only access node lease with the same name as the requesting node`);
  return ALLOWED;
}

function containersOf({ containers, initContainers, ephemeralContainers }: PodSpec) {
  return [...(containers ?? []), ...(initContainers ?? []), ...(ephemeralContainers ?? [])];
}

function secretsOf(spec: PodSpec): string[] {
  const inVolumes = (spec.volumes ?? []).flatMap((it) => [
    it.secret?.secretName,
    ...(it.projected?.sources ?? []).map((source) => source.secret?.name),
  ]);
  const inEnv = containersOf(spec).flatMap((it) => [
    ...(it.env ?? []).map((env) => env.valueFrom?.secretKeyRef?.name),
    ...(it.envFrom ?? []).map((from) => from.secretRef?.name),
  ]);
  const forImages = (spec.imagePullSecrets ?? []).map((it) => it.name);
  return [...inVolumes, ...inEnv, ...forImages].filter((it) => it !== undefined);
}

function configMapsOf(spec: PodSpec): string[] {
  const inVolumes = (spec.volumes ?? []).flatMap((it) => [
    it.configMap?.name,
    ...(it.projected?.sources ?? []).map((source) => source.configMap?.name),
  ]);
  const inEnv = containersOf(spec).flatMap((it) => [
    ...(it.env ?? []).map((env) => env.valueFrom?.configMapKeyRef?.name),
    ...(it.envFrom ?? []).map((from) => from.configMapRef?.name),
  ]);
  return [...inVolumes, ...inEnv].filter((it) => it !== undefined);
}
