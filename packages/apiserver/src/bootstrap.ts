import {
  ApiError,
  bootstrapObjects,
  bootstrapRbac,
  type ConfigMap,
  deepEqual,
  type KubeObject,
  type PolicyRule,
} from '@keelson/api';
import type { Logger } from '@keelson/service';
import { ensureFlowObjects } from './flow-control/ensure.js';
import type { Collections } from './registry/collections.js';
import type { RequestContext } from './registry/context.js';
import type { ApiHandler } from './registry/handler.js';

export interface BootstrapDependencies {
  handler: ApiHandler;
  collections: Collections;
  /** A context of the server itself. */
  context: RequestContext;
  logger: Logger;
  /** First address for Services, the ranges of them, and the port that clients use. */
  kubernetesService: { clusterIp: string; ranges: readonly string[]; port: number; address: string };
  /** As whom the server reaches kubelets. */
  kubeletUser: string;
  /** Whom this server trusts, for others that are to trust the same. */
  trust: Readonly<Record<string, string>>;
}

/** A fresh cluster's object, and where it goes. */
interface Wanted {
  readonly group: string;
  readonly plural: string;
  readonly object: KubeObject;
}

const RBAC = 'rbac.authorization.k8s.io';
const CONTROLLER_MANAGER = 'system:kube-controller-manager';
/** The group that its certificate names. */
const CONTROLLERS = 'keelson:controllers';
/** The field manager under which the server's own objects are made. */
const MANAGER = 'kube-apiserver';
/** Objects made side by side. */
const AT_ONCE = 20;

/** Makes what every cluster has from its first moment; what is there already stays as it is. */
export async function bootstrap(dependencies: BootstrapDependencies): Promise<void> {
  for (const it of namespaces()) await createOnce(dependencies, it);
  const others = [
    ...roles(),
    ...kubeletUser(dependencies.kubeletUser),
    ...metricsServer(),
    ...policies(),
    ...apiService(dependencies.kubernetesService),
  ];
  for (let start = 0; start < others.length; start += AT_ONCE) {
    await Promise.all(others.slice(start, start + AT_ONCE).map((it) => createOnce(dependencies, it)));
  }
  await ensureFlowObjects(dependencies);
  await publishTrust(dependencies);
}

/** The lists of bootstrap-objects.json keep metadata's fields beside the others. */
function listed(name: string, group: string, plural: string): Wanted[] {
  return (bootstrapObjects()[name] ?? []).map((entry) => {
    const { name: own, namespace, labels, annotations, ...rest } = entry as Record<string, unknown>;
    const metadata = { name: own, namespace, labels, annotations } as KubeObject['metadata'];
    return { group, plural, object: { ...rest, metadata } };
  });
}

function namespaces(): Wanted[] {
  // Their finalizers are the server's to set, as for any namespace.
  return listed('namespaces', '', 'namespaces').map(({ object: { metadata }, ...where }) => ({
    ...where,
    object: { metadata },
  }));
}

function policies(): Wanted[] {
  return [...listed('priorityClasses', 'scheduling.k8s.io', 'priorityclasses')];
}

function roles(): Wanted[] {
  const { common, clusterRoles, clusterRoleBindings, roles: own, roleBindings } = bootstrapRbac();
  const make = (plural: string, entries: readonly object[]): Wanted[] =>
    entries.map((entry) => {
      const { name, namespace, labels, ...rest } = entry as { name: string; namespace?: string; labels?: object };
      const metadata = { name, namespace, labels: { ...common.labels, ...labels }, annotations: common.annotations };
      return { group: RBAC, plural, object: { ...rest, metadata } as KubeObject };
    });
  const controllers = clusterRoles.filter(
    ({ name }) => name === CONTROLLER_MANAGER || name.startsWith('system:controller:'),
  );
  return [
    ...make('clusterroles', clusterRoles),
    ...make('clusterrolebindings', clusterRoleBindings),
    ...make('roles', own),
    ...make('rolebindings', roleBindings),
    ...controllerManager(controllers.flatMap(({ rules }) => rules ?? [])),
  ];
}

/** Our controllers all act as the manager, not as one service account each: its group may do what they may. */
function controllerManager(rules: readonly PolicyRule[]): Wanted[] {
  const metadata = { name: 'keelson:controller-manager' };
  const unique = [...new Map(rules.map((rule) => [JSON.stringify(rule), rule])).values()];
  const role = { metadata, rules: unique };
  const binding = bindingOf(metadata.name, metadata.name, { kind: 'Group', name: CONTROLLERS });
  return [{ group: RBAC, plural: 'clusterroles', object: role }, binding];
}

/** What a kubelet shows over HTTP it shows to whom the roles allow it. */
function kubeletUser(user: string): Wanted[] {
  return user === ''
    ? []
    : [bindingOf('keelson:kubelet-api-admin', 'system:kubelet-api-admin', { kind: 'User', name: user })];
}

/** What our metrics server needs: it looks at nodes and pods, asks kubelets and who may ask, and registers itself. */
function metricsServer(): Wanted[] {
  const name = 'keelson:metrics-server';
  const role = { metadata: { name }, rules: METRICS_SERVER_RULES } as KubeObject;
  return [
    { group: RBAC, plural: 'clusterroles', object: role },
    bindingOf(name, name, { kind: 'User', name: METRICS_SERVER }),
  ];
}

