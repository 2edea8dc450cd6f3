/** What an update leaves behind that its service has no use for any more, unless its writer touched it. */
import type { Service, ServiceSpec } from '../../../gen/types.js';
import { deepEqual } from '../../../object.js';
import { isReachedFromOutside, needsClusterIp, needsHealthCheck, needsNodePorts, sameList } from './needs.js';

export function dropUnused(next: Service, old: Service): void {
  const { spec: now, status } = next;
  const before = old.spec;
  if (now === undefined || before === undefined) return;
  if (isNoMore(needsClusterIp, now, before)) dropAddresses(now, before);
  if (isNoMore(needsNodePorts, now, before) && portsOf(now).every((port) => portsOf(before).includes(port))) {
    for (const port of now.ports ?? []) delete port.nodePort;
  }
  if (isNoMore(needsHealthCheck, now, before)) dropIfSame(now, before, 'healthCheckNodePort');
  if (isNoMore(isLoadBalancer, now, before)) {
    dropIfSame(now, before, 'allocateLoadBalancerNodePorts');
    dropIfSame(now, before, 'loadBalancerClass');
  }
  if (isNoMore(isReachedFromOutside, now, before)) dropIfSame(now, before, 'externalTrafficPolicy');
  if (!isLoadBalancer(now) && status !== undefined) status.loadBalancer = {};
}

function isNoMore(needs: (spec: ServiceSpec) => boolean, now: ServiceSpec, before: ServiceSpec): boolean {
  return needs(before) && !needs(now);
}

function isLoadBalancer({ type }: ServiceSpec): boolean {
  return type === 'LoadBalancer';
}

function dropAddresses(now: ServiceSpec, before: ServiceSpec): void {
  if ((now.clusterIP ?? '') === (before.clusterIP ?? '') && sameList(now.clusterIPs, before.clusterIPs)) {
    delete now.clusterIP;
    delete now.clusterIPs;
  }
  dropIfSame(now, before, 'ipFamilies');
  dropIfSame(now, before, 'ipFamilyPolicy');
}

function dropIfSame(now: ServiceSpec, before: ServiceSpec, field: keyof ServiceSpec): void {
  if (deepEqual(now[field], before[field])) delete now[field];
}

function portsOf({ ports = [] }: ServiceSpec): number[] {
  return ports.flatMap(({ nodePort = 0 }) => (nodePort === 0 ? [] : [nodePort]));
}
