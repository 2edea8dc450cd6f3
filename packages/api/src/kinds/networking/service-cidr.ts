import { parseRange } from '../../addresses.js';
import { type FieldError, invalid, path, required } from '../../field-errors.js';
import type { ServiceCIDR } from '../../gen/types.js';
import { defineKind, status } from '../../kind.js';
import { FIELD_IMMUTABLE } from '../../meta.js';
import { wasSaidEmpty } from '../../normalize.js';
import { canonicalIpRange } from '../addresses.js';
import { ageColumn, nameColumn } from '../columns.js';

const cidrs = path('spec', 'cidrs');
const RANGES_MAX = 2;

export const serviceCidr = defineKind<ServiceCIDR>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'ServiceCIDR',
  plural: 'servicecidrs',
  scope: 'Cluster',
  updateMetadata: ['update', 'change'],
  subresources: [status],
  columns: [
    nameColumn(),
    { name: 'CIDRs', type: 'string', value: (it) => (it.spec?.cidrs ?? []).join(',') },
    ageColumn(),
  ],
  validate: validateRanges,
  validateUpdate(next, old) {
    const [now, before] = [next.spec?.cidrs ?? [], old.spec?.cidrs ?? []];
    if (now.length === before.length) return before.flatMap((_, index) => unchanged(now, before, index));
    // A range of the other family may be added.
    if (before.length === 1 && now.length === 2) return [...unchanged(now, before, 0), ...validateRanges(next)];
    return [
      invalid(cidrs, next.spec?.cidrs ?? (wasSaidEmpty(next.spec ?? {}, 'cidrs') ? [] : undefined), FIELD_IMMUTABLE),
    ];
  },
});

function unchanged(now: readonly string[], before: readonly string[], index: number): FieldError[] {
  return now[index] === before[index] ? [] : [invalid(cidrs.index(index), now[index], FIELD_IMMUTABLE)];
}

function validateRanges({ spec }: ServiceCIDR): FieldError[] {
  const list = spec?.cidrs ?? [];
  if (list.length === 0) return [required(cidrs, 'at least one CIDR required')];
  if (list.length > RANGES_MAX) return [invalid(cidrs, { CIDRs: list }, 'may only hold up to 2 values')];
  const errors = list.flatMap((range, index) => canonicalIpRange(range, cidrs.index(index)));
  const [first, second] = list.map((range) => parseRange(range)?.first.family);
  if (list.length < RANGES_MAX || first === undefined || first !== second) return errors;
  const text = 'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64';
  return [...errors, invalid(cidrs, list, text)];
}
