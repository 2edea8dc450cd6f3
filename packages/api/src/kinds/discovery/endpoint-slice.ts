import { parseAddress } from '../../addresses.js';
import { duplicate, type FieldError, invalid, type Path, path, required, tooMany } from '../../field-errors.js';
import type { DiscoveryV1EndpointPort, Endpoint, EndpointHints, EndpointSlice } from '../../gen/types.js';
import { defineKind } from '../../kind.js';
import { immutableField, validateLabels } from '../../meta.js';
import { dns1123SubdomainErrors, labelValueErrors, qualifiedNameErrors } from '../../names.js';
import { deepEqual } from '../../object.js';
import { ipAddress, ipAddressWarnings, nonSpecialIpAddress } from '../addresses.js';
import { ageColumn, nameColumn } from '../columns.js';
import { dnsLabel, dnsSubdomain, domainName, oneOf } from '../rules.js';

const ENDPOINTS_MAX = 1000;
const PORTS_MAX = 20_000;
const ADDRESSES_MAX = 100;
const TOPOLOGY_LABELS_MAX = 16;
const HINTS_MAX = 8;
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
const TYPES = ['FQDN', 'IPv4', 'IPv6'];
const SHOWN_MAX = 3;
const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
const CONTROLLERS = ['endpointslice-controller.k8s.io', 'endpointslicemirroring-controller.k8s.io'];
const HOST_NAME = 'kubernetes.io/hostname';

export const endpointSlice = defineKind<EndpointSlice>({
  group: 'discovery.k8s.io',
  version: 'v1',
  kind: 'EndpointSlice',
  plural: 'endpointslices',
  scope: 'Namespaced',
  updateMetadata: 'create',
  generation: ['endpoints', 'ports', 'addressType'],
  columns: [
    nameColumn(),
    { name: 'AddressType', type: 'string', value: (it) => it.addressType ?? '' },
    { name: 'Ports', type: 'string', value: (it) => portsText(it.ports ?? []) },
    { name: 'Endpoints', type: 'string', value: (it) => endpointsText(it.endpoints ?? []) },
    ageColumn(),
  ],
  defaults(it) {
    for (const port of it.ports ?? []) {
      port.name ??= '';
      port.protocol ??= 'TCP';
    }
  },
  validate: (it, old) => [
    ...validateAddressType(it),
    ...validatePorts(it.ports ?? []),
    // What is as it was was let in once.
    ...(old !== undefined && deepEqual(it.endpoints, old.endpoints) ? [] : validateEndpoints(it)),
  ],
  validateUpdate: (next, old) => immutableField(next.addressType, old.addressType, path('addressType')),
  strategy: {
    prepareForCreate: (it) => dropTopology(it.endpoints ?? [], new Set()),
    prepareForUpdate(next, old) {
      const hasNewLabels = !deepEqual(next.metadata.labels ?? {}, old.metadata.labels ?? {});
      if (hasNewLabels) next.metadata.generation = (old.metadata.generation ?? 0) + 1;
      if (!deepEqual(next.endpoints, old.endpoints)) dropTopology(next.endpoints ?? [], nodesOf(old.endpoints ?? []));
    },
    warnings: (it, old) => [
      ...(old === undefined && it.addressType === 'FQDN' ? ['spec.addressType: FQDN endpoints are deprecated'] : []),
      ...addressWarnings(it),
    ],
  },
});

function nodesOf(endpoints: readonly Endpoint[]): Set<string> {
  return new Set(endpoints.flatMap(({ deprecatedTopology: topology = {} }) => topology[HOST_NAME] ?? []));
}

/** The topology of earlier versions is not written any more; the node in it goes to where it belongs. */
function dropTopology(endpoints: readonly Endpoint[], known: ReadonlySet<string>): void {
  for (const endpoint of endpoints) {
    const node = endpoint.deprecatedTopology?.[HOST_NAME] ?? '';
    if (endpoint.nodeName === undefined && known.has(node) && dns1123SubdomainErrors(node).length === 0)
      endpoint.nodeName = node;
    delete endpoint.deprecatedTopology;
  }
}

function validateAddressType({ addressType = '' }: EndpointSlice): FieldError[] {
  return addressType === '' ? [required('addressType')] : oneOf(addressType, TYPES, path('addressType'));
}

function validateEndpoints(it: EndpointSlice): FieldError[] {
  const list = it.endpoints ?? [];
  if (list.length > ENDPOINTS_MAX) return [tooMany('endpoints', list.length, ENDPOINTS_MAX)];
  return list.flatMap((endpoint, index) =>
    validateEndpoint(endpoint, it.addressType ?? '', path('endpoints').index(index)),
  );
}

