import { duplicate, type FieldError, path, required, tooMany } from '../../field-errors.js';
import type { DiscoveryV1EndpointPort, Endpoint, EndpointSlice } from '../../gen/types.js';
import { defineKind } from '../../kind.js';
import { immutableField } from '../../meta.js';
import { isIpv4, isIpv6 } from '../../names.js';
import { ageColumn, nameColumn } from '../columns.js';
import { dnsLabel, dnsSubdomain, ipAddress, oneOf, portNumber } from '../rules.js';

const ENDPOINTS_MAX = 1000;
const PORTS_MAX = 20_000;
const ADDRESSES_MAX = 100;
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
const SHOWN_MAX = 3;

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
  validate: (it) => [...validateAddressType(it), ...validateEndpoints(it), ...validatePorts(it.ports ?? [])],
  validateUpdate: (next, old) => immutableField(next.addressType, old.addressType, path('addressType')),
});

function validateAddressType({ addressType = '' }: EndpointSlice): FieldError[] {
  if (addressType === '') return [required('addressType')];
  return oneOf(addressType, ['FQDN', 'IPv4', 'IPv6'], path('addressType'));
}

function validateEndpoints(it: EndpointSlice): FieldError[] {
  const list = it.endpoints ?? [];
  if (list.length > ENDPOINTS_MAX) return [tooMany('endpoints', list.length, ENDPOINTS_MAX)];
  return list.flatMap((endpoint, index) => validateEndpoint(endpoint, it.addressType ?? '', index));
}

function validateEndpoint(endpoint: Endpoint, addressType: string, index: number): FieldError[] {
  const at = path('endpoints').index(index);
  const addresses = endpoint.addresses ?? [];
  const errors: FieldError[] = [];
  if (addresses.length === 0) errors.push(required(at.child('addresses'), 'must contain at least 1 address'));
  if (addresses.length > ADDRESSES_MAX) errors.push(tooMany(at.child('addresses'), addresses.length, ADDRESSES_MAX));
  for (const [position, address] of addresses.entries()) {
    const here = at.child('addresses').index(position);
    if (addressType === 'FQDN') errors.push(...dnsSubdomain(address, here));
    else {
      const bad = ipAddress(address, here);
      errors.push(...bad);
      if (bad.length === 0 && addressType === 'IPv4' && !isIpv4(address)) {
        errors.push({
          type: 'FieldValueInvalid',
          field: String(here),
          value: address,
          detail: 'must be an IPv4 address',
        });
      }
      if (bad.length === 0 && addressType === 'IPv6' && !isIpv6(address)) {
        errors.push({
          type: 'FieldValueInvalid',
          field: String(here),
          value: address,
          detail: 'must be an IPv6 address',
        });
      }
    }
  }
  if (endpoint.nodeName !== undefined) errors.push(...dnsSubdomain(endpoint.nodeName, at.child('nodeName')));
  if (endpoint.hostname !== undefined) errors.push(...dnsLabel(endpoint.hostname, at.child('hostname')));
  return errors;
}

function validatePorts(ports: readonly DiscoveryV1EndpointPort[]): FieldError[] {
  if (ports.length > PORTS_MAX) return [tooMany('ports', ports.length, PORTS_MAX)];
  const seen = new Set<string>();
  return ports.flatMap(({ name = '', protocol, port }, index) => {
    const at = path('ports').index(index);
    const errors: FieldError[] = name === '' ? [] : dnsLabel(name, at.child('name'));
    if (seen.has(name)) errors.push(duplicate(at.child('name'), name));
    seen.add(name);
    if (protocol === undefined) errors.push(required(at.child('protocol')));
    else errors.push(...oneOf(protocol, PROTOCOLS, at.child('protocol')));
    return port === undefined ? errors : [...errors, ...portNumber(port, at.child('port'))];
  });
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
