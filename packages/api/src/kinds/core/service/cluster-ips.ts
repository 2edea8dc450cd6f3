/** The addresses of a service, their families, and how they go together. */
import { areBothFamilies, parseAddress } from '../../../addresses.js';
import { duplicate, type FieldError, invalid, notSupported, path, required } from '../../../field-errors.js';
import type { ServiceSpec } from '../../../gen/types.js';
import { ipAddress } from '../../addresses.js';
import { oneOfOrAbsent } from '../../rules.js';
import { isHeadless, NO_ADDRESS, needsClusterIp } from './needs.js';

const FAMILIES = ['IPv4', 'IPv6'];
const POLICIES = ['PreferDualStack', 'RequireDualStack', 'SingleStack'];
const ADDRESSES_MAX = 2;

const spec = path('spec');
const clusterIps = spec.child('clusterIPs');

/** Holds before the addresses that are missing were given, and after. */
export function validateClusterIps(own: ServiceSpec, old?: ServiceSpec): FieldError[] {
  if (!needsClusterIp(own)) return [];
  const addresses = validateAddresses(own, old);
  const errors = [...validatePrimary(own), ...validateFamilies(own), ...addresses.errors];
  if (addresses.hasBad) return errors;
  return [...errors, ...validateDualStack(own)];
}

function validatePrimary({ clusterIP = '', clusterIPs = [] }: ServiceSpec): FieldError[] {
  if (clusterIP === '') {
    return clusterIPs.length === 0
      ? []
      : [invalid(clusterIps, clusterIPs, 'must be empty when `clusterIP` is not specified')];
  }
  if (clusterIPs.length === 0) return [required(clusterIps)];
  return clusterIPs[0] === clusterIP ? [] : [invalid(clusterIps, clusterIPs, 'first value must match `clusterIP`')];
}

function validateFamilies({ ipFamilies = [], ipFamilyPolicy }: ServiceSpec): FieldError[] {
  const errors = ipFamilies.flatMap((family, index) => {
    const at = spec.child('ipFamilies').index(index);
    const bad = FAMILIES.includes(family) ? [] : [notSupported(at, family, FAMILIES)];
    return ipFamilies.indexOf(family) < index ? [...bad, duplicate(at, family)] : bad;
  });
  return [...errors, ...oneOfOrAbsent(ipFamilyPolicy, POLICIES, spec.child('ipFamilyPolicy'))];
}

function validateAddresses({ clusterIPs = [] }: ServiceSpec, old: ServiceSpec | undefined) {
  const errors: FieldError[] = [];
  for (const [index, ip] of clusterIPs.entries()) {
    if (index > 0 || ip !== NO_ADDRESS) errors.push(...ipAddress(ip, clusterIps.index(index), old?.clusterIPs));
    else if (clusterIPs.length > 1)
      errors.push(invalid(clusterIps, clusterIPs, "'None' must be the first and only value"));
  }
  const hasBad = errors.length > 0;
  if (clusterIPs.length > ADDRESSES_MAX) errors.push(invalid(clusterIps, clusterIPs, 'may only hold up to 2 values'));
  return { errors, hasBad };
}

function validateDualStack(own: ServiceSpec): FieldError[] {
  const { clusterIPs = [], ipFamilies = [] } = own;
  const errors: FieldError[] = [];
  if (clusterIPs.length > 1 && !areBothFamilies(clusterIPs.map(parseAddress)))
    errors.push(invalid(clusterIps, clusterIPs, 'may specify no more than one IP for each IP family'));
  if (isHeadless(own)) return errors;
  for (const [index, family] of ipFamilies.slice(0, clusterIPs.length).entries()) {
    const ip = clusterIPs[index] ?? '';
    if (!FAMILIES.includes(family) || familyOf(ip) === family) continue;
    const text = `expected an ${family} value as indicated by \`ipFamilies[${index}]\``;
    errors.push(invalid(clusterIps.index(index), ip, text));
  }
  return errors;
}

/** Of an address that is one. */
export function familyOf(ip: string): 'IPv4' | 'IPv6' {
  return parseAddress(ip)?.family === 6 ? 'IPv6' : 'IPv4';
}
