import { ApiError, type Kind, type KindRegistry, type KubeObject, type ResourceRequest } from '@keelson/api';
import type { Logger } from '@keelson/service';
import type { RequestContext } from './registry/context.js';
import type { ApiHandler } from './registry/handler.js';

const NAMESPACES = ['default', 'kube-node-lease', 'kube-public', 'kube-system'];

const PRIORITY_CLASSES = [
  {
    metadata: { name: 'system-node-critical' },
    value: 2_000_001_000,
    globalDefault: false,
    description: 'Used for system critical pods that must not be moved from their current node.',
  },
  {
    metadata: { name: 'system-cluster-critical' },
    value: 2_000_000_000,
    globalDefault: false,
    description:
      'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
  },
];

export interface BootstrapDependencies {
  handler: ApiHandler;
  kinds: KindRegistry;
  /** A context of the server itself. */
  context: RequestContext;
  logger: Logger;
  /** First address of the service range, and the port that clients use. */
  kubernetesService: { clusterIp: string; port: number; address: string };
}

/** Makes what every cluster has from its first moment; what is there already stays as it is. */
export async function bootstrap(dependencies: BootstrapDependencies): Promise<void> {
  const create = (group: string, version: string, plural: string, namespace: string, object: object) =>
    createOnce(dependencies, { group, version, plural, namespace }, object as KubeObject);
  for (const name of NAMESPACES) await create('', 'v1', 'namespaces', '', { metadata: { name } });
  for (const it of PRIORITY_CLASSES) await create('scheduling.k8s.io', 'v1', 'priorityclasses', '', it);
  const { clusterIp, port, address } = dependencies.kubernetesService;
  const labels = { component: 'apiserver', provider: 'kubernetes' };
  await create('', 'v1', 'services', 'default', {
    metadata: { name: 'kubernetes', labels },
    spec: {
      type: 'ClusterIP',
      clusterIP: clusterIp,
      clusterIPs: [clusterIp],
      ports: [{ name: 'https', protocol: 'TCP', port: 443, targetPort: port }],
    },
  });
  await create('', 'v1', 'endpoints', 'default', {
    metadata: { name: 'kubernetes', labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
    subsets: [{ addresses: [{ ip: address }], ports: [{ name: 'https', port, protocol: 'TCP' }] }],
  });
  await create('discovery.k8s.io', 'v1', 'endpointslices', 'default', {
    metadata: { name: 'kubernetes', labels: { 'kubernetes.io/service-name': 'kubernetes' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
    ports: [{ name: 'https', port, protocol: 'TCP' }],
  });
}

async function createOnce(
  { handler, kinds, context, logger }: BootstrapDependencies,
  where: { group: string; version: string; plural: string; namespace: string },
  object: KubeObject,
): Promise<void> {
  const { group, version, plural, namespace } = where;
  const kind: Kind | undefined = kinds.find(group, version, plural);
  if (kind === undefined) return;
  const bytes = Buffer.from(JSON.stringify(object));
  const path = { group, version, resource: plural, namespace, name: '', subresource: '' };
  const request: ResourceRequest = {
    verb: 'create',
    path,
    options: {},
    body: { mediaType: 'application/json', bytes },
  };
  try {
    await handler.handle(request, context);
    logger.debug({ resource: plural, name: object.metadata.name }, 'bootstrapped');
  } catch (error) {
    if (!(error instanceof ApiError) || error.reason !== 'AlreadyExists') throw error;
  }
}
