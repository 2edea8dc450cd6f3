import { type FieldError, invalid, type Path, path, required } from '../../field-errors.js';
import type { EndpointAddress, EndpointPort, EndpointSubset, Endpoints } from '../../gen/types.js';
import { defineKind } from '../../kind.js';
import { qualifiedNameErrors } from '../../names.js';
import { deepEqual } from '../../object.js';
import { ipAddress, ipAddressWarnings, nonSpecialIpAddress } from '../addresses.js';
import { ageColumn, nameColumn } from '../columns.js';
import { dnsLabel, dnsSubdomain, oneOf, portNumber } from '../rules.js';

const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
/** A table shows no more addresses than this. */
const SHOWN_MAX = 3;
const MANAGED_BY = 'endpoints.kubernetes.io/managed-by';
const FIELDS = ['addresses', 'notReadyAddresses'] as const;

export const endpoints = defineKind<Endpoints>({
  group: '',
  version: 'v1',
  kind: 'Endpoints',
  plural: 'endpoints',
  singular: 'endpoints',
  shortNames: ['ep'],
  scope: 'Namespaced',
  updateMetadata: 'both',
  deprecation: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  columns: [
    nameColumn(),
    { name: 'Endpoints', type: 'string', value: (it) => endpointsText(it.subsets ?? []) },
    ageColumn(),
  ],
  defaults(it) {
    for (const port of (it.subsets ?? []).flatMap((subset) => subset.ports ?? [])) port.protocol ||= 'TCP';
  },
  validate(it, old) {
    const errors = (it.subsets ?? []).flatMap(validateSubset);
    // What is as it was was let in once.
    return errors.length > 0 && old !== undefined && deepEqual(it.subsets, old.subsets) ? [] : errors;
  },
  strategy: { allowCreateOnUpdate: true, warnings: addressWarnings },
});

function validateSubset(subset: EndpointSubset, index: number): FieldError[] {
  const at = path('subsets').index(index);
  const ports = subset.ports ?? [];
  const isEmpty = FIELDS.every((field) => (subset[field]?.length ?? 0) === 0);
  return [
    ...(isEmpty ? [required(at, 'must specify `addresses` or `notReadyAddresses`')] : []),
    ...FIELDS.flatMap((field) =>
      (subset[field] ?? []).flatMap((address, position) => validateAddress(address, at.child(field).index(position))),
    ),
    ...ports.flatMap((port, position) => validatePort(port, ports.length > 1, at.child('ports').index(position))),
  ];
}

function validateAddress({ ip = '', hostname = '', nodeName }: EndpointAddress, at: Path): FieldError[] {
  return [
    ...ipAddress(ip, at.child('ip')),
    ...(hostname === '' ? [] : dnsLabel(hostname, at.child('hostname'))),
    ...(nodeName === undefined ? [] : dnsSubdomain(nodeName, at.child('nodeName'))),
    ...nonSpecialIpAddress(ip, at.child('ip')),
  ];
}

function validatePort(port: EndpointPort, isOneOfMany: boolean, at: Path): FieldError[] {
  const { name = '', protocol = '', appProtocol } = port;
  const errors: FieldError[] = [];
  if (name !== '') errors.push(...dnsLabel(name, at.child('name')));
  else if (isOneOfMany) errors.push(required(at.child('name')));
  errors.push(...portNumber(port.port ?? 0, at.child('port')));
  errors.push(
    ...(protocol === '' ? [required(at.child('protocol'))] : oneOf(protocol, PROTOCOLS, at.child('protocol'))),
  );
  if (appProtocol === undefined) return errors;
  const texts = qualifiedNameErrors(appProtocol);
  return [...errors, ...texts.map((text) => invalid(at.child('appProtocol'), appProtocol, text))];
}

function addressWarnings({ metadata, subsets = [] }: Endpoints): string[] {
  // Its own controller writes them right.
  if (metadata.labels?.[MANAGED_BY] === 'endpoint-controller') return [];
  return subsets.flatMap((subset, index) =>
    FIELDS.flatMap((field) =>
      (subset[field] ?? []).flatMap(({ ip = '' }, position) =>
        ipAddressWarnings(ip, path('subsets').index(index).child(field).index(position).child('ip')),
      ),
    ),
  );
}

function endpointsText(subsets: readonly EndpointSubset[]): string {
  const all = subsets.flatMap(({ addresses = [], ports = [] }) =>
    ports.length === 0
      ? addresses.map((address) => address.ip ?? '')
      : ports.flatMap((port) => addresses.map((address) => `${bracketed(address.ip ?? '')}:${port.port}`)),
  );
  if (all.length === 0) return '<none>';
  const shown = all.slice(0, SHOWN_MAX).join(',');
  return all.length > SHOWN_MAX ? `${shown} + ${all.length - SHOWN_MAX} more...` : shown;
}

function bracketed(ip: string): string {
  return ip.includes(':') ? `[${ip}]` : ip;
}
