/** Which families of addresses a Service has: as it asks, as it did before, or as the cluster has them. */
import { apiErrors, fieldErrors, type Service, services } from '@keelson/api';

const { familyOf, needsClusterIp, NO_ADDRESS, sameList, validateClusterIps } = services;
const { invalid, path } = fieldErrors;

type Spec = NonNullable<Service['spec']>;
export type Family = 'IPv4' | 'IPv6';
/** Who writes a Service, and what it was. */
export interface Change {
  readonly name: string;
  readonly next: Spec;
  readonly old: Spec | undefined;
}

const policyField = path('spec', 'ipFamilyPolicy');

export function refuse(name: string, errors: readonly fieldErrors.FieldError[]): void {
  if (errors.length > 0) throw apiErrors.invalid({ group: '', kind: 'Service' }, name, errors);
}

/** A Service that takes what it gets keeps what it got, though the cluster have more families, or fewer, since. */
export function isSettled({ next, old }: Change): boolean {
  return (
    old !== undefined &&
    old.type === next.type &&
    needsClusterIp(next) &&
    next.ipFamilyPolicy === 'PreferDualStack' &&
    (old.ipFamilyPolicy === undefined || old.ipFamilyPolicy === 'PreferDualStack') &&
    sameList(next.clusterIPs, old.clusterIPs) &&
    sameList(next.ipFamilies, old.ipFamilies)
  );
}

/** Fills in the policy and the families. Throws 422 for those that cannot be. `configured`: those of the cluster. */
export function settleFamilies(change: Change, configured: readonly Family[]): void {
  const { next, old, name } = change;
  if (!needsClusterIp(next) || isSettled(change)) return;
  const hasNoEndpointsOfItsOwn = next.clusterIP === NO_ADDRESS && Object.keys(next.selector ?? {}).length === 0;
  next.ipFamilyPolicy ??= old?.ipFamilyPolicy ?? (hasNoEndpointsOfItsOwn ? 'RequireDualStack' : 'SingleStack');
  refuse(name, validateClusterIps(next, old));
  refuse(name, [...reductions(change), ...tooManyForOne(next), ...inferFamilies(next, configured)]);
  if (hasNoEndpointsOfItsOwn) {
    // Whoever makes its endpoints may have any families.
    next.ipFamilies = withOther(next.ipFamilies ?? configured.slice(0, 1), next);
    return;
  }
  refuse(name, notConfigured(next, configured));
  next.ipFamilies ??= configured.slice(0, 1);
  if (configured.length > 1) next.ipFamilies = withOther(next.ipFamilies, next);
}

function withOther(families: readonly string[], { ipFamilyPolicy }: Spec): string[] {
  if (families.length > 1 || ipFamilyPolicy === 'SingleStack') return [...families];
  return [...families, families[0] === 'IPv4' ? 'IPv6' : 'IPv4'];
}

/** Who asks for one family lets go of the other one; nobody else may leave it out. */
function reductions({ next, old }: Change): fieldErrors.FieldError[] {
  if (old === undefined) return [];
  if (next.ipFamilyPolicy === 'SingleStack') {
    if (sameList(next.clusterIPs, old.clusterIPs)) keepFirst(next, 'clusterIPs');
    if (sameList(next.ipFamilies, old.ipFamilies)) keepFirst(next, 'ipFamilies');
    return [];
  }
  const isReduced = (field: 'clusterIPs' | 'ipFamilies') =>
    (next[field]?.length ?? 0) > 0 && (next[field]?.length ?? 0) < (old[field]?.length ?? 0);
  const text = (what: string) => `must be 'SingleStack' to release the secondary ${what}`;
  return [
    ...(isReduced('clusterIPs') ? [invalid(policyField, next.ipFamilyPolicy, text('cluster IP'))] : []),
    ...(isReduced('ipFamilies') ? [invalid(policyField, next.ipFamilyPolicy, text('IP family'))] : []),
  ];
}

function keepFirst(spec: Spec, field: 'clusterIPs' | 'ipFamilies'): void {
  if ((spec[field]?.length ?? 0) > 1) spec[field] = spec[field]?.slice(0, 1);
}

function tooManyForOne(next: Spec): fieldErrors.FieldError[] {
  if (next.ipFamilyPolicy !== 'SingleStack') return [];
  const text = (what: string) => `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`;
  return [
    ...(next.clusterIPs?.length === 2 ? [invalid(policyField, next.ipFamilyPolicy, text('cluster IPs'))] : []),
    ...(next.ipFamilies?.length === 2 ? [invalid(policyField, next.ipFamilyPolicy, text('IP families'))] : []),
  ];
}

/** An address says its family. */
function inferFamilies(next: Spec, configured: readonly Family[]): fieldErrors.FieldError[] {
  const errors: fieldErrors.FieldError[] = [];
  if (next.clusterIPs?.[0] === NO_ADDRESS) return errors;
  for (const [index, ip] of (next.clusterIPs ?? []).entries()) {
    const family = familyOf(ip);
    if (index < (next.ipFamilies?.length ?? 0)) continue;
    if (configured.includes(family)) next.ipFamilies = [...(next.ipFamilies ?? []), family];
    else
      errors.push(
        invalid(
          path('spec', 'clusterIPs').index(index),
          next.clusterIPs,
          `${family} is not configured on this cluster`,
        ),
      );
  }
  return errors;
}

function notConfigured(next: Spec, configured: readonly Family[]): fieldErrors.FieldError[] {
  const errors: fieldErrors.FieldError[] = [];
  if (next.ipFamilyPolicy === 'RequireDualStack' && configured.length < 2)
    errors.push(invalid(policyField, next.ipFamilyPolicy, 'this cluster is not configured for dual-stack services'));
  for (const [index, family] of (next.ipFamilies ?? []).entries()) {
    if (!configured.includes(family as Family))
      errors.push(invalid(path('spec', 'ipFamilies').index(index), family, 'not configured on this cluster'));
  }
  return errors;
}
