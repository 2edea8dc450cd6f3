import { type ApiError, apiErrors, fieldErrors, type KubeObject, type Service } from '@keelson/api';
import type { Random } from '@keelson/service';
import type { ResourceRules } from '../registry/rules.js';
import { ROOT } from '../storage/keys.js';
import type { ResourceCache } from '../storage/resource-cache.js';
import { parseCidr } from './cidr.js';

const IP_CLAIMS = `${ROOT}ranges/serviceips/`;
const PORT_CLAIMS = `${ROOT}ranges/servicenodeports/`;
const NONE = 'None';

export interface ServiceAddressOptions {
  clusterIpRange: string;
  nodePorts: { first: number; last: number };
}

/**
 * Gives Services their cluster IPs and node ports. A key in the store stands for each address and is taken in the
 * transaction that writes the Service, so two API servers can never give out the same one and none is ever leaked.
 */
export function serviceRules(
  options: ServiceAddressOptions,
  dependencies: { services: () => ResourceCache; random: Random },
): ResourceRules {
  const range = parseCidr(options.clusterIpRange);
  const { services, random } = dependencies;
  const taken = (read: (service: Service) => readonly (string | number)[]) =>
    new Set([...services().list()].flatMap((stored) => read(stored.object as Service)));
  return {
    returnsDeleted: true,
    claims: (next, old) => difference(claimsOf(next as Service | undefined), claimsOf(old as Service | undefined)),
    allocate(object: KubeObject, before: KubeObject | undefined) {
      const service = object as Service;
      const old = before as Service | undefined;
      const { spec } = service;
      if (spec === undefined) return;
      keepAddresses(service, old);
      if (spec.type === 'ExternalName') {
        delete spec.clusterIP;
        delete spec.clusterIPs;
      } else {
        spec.clusterIP ||= spec.clusterIPs?.[0] || freeAddress(range, taken(clusterIps), random);
        spec.clusterIPs ??= [spec.clusterIP];
        if (spec.clusterIP !== NONE && !(old && clusterIps(old).includes(spec.clusterIP))) {
          checkAddress(service, range, taken(clusterIps));
        }
        spec.ipFamilies ??= ['IPv4'];
        spec.ipFamilyPolicy ??= 'SingleStack';
      }
      if (spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false)) {
        const used = taken(nodePorts);
        for (const [index, port] of (spec.ports ?? []).entries()) {
          if (port.nodePort && !(old && nodePorts(old).includes(port.nodePort)))
            checkPort(service, index, options.nodePorts, used);
          port.nodePort ||= freePort(options.nodePorts, used, random);
          used.add(port.nodePort);
        }
      } else for (const port of spec.ports ?? []) delete port.nodePort;
    },
  };
}

function clusterIps(service: Service): string[] {
  return (service.spec?.clusterIPs ?? []).filter((ip) => ip !== NONE && ip !== '');
}

function nodePorts(service: Service): number[] {
  return (service.spec?.ports ?? []).map((port) => port.nodePort ?? 0).filter((port) => port > 0);
}

function claimsOf(service: Service | undefined): string[] {
  if (service === undefined) return [];
  return [...clusterIps(service).map((ip) => IP_CLAIMS + ip), ...nodePorts(service).map((port) => PORT_CLAIMS + port)];
}

function difference(next: readonly string[], old: readonly string[]) {
  const unique = [...new Set(next)];
  return { acquire: unique.filter((it) => !old.includes(it)), release: old.filter((it) => !next.includes(it)) };
}

/** An update that names no address keeps the one it has. */
function keepAddresses({ spec }: Service, old: Service | undefined): void {
  if (old?.spec === undefined || spec === undefined || spec.type === 'ExternalName') return;
  if (old.spec.type === 'ExternalName') return;
  spec.clusterIP ||= old.spec.clusterIP;
  // Who names only the first address means the list to begin with it.
  if (spec.clusterIP !== old.spec.clusterIP && spec.clusterIPs?.[0] === old.spec.clusterIP) {
    spec.clusterIPs = [spec.clusterIP ?? '', ...spec.clusterIPs!.slice(1)];
  }
  if ((spec.clusterIPs ?? []).length === 0) {
    if (old.spec.clusterIPs === undefined) delete spec.clusterIPs;
    else spec.clusterIPs = [...old.spec.clusterIPs];
  }
  const had = new Map(old.spec.ports?.map((port) => [`${port.protocol}/${port.port}`, port.nodePort]));
  const wanted = new Set(nodePorts({ metadata: {}, spec }));
  for (const port of spec.ports ?? []) {
    const before = had.get(`${port.protocol}/${port.port}`);
    if (!port.nodePort && before !== undefined && !wanted.has(before)) port.nodePort = before;
  }
}

function freeAddress(range: ReturnType<typeof parseCidr>, taken: ReadonlySet<string | number>, random: Random): string {
  const start = random.integer(range.size - 2);
  for (let step = 0; step < range.size - 2; step++) {
    const address = range.at(1 + ((start + step) % (range.size - 2)));
    if (!taken.has(address)) return address;
  }
  throw apiErrors.internalError(new Error('failed to allocate a serviceIP: range is full'));
}

function freePort(
  { first, last }: ServiceAddressOptions['nodePorts'],
  taken: ReadonlySet<string | number>,
  random: Random,
): number {
  const size = last - first + 1;
  const start = random.integer(size);
  for (let step = 0; step < size; step++) {
    const port = first + ((start + step) % size);
    if (!taken.has(port)) return port;
  }
  throw apiErrors.internalError(new Error('failed to allocate a nodePort: range is full'));
}

function checkPort(
  service: Service,
  index: number,
  { first, last }: ServiceAddressOptions['nodePorts'],
  taken: ReadonlySet<string | number>,
): void {
  const port = service.spec?.ports?.[index]?.nodePort ?? 0;
  const refuse = (detail: string): ApiError =>
    apiErrors.invalid({ group: '', kind: 'Service' }, service.metadata.name ?? '', [
      fieldErrors.invalid(`spec.ports[${index}].nodePort`, port, detail),
    ]);
  if (port < first || port > last) {
    throw refuse(`provided port is not in the valid range. The range of valid ports is ${first}-${last}`);
  }
  if (taken.has(port)) throw refuse('provided port is already allocated');
}

function checkAddress(
  service: Service,
  range: ReturnType<typeof parseCidr>,
  taken: ReadonlySet<string | number>,
): void {
  const ip = service.spec?.clusterIP ?? '';
  const refuse = (detail: string): ApiError =>
    apiErrors.invalid({ group: '', kind: 'Service' }, service.metadata.name ?? '', [
      fieldErrors.invalid('spec.clusterIPs', [ip], detail),
    ]);
  if (!/^\d+\.\d+\.\d+\.\d+$/.test(ip)) return; // the kind's own validation says what is wrong
  if (!range.contains(ip)) {
    throw refuse(`failed to allocate IP ${ip}: the provided network does not match the current range`);
  }
  if (taken.has(ip)) throw refuse(`failed to allocate IP ${ip}: provided IP is already allocated`);
}
