import { parseAddress } from '../../../addresses.js';
import { type FieldError, forbidden, invalid, type Path, path, required } from '../../../field-errors.js';
import type { LoadBalancerIngress, Service } from '../../../gen/types.js';
import { ipAddress } from '../../addresses.js';
import { dnsSubdomain, oneOf } from '../../rules.js';

const IP_MODES = ['Proxy', 'VIP'];

export function validateLoadBalancerStatus({ spec, status }: Service, old: Service): FieldError[] {
  const at = path('status', 'loadBalancer', 'ingress');
  const ingress = status?.loadBalancer?.ingress ?? [];
  if (spec?.type !== 'LoadBalancer' && ingress.length > 0)
    return [forbidden(at, "may only be used when `spec.type` is 'LoadBalancer'")];
  const before = (old.status?.loadBalancer?.ingress ?? []).map(({ ip = '' }) => ip);
  return ingress.flatMap((it, index) => [
    ...(it.ip ? ipAddress(it.ip, at.index(index).child('ip'), before) : []),
    ...validateIpMode(it, at.index(index).child('ipMode')),
    ...validateHostname(it.hostname ?? '', at.index(index).child('hostname')),
  ]);
}

function validateIpMode({ ip = '', ipMode }: LoadBalancerIngress, at: Path): FieldError[] {
  if (ipMode === undefined) return ip === '' ? [] : [required(at, 'must be specified when `ip` is set')];
  if (ip === '') return [forbidden(at, 'may not be specified when `ip` is not set')];
  return oneOf(ipMode, IP_MODES, at);
}

/** The name under which a load balancer is reached. */
export function validateHostname(hostname: string, at: Path): FieldError[] {
  if (hostname === '') return [];
  const errors = dnsSubdomain(hostname, at);
  if (parseAddress(hostname) === undefined) return errors;
  return [...errors, invalid(at, hostname, 'must be a DNS name, not an IP address')];
}