function validateEndpoint(endpoint: Endpoint, addressType: string, at: Path): FieldError[] {
  const { addresses = [], nodeName, hostname, hints, deprecatedTopology: topology = {} } = endpoint;
  const errors: FieldError[] = [];
  const list = at.child('addresses');
  if (addresses.length === 0) errors.push(required(list, 'must contain at least 1 address'));
  if (addresses.length > ADDRESSES_MAX) errors.push(tooMany(list, addresses.length, ADDRESSES_MAX));
  for (const [index, address] of addresses.entries())
    errors.push(...validateAddress(address, addressType, list, index));
  if (nodeName !== undefined) errors.push(...dnsSubdomain(nodeName, at.child('nodeName')));
  const labels = Object.keys(topology).length;
  if (labels > TOPOLOGY_LABELS_MAX) errors.push(tooMany(at.child('deprecatedTopology'), labels, TOPOLOGY_LABELS_MAX));
  errors.push(...validateLabels(topology, at.child('deprecatedTopology')));
  if (hostname !== undefined) errors.push(...dnsLabel(hostname, at.child('hostname')));
  return hints === undefined ? errors : [...errors, ...validateHints(hints, at.child('hints'))];
}

function validateAddress(address: string, addressType: string, list: Path, index: number): FieldError[] {
  const at = list.index(index);
  if (addressType === 'FQDN') return domainName(address, at);
  if (addressType !== 'IPv4' && addressType !== 'IPv6') return [];
  const errors = ipAddress(address, at);
  if (errors.length > 0) return errors;
  if (parseAddress(address)?.family !== (addressType === 'IPv4' ? 4 : 6))
    errors.push(invalid(list, address, `must be an ${addressType} address`));
  return [...errors, ...nonSpecialIpAddress(address, at)];
}

function validateHints({ forZones = [], forNodes = [] }: EndpointHints, at: Path): FieldError[] {
  return [
    ...validateNames(forZones, at.child('forZones'), labelValueErrors),
    ...validateNames(forNodes, at.child('forNodes'), dns1123SubdomainErrors),
  ];
}

function validateNames(
  list: readonly { readonly name?: string | undefined }[],
  at: Path,
  rule: (name: string) => string[],
): FieldError[] {
  if (list.length > HINTS_MAX) return [tooMany(at, list.length, HINTS_MAX)];
  const seen = new Set<string>();
  return list.flatMap(({ name = '' }, index) => {
    const here = at.index(index).child('name');
    const errors = rule(name).map((text) => invalid(here, name, text));
    const isTwice = seen.has(name);
    seen.add(name);
    return isTwice ? [duplicate(here, name), ...errors] : errors;
  });
}

function validatePorts(ports: readonly DiscoveryV1EndpointPort[]): FieldError[] {
  if (ports.length > PORTS_MAX) return [tooMany('ports', ports.length, PORTS_MAX)];
  const seen = new Set<string>();
  return ports.flatMap(({ name = '', protocol, appProtocol }, index) => {
    const at = path('ports').index(index);
    const errors: FieldError[] = name === '' ? [] : dnsLabel(name, at.child('name'));
    if (seen.has(name)) errors.push(duplicate(at.child('name'), name));
    seen.add(name);
    if (protocol === undefined) errors.push(required(at.child('protocol')));
    else errors.push(...oneOf(protocol, PROTOCOLS, at.child('protocol')));
    if (appProtocol === undefined) return errors;
    const texts = qualifiedNameErrors(appProtocol);
    return [...errors, ...texts.map((text) => invalid(at.child('appProtocol'), appProtocol, text))];
  });
}

function addressWarnings({ metadata, endpoints = [] }: EndpointSlice): string[] {
  // Its own controllers write them right.
  if (CONTROLLERS.includes(metadata.labels?.[MANAGED_BY] ?? '')) return [];
  return endpoints.flatMap(({ addresses = [] }, index) =>
    addresses.flatMap((address, position) =>
      ipAddressWarnings(address, path('endpoints').index(index).child('addresses').index(position)),
    ),
  );
}

function portsText(ports: readonly DiscoveryV1EndpointPort[]): string {
  if (ports.length === 0) return '<unset>';
  return shortened(ports.map(({ name, port }) => (port === undefined ? (name ?? '') || '*' : String(port))));
}

function endpointsText(list: readonly Endpoint[]): string {
  if (list.length === 0) return '<unset>';
  return shortened(list.flatMap((endpoint) => endpoint.addresses ?? []));
}

function shortened(items: readonly string[]): string {
  const shown = items.slice(0, SHOWN_MAX).join(',');
  return items.length > SHOWN_MAX ? `${shown} + ${items.length - SHOWN_MAX} more...` : shown;
}
