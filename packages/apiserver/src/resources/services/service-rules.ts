import type { KubeObject, Service } from '@keelson/api';
import type { Random } from '@keelson/service';
import type { ResourceRules } from '../../registry/rules.js';
import { ROOT } from '../../storage/keys.js';
import type { ResourceCache } from '../../storage/resource-cache.js';
import { giveClusterIps } from './cluster-ips.js';
import { keepGiven, matchAddresses } from './earlier-values.js';
import { settleFamilies } from './families.js';
import { giveNodePorts, PortPool, type PortRange } from './node-ports.js';
import { parseAddressRanges } from './range.js';

const IP_CLAIMS = `${ROOT}ranges/serviceips/`;
const PORT_CLAIMS = `${ROOT}ranges/servicenodeports/`;
const NONE = 'None';

export interface ServiceAddressOptions {
  /** One range, or one of each family with a comma between them; the first family is the usual one. */
  readonly clusterIpRange: string;
  readonly nodePorts: PortRange;
}

/**
 * Gives Services their cluster IPs and node ports. A key in the store stands for each address and is taken in the
 * transaction that writes the Service, so two API servers can never give out the same one and none is ever leaked.
 */
export function serviceRules(
  options: ServiceAddressOptions,
  dependencies: { services: () => ResourceCache; random: Random },
): ResourceRules {
  const ranges = parseAddressRanges(options.clusterIpRange);
  const { services, random } = dependencies;
  const taken = <T>(read: (service: Service) => readonly T[]) => {
    let all: Set<T> | undefined;
    return (item: T) => {
      all ??= new Set([...services().list()].flatMap((stored) => read(stored.object as Service)));
      return all.has(item);
    };
  };
  return {
    returnsDeleted: true,
    claims: (next, old) => difference(claimsOf(next as Service | undefined), claimsOf(old as Service | undefined)),
    allocate(object: KubeObject, before: KubeObject | undefined, { dryRun }) {
      const { metadata, spec: next } = object as Service;
      const old = (before as Service | undefined)?.spec;
      if (next === undefined) return;
      if (old !== undefined) keepGiven(next, old);
      matchAddresses(next, old);
      const change = { name: metadata.name ?? '', next, old };
      settleFamilies(
        change,
        ranges.map((range) => range.family),
      );
      giveClusterIps(change, { ranges, isTaken: taken(clusterIps), random });
      giveNodePorts(change, new PortPool(taken(nodePorts), { range: options.nodePorts, dryRun, random }));
    },
  };
}

function clusterIps(service: Service): string[] {
  return (service.spec?.clusterIPs ?? []).filter((ip) => ip !== NONE && ip !== '');
}

function nodePorts({ spec }: Service): number[] {
  return [...(spec?.ports ?? []).map((port) => port.nodePort ?? 0), spec?.healthCheckNodePort ?? 0].filter(
    (port) => port > 0,
  );
}

function claimsOf(service: Service | undefined): string[] {
  if (service === undefined) return [];
  return [...clusterIps(service).map((ip) => IP_CLAIMS + ip), ...nodePorts(service).map((port) => PORT_CLAIMS + port)];
}

function difference(next: readonly string[], old: readonly string[]) {
  const unique = [...new Set(next)];
  return { acquire: unique.filter((it) => !old.includes(it)), release: old.filter((it) => !next.includes(it)) };
}