const METRICS_SERVER = 'system:keelson-metrics-server';
const METRICS_SERVER_RULES: readonly PolicyRule[] = [
  { apiGroups: [''], resources: ['nodes', 'pods'], verbs: ['get', 'list', 'watch'] },
  { apiGroups: [''], resources: ['nodes/metrics'], verbs: ['get'] },
  {
    apiGroups: [''],
    resources: ['configmaps'],
    resourceNames: ['extension-apiserver-authentication'],
    verbs: ['get', 'list', 'watch'],
  },
  { apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'], verbs: ['create'] },
  { apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'], verbs: ['create'] },
  {
    apiGroups: [''],
    resources: ['services'],
    resourceNames: ['keelson-metrics-server'],
    verbs: ['create', 'get', 'patch', 'update'],
  },
  {
    apiGroups: ['apiregistration.k8s.io'],
    resources: ['apiservices'],
    resourceNames: ['v1beta1.metrics.k8s.io'],
    verbs: ['create', 'get', 'list', 'patch', 'update', 'watch'],
  },
  // That it may offer to others what it serves, it has to hold it itself.
  { apiGroups: ['metrics.k8s.io'], resources: ['nodes', 'pods'], verbs: ['get', 'list', 'watch'] },
  {
    apiGroups: [RBAC],
    resources: ['clusterroles'],
    resourceNames: ['system:aggregated-metrics-reader'],
    verbs: ['create', 'get', 'patch'],
  },
];

function bindingOf(name: string, role: string, subject: { kind: 'User' | 'Group'; name: string }): Wanted {
  const roleRef = { apiGroup: RBAC, kind: 'ClusterRole', name: role };
  const subjects = [{ apiGroup: RBAC, ...subject }];
  return {
    group: RBAC,
    plural: 'clusterrolebindings',
    object: { metadata: { name }, roleRef, subjects } as KubeObject,
  };
}

/** The Service under which pods reach this server, and where it leads. */
function apiService({ clusterIp, ranges, port, address }: BootstrapDependencies['kubernetesService']): Wanted[] {
  const where = { name: 'kubernetes', namespace: 'default' };
  const service = {
    metadata: { ...where, labels: { component: 'apiserver', provider: 'kubernetes' } },
    spec: {
      type: 'ClusterIP',
      clusterIP: clusterIp,
      clusterIPs: [clusterIp],
      ports: [{ name: 'https', protocol: 'TCP', port: 443, targetPort: port }],
    },
  };
  const endpoints = {
    metadata: { ...where, labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
    subsets: [{ addresses: [{ ip: address }], ports: [{ name: 'https', port, protocol: 'TCP' }] }],
  };
  const slice = {
    metadata: { ...where, labels: { 'kubernetes.io/service-name': 'kubernetes' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
    ports: [{ name: 'https', port, protocol: 'TCP' }],
  };
  const cidr = { metadata: { name: 'kubernetes' }, spec: { cidrs: [...ranges] } };
  return [
    { group: '', plural: 'services', object: service },
    { group: '', plural: 'endpoints', object: endpoints },
    { group: 'discovery.k8s.io', plural: 'endpointslices', object: slice },
    { group: 'networking.k8s.io', plural: 'servicecidrs', object: cidr },
  ];
}

async function createOnce(
  { handler, collections, context, logger }: BootstrapDependencies,
  { group, plural, object }: Wanted,
): Promise<void> {
  const { name = '', namespace = '' } = object.metadata;
  const { cache } = collections.required(group, plural);
  if (cache.get(namespace === '' ? name : `${namespace}/${name}`) !== undefined) return;
  const bytes = Buffer.from(JSON.stringify(object));
  const path = { group, version: 'v1', resource: plural, namespace, name: '', subresource: '' };
  const options = { fieldManager: MANAGER };
  const body = { mediaType: 'application/json', bytes };
  try {
    await handler.handle({ verb: 'create', path, options, body }, context);
    logger.debug({ resource: plural, name }, 'bootstrapped');
  } catch (error) {
    if (!(error instanceof ApiError) || error.reason !== 'AlreadyExists') throw error;
  }
}

/** The one object of these that changes: authorities are replaced. */
async function publishTrust(dependencies: BootstrapDependencies): Promise<void> {
  const { handler, collections, context, trust } = dependencies;
  const metadata = { name: 'extension-apiserver-authentication', namespace: 'kube-system' };
  await createOnce(dependencies, { group: '', plural: 'configmaps', object: { metadata, data: trust } as KubeObject });
  const found = collections.required('', 'configmaps').cache.get(`${metadata.namespace}/${metadata.name}`);
  if (found === undefined || deepEqual((found.object as ConfigMap).data, trust)) return;
  const path = { group: '', version: 'v1', resource: 'configmaps', ...metadata, subresource: '' };
  const body = {
    mediaType: 'application/merge-patch+json',
    bytes: Buffer.from(JSON.stringify({ data: trust })),
  };
  await handler.handle({ verb: 'patch', path, options: { fieldManager: MANAGER }, body }, context);
}
