import { type FieldError, invalid, type Path, path, required } from '../../field-errors.js';
import type { ServiceCIDR } from '../../gen/types.js';
import { defineKind, status } from '../../kind.js';
import { immutableField } from '../../meta.js';
import { isIpv4, isIpv6 } from '../../names.js';
import { ageColumn, nameColumn } from '../columns.js';

const cidrs = path('spec', 'cidrs');

export const serviceCidr = defineKind<ServiceCIDR>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'ServiceCIDR',
  plural: 'servicecidrs',
  scope: 'Cluster',
  subresources: [status],
  columns: [
    nameColumn(),
    { name: 'CIDRs', type: 'string', value: (it) => (it.spec?.cidrs ?? []).join(',') },
    ageColumn(),
  ],
  validate: (it) =>
    (it.spec?.cidrs ?? []).length === 0
      ? [required(cidrs, 'at least one CIDR required')]
      : (it.spec?.cidrs ?? []).flatMap((cidr, index) => validateCidr(cidr, cidrs.index(index))),
  validateUpdate: (next, old) => immutableField(next.spec?.cidrs, old.spec?.cidrs, cidrs),
});

function validateCidr(cidr: string, at: Path): FieldError[] {
  const [address = '', prefix = ''] = cidr.split('/');
  const bits = isIpv4(address) ? 32 : isIpv6(address) ? 128 : -1;
  if (bits < 0 || !/^\d{1,3}$/.test(prefix) || Number(prefix) > bits) {
    return [invalid(at, cidr, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)')];
  }
  if (bits === 32 && hasHostBits(address, Number(prefix))) {
    return [invalid(at, cidr, 'must not have bits set beyond the prefix length')];
  }
  return [];
}

function hasHostBits(address: string, prefix: number): boolean {
  const value = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  return value % 2 ** (32 - prefix) !== 0;
}
