/** What an update means that leaves out what the server once gave a Service, or says only half of it. */
import { type Service, services } from '@keelson/api';

const { needsClusterIp, needsHealthCheck, needsNodePorts, sameList } = services;

type Spec = NonNullable<Service['spec']>;

export function keepGiven(next: Spec, old: Spec): void {
  if (needsClusterIp(old) && needsClusterIp(next)) {
    if (!next.clusterIP && old.clusterIP) next.clusterIP = old.clusterIP;
    if (isEmpty(next.clusterIPs) && !isEmpty(old.clusterIPs)) next.clusterIPs = [...(old.clusterIPs ?? [])];
  }
  if (needsNodePorts(old) && needsNodePorts(next)) keepNodePorts(next, old);
  if (needsHealthCheck(old) && needsHealthCheck(next) && !next.healthCheckNodePort && old.healthCheckNodePort)
    next.healthCheckNodePort = old.healthCheckNodePort;
}

/** A port is known by its name, whatever else of it changes. */
function keepNodePorts({ ports = [] }: Spec, { ports: before = [] }: Spec): void {
  const said = new Set(ports.map((port) => port.nodePort ?? 0));
  const had = new Map(before.map(({ name = '', nodePort = 0 }) => [name, nodePort]));
  for (const port of ports) {
    const known = had.get(port.name ?? '') ?? 0;
    if (!port.nodePort && known !== 0 && !said.has(known)) port.nodePort = known;
  }
}

/** Who changes only the first address, as old clients do, means the list to be that address alone. */
export function matchAddresses(next: Spec, old: Spec | undefined): void {
  if (old === undefined) {
    if (next.clusterIP && isEmpty(next.clusterIPs)) next.clusterIPs = [next.clusterIP];
    return;
  }
  const [now, before] = [next.clusterIP ?? '', old.clusterIP ?? ''];
  if (isEmpty(next.clusterIPs) && now === before && !isEmpty(old.clusterIPs))
    next.clusterIPs = [...(old.clusterIPs ?? [])];
  if (now === before || !sameList(next.clusterIPs, old.clusterIPs)) return;
  if (now === '') delete next.clusterIPs;
  else next.clusterIPs = [now];
}

function isEmpty(list: readonly unknown[] | undefined): boolean {
  return list === undefined || list.length === 0;
}
