import { path, quote } from '../../../field-errors.js';
import type { Service, ServiceSpec } from '../../../gen/types.js';
import { ipAddressWarnings, ipRangeWarnings } from '../../addresses.js';
import { NO_ADDRESS } from './needs.js';

export const OLD_TOPOLOGY = 'service.kubernetes.io/topology-aware-hints';
export const TOPOLOGY = 'service.kubernetes.io/topology-mode';

const spec = path('spec');

export function serviceWarnings({ metadata, spec: own = {} }: Service): string[] {
  const { type, externalIPs = [], externalName, loadBalancerIP, loadBalancerSourceRanges = [] } = own;
  const warnings: string[] = [];
  if (metadata.annotations?.[OLD_TOPOLOGY] !== undefined)
    warnings.push(`annotation ${OLD_TOPOLOGY} is deprecated, please use ${TOPOLOGY} instead`);
  warnings.push(...clusterIpWarnings(own));
  if (externalIPs.length > 0)
    warnings.push('spec.externalIPs is deprecated and may no longer be implemented in some clusters');
  for (const [index, ip] of externalIPs.entries())
    warnings.push(...ipAddressWarnings(ip, spec.child('externalIPs').index(index)));
  if (loadBalancerIP) warnings.push(...ipAddressWarnings(loadBalancerIP, spec.child('loadBalancerIP')));
  for (const [index, range] of loadBalancerSourceRanges.entries())
    warnings.push(...ipRangeWarnings(range, spec.child('loadBalancerSourceRanges').index(index)));
  const isExternalName = type === 'ExternalName';
  if (isExternalName && externalIPs.length > 0)
    warnings.push('spec.externalIPs is ignored when spec.type is "ExternalName"');
  if (!isExternalName && externalName)
    warnings.push('spec.externalName is ignored when spec.type is not "ExternalName"');
  if (own.trafficDistribution === 'PreferClose')
    warnings.push(`spec.trafficDistribution: "PreferClose" is deprecated; use ${quote('PreferSameZone')}`);
  return warnings;
}

function clusterIpWarnings(own: ServiceSpec): string[] {
  const { clusterIP = '', clusterIPs = [], loadBalancerIP, externalIPs = [], sessionAffinity } = own;
  const warnings: string[] = [];
  if (clusterIP !== '' && clusterIP !== NO_ADDRESS) {
    for (const [index, ip] of clusterIPs.entries())
      warnings.push(...ipAddressWarnings(ip, spec.child('clusterIPs').index(index)));
  }
  if (own.type !== 'ClusterIP' || clusterIP !== NO_ADDRESS) return warnings;
  if (loadBalancerIP) warnings.push('spec.loadBalancerIP is ignored for headless services');
  if (externalIPs.length > 0) warnings.push('spec.externalIPs is ignored for headless services');
  if (sessionAffinity !== 'None') warnings.push('spec.SessionAffinity is ignored for headless services');
  return warnings;
}

/** Of the addresses of a load balancer. */
export function ingressWarnings(ingress: readonly { readonly ip?: string | undefined }[]): string[] {
  const at = path('status', 'loadBalancer', 'ingress');
  return ingress.flatMap(({ ip = '' }, index) => (ip === '' ? [] : ipAddressWarnings(ip, at.index(index))));
}
