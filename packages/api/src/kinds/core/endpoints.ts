import { type FieldError, path, required } from '../../field-errors.js';
import type { EndpointSubset, Endpoints } from '../../gen/types.js';
import { defineKind } from '../../kind.js';
import { ageColumn, nameColumn } from '../columns.js';
import { dnsLabel, ipAddress, oneOf, portNumber } from '../rules.js';

const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
/** A table shows no more addresses than this. */
const SHOWN_MAX = 3;

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
    for (const port of (it.subsets ?? []).flatMap((subset) => subset.ports ?? [])) port.protocol ??= 'TCP';
  },
  validate: (it) => (it.subsets ?? []).flatMap(validateSubset),
  strategy: { allowCreateOnUpdate: true },
});

function validateSubset(subset: EndpointSubset, index: number): FieldError[] {
  const at = path('subsets').index(index);
  const errors: FieldError[] = [];
  if ((subset.addresses?.length ?? 0) + (subset.notReadyAddresses?.length ?? 0) === 0) {
    errors.push(required(at, 'must specify `addresses` or `notReadyAddresses`'));
  }
  for (const field of ['addresses', 'notReadyAddresses'] as const) {
    for (const [position, address] of (subset[field] ?? []).entries()) {
      const here = at.child(field).index(position);
      errors.push(...ipAddress(address.ip ?? '', here.child('ip')));
      if ((address.hostname ?? '') !== '') errors.push(...dnsLabel(address.hostname ?? '', here.child('hostname')));
    }
  }
  const ports = subset.ports ?? [];
  for (const [position, port] of ports.entries()) {
    const here = at.child('ports').index(position);
    if (ports.length > 1 && (port.name ?? '') === '') errors.push(required(here.child('name')));
    else if ((port.name ?? '') !== '') errors.push(...dnsLabel(port.name ?? '', here.child('name')));
    errors.push(...portNumber(port.port ?? 0, here.child('port')));
    errors.push(...oneOf(port.protocol, PROTOCOLS, here.child('protocol')));
  }
  return errors;
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
