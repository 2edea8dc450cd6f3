/** What may not change of a service. */
import { type FieldError, forbidden, invalid, path } from '../../../field-errors.js';
import type { Service, ServiceSpec } from '../../../gen/types.js';
import { FIELD_IMMUTABLE } from '../../../meta.js';
import { isHeadless, needsClusterIp, needsHealthCheck } from './needs.js';
import { validateLoadBalancerClass } from './validate.js';

const spec = path('spec');
const ONCE = 'may not change once set';

export function validateChange({ spec: next = {} }: Service, { spec: old = {} }: Service): FieldError[] {
  const areLoadBalancers = next.type === 'LoadBalancer' && old.type === 'LoadBalancer';
  const errors = [...validateAddresses(next, old), ...validateFamilies(next, old)];
  if (areLoadBalancers && next.loadBalancerClass !== old.loadBalancerClass)
    errors.push(invalid(spec.child('loadBalancerClass'), next.loadBalancerClass, ONCE));
  errors.push(...validateLoadBalancerClass(next));
  const needHealthCheck = needsHealthCheck(next) && needsHealthCheck(old);
  if (needHealthCheck && (next.healthCheckNodePort ?? 0) !== (old.healthCheckNodePort ?? 0))
    errors.push(forbidden(spec.child('healthCheckNodePort'), FIELD_IMMUTABLE));
  return errors;
}

/** The first address stays; a second one may come, or go where one family is asked for. */
function validateAddresses(next: ServiceSpec, old: ServiceSpec): FieldError[] {
  if (!needsClusterIp(next) || !needsClusterIp(old) || (isHeadless(next) && isHeadless(old))) return [];
  const at = spec.child('clusterIPs');
  const [now, before] = [next.clusterIPs ?? [], old.clusterIPs ?? []];
  if (now.length === before.length)
    return before.flatMap((ip, index) => (ip === now[index] ? [] : [invalid(at.index(index), now, ONCE)]));
  if (now.length === 0) return [invalid(at.index(0), next.clusterIPs, 'primary clusterIP can not be unset')];
  const errors: FieldError[] = [];
  if (before.length > 0 && now[0] !== before[0]) errors.push(invalid(at.index(0), now, ONCE));
  if (now.length < before.length) errors.push(...validateRelease(next, now.length, 'clusterIP'));
  return errors;
}

function validateFamilies(next: ServiceSpec, old: ServiceSpec): FieldError[] {
  if (!needsClusterIp(next) || !needsClusterIp(old) || isHeadless(next) || isHeadless(old)) return [];
  const at = spec.child('ipFamilies').index(0);
  const [now, before] = [next.ipFamilies ?? [], old.ipFamilies ?? []];
  if (now.length === before.length)
    return before.flatMap((family, index) => (family === now[index] ? [] : [invalid(at, now, ONCE)]));
  const errors: FieldError[] = [];
  if (now.length < before.length && (next.clusterIPs?.length ?? 0) === 0)
    errors.push(invalid(at, next.ipFamilies, 'primary ipFamily can not be unset'));
  if (now.length > 0 && before.length > 0 && now[0] !== before[0]) errors.push(invalid(at, next.clusterIPs, ONCE));
  if (now.length < before.length) errors.push(...validateRelease(next, now.length, 'ipFamily'));
  return errors;
}

function validateRelease({ ipFamilyPolicy }: ServiceSpec, left: number, what: string): FieldError[] {
  if (left !== 1 || ipFamilyPolicy === 'SingleStack') return [];
  const text = `must be set to 'SingleStack' when releasing the secondary ${what}`;
  return [invalid(spec.child('ipFamilyPolicy'), ipFamilyPolicy, text)];
}
