/** What services need of a cluster, by their type and the like. */
import type { ServiceSpec } from '../../../gen/types.js';

export const NO_ADDRESS = 'None';

export function needsClusterIp({ type }: ServiceSpec): boolean {
  return type !== 'ExternalName';
}

export function needsNodePorts({ type }: ServiceSpec): boolean {
  return type === 'NodePort' || type === 'LoadBalancer';
}

export function needsHealthCheck({ type, externalTrafficPolicy }: ServiceSpec): boolean {
  return type === 'LoadBalancer' && externalTrafficPolicy === 'Local';
}

export function isReachedFromOutside(spec: ServiceSpec): boolean {
  return needsNodePorts(spec) || (spec.type === 'ClusterIP' && (spec.externalIPs?.length ?? 0) > 0);
}

export function isHeadless({ clusterIPs }: ServiceSpec): boolean {
  return clusterIPs?.length === 1 && clusterIPs[0] === NO_ADDRESS;
}

/** Whether two lists have the same items in the same order; none is an empty one. */
export function sameList(some: readonly unknown[] = [], others: readonly unknown[] = []): boolean {
  return some.length === others.length && some.every((it, index) => it === others[index]);
}
