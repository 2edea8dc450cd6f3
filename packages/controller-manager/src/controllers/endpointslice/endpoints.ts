import type { Endpoint, EndpointPort, Pod, Service } from '@keelson/api';
import { isFinished, isReady } from '../../pods/pod-state.js';

/** The addresses of a Service that share their ports: pods may call the same named port by different numbers. */
export interface PortGroup {
  readonly ports: readonly EndpointPort[];
  readonly endpoints: readonly Endpoint[];
}

export type Family = 'IPv4' | 'IPv6';

/** The families of a Service's addresses, its own first. */
export function familiesOf({ spec }: Service): readonly [Family, ...Family[]] {
  const [first, ...others] = (spec?.ipFamilies ?? []) as Family[];
  return [first ?? (spec?.clusterIP?.includes(':') ? 'IPv6' : 'IPv4'), ...others];
}

/** What a Service's slices of a family are to hold. */
export function portGroups(
  service: Service,
  pods: readonly Pod[],
  zoneOf: (nodeName: string) => string | undefined,
  family: Family,
): PortGroup[] {
  const groups = new Map<string, { ports: EndpointPort[]; endpoints: Endpoint[] }>();
  for (const pod of pods) {
    const address = addressOf(pod, family);
    if (address === undefined || !hasPlace(pod, service)) continue;
    const ports = portsFor(service, pod);
    const key = JSON.stringify(ports);
    const group = groups.get(key) ?? { ports, endpoints: [] };
    group.endpoints.push(endpointOf(pod, address, service, zoneOf));
    groups.set(key, group);
  }
  return [...groups.values()].map(({ ports, endpoints }) => ({
    ports,
    endpoints: endpoints.sort((a, b) => ((a.addresses?.[0] ?? '') < (b.addresses?.[0] ?? '') ? -1 : 1)),
  }));
}

function addressOf({ status }: Pod, family: Family): string | undefined {
  const all = [...(status?.podIPs ?? []).map(({ ip }) => ip), status?.podIP];
  return all.find((ip) => ip && ip.includes(':') === (family === 'IPv6'));
}

/** Pods that are done are nowhere; without a node only where unready ones are wanted. */
function hasPlace(pod: Pod, service: Service): boolean {
  if (isFinished(pod)) return false;
  return !!pod.spec?.nodeName || service.spec?.publishNotReadyAddresses === true;
}

function endpointOf(
  pod: Pod,
  address: string,
  service: Service,
  zoneOf: (nodeName: string) => string | undefined,
): Endpoint {
  const { namespace, name, uid } = pod.metadata;
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const serving = isReady(pod);
  const ready = service.spec?.publishNotReadyAddresses === true || (serving && !terminating);
  const { hostname, subdomain, nodeName } = pod.spec ?? {};
  const zone = nodeName ? zoneOf(nodeName) : undefined;
  const named = !!hostname && subdomain === service.metadata.name && namespace === service.metadata.namespace;
  return {
    addresses: [address],
    conditions: { ready, serving, terminating },
    targetRef: { kind: 'Pod', namespace, name, uid },
    ...(named ? { hostname } : {}),
    ...(nodeName ? { nodeName } : {}),
    ...(zone === undefined ? {} : { zone }),
  };
}

function portsFor(service: Service, pod: Pod): EndpointPort[] {
  const ports: EndpointPort[] = [];
  for (const wanted of service.spec?.ports ?? []) {
    const port = numberOf(wanted.targetPort ?? wanted.port, wanted.protocol ?? 'TCP', pod);
    if (port === undefined) continue;
    const { appProtocol } = wanted;
    ports.push({
      name: wanted.name ?? '',
      port,
      protocol: wanted.protocol ?? 'TCP',
      ...(appProtocol === undefined ? {} : { appProtocol }),
    });
  }
  return ports;
}

/** A named target port is looked up among the pod's containers. */
function numberOf(target: number | string | undefined, protocol: string, pod: Pod): number | undefined {
  if (typeof target === 'number') return target;
  const sidecars = (pod.spec?.initContainers ?? []).filter((it) => it.restartPolicy === 'Always');
  for (const container of [...(pod.spec?.containers ?? []), ...sidecars]) {
    const found = container.ports?.find((it) => it.name === target && (it.protocol ?? 'TCP') === protocol);
    if (found !== undefined) return found.containerPort;
  }
  return undefined;
}
