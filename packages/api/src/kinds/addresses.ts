/** What fields with IP addresses and ranges of them ask. Old ones take more forms than new ones, and warn of them. */
import {
  type Address,
  addressText,
  beginsWith,
  parseAddress,
  parseRange,
  type Range,
  rangeText,
} from '../addresses.js';
import { type FieldError, invalid, type Path, quote } from '../field-errors.js';

const NO_ADDRESS = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
const NO_RANGE = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';
const NO_INTERFACE = 'must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)';

function addressErrors(value: string, address: Address | undefined, path: Path): FieldError[] {
  if (address === undefined) return [invalid(path, value, NO_ADDRESS)];
  if (!address.isStrict) return [invalid(path, value, 'must not have leading 0s')];
  return address.isMapped ? [invalid(path, value, 'must not be an IPv4-mapped IPv6 address')] : [];
}

/** An address in a field that has always taken any form of it. What stood there before (`old`) may stay. */
export function ipAddress(value: string, path: Path, old: readonly string[] = []): FieldError[] {
  return old.includes(value) ? [] : addressErrors(value, parseAddress(value), path);
}

/** An address in the one form that there is for it. */
export function canonicalIpAddress(value: string, path: Path): FieldError[] {
  const address = parseAddress(value);
  const errors = addressErrors(value, address, path);
  return errors.length > 0 || address === undefined ? errors : inOneForm(value, addressText(address), path);
}

function inOneForm(value: string, form: string, path: Path): FieldError[] {
  return value === form ? [] : [invalid(path, value, `must be in canonical form (${quote(form)})`)];
}

/** What is said of an address in another form than the one that there is for it. */
export function ipAddressWarnings(value: string, path: Path): string[] {
  const address = parseAddress(value);
  if (address === undefined) return [];
  const form = addressText(address);
  if (!address.isStrict || address.isMapped)
    return [`${path}: non-standard IP address ${quote(value)} is invalid: use ${quote(form)}`];
  if (address.family === 4 || form === value) return [];
  return [`${path}: IPv6 address ${quote(value)} should be in RFC 5952 canonical format (${quote(form)})`];
}

function rangeErrors(value: string, range: Range | undefined, path: Path): FieldError[] {
  if (range === undefined) return [invalid(path, value, NO_RANGE)];
  if (!range.isStrict) return [invalid(path, value, 'must not have leading 0s in IP or prefix length')];
  if (range.address.isMapped) return [invalid(path, value, 'must not have an IPv4-mapped IPv6 address')];
  if (range.address.value === range.first.value) return [];
  return [invalid(path, value, 'must not have bits set beyond the prefix length')];
}

/** A range in a field that has always taken any form of it. */
export function ipRange(value: string, path: Path, old: readonly string[] = []): FieldError[] {
  return old.includes(value) ? [] : rangeErrors(value, parseRange(value), path);
}

/** A range in the one form that there is for it. */
export function canonicalIpRange(value: string, path: Path): FieldError[] {
  const range = parseRange(value);
  const errors = rangeErrors(value, range, path);
  return errors.length > 0 || range === undefined ? errors : inOneForm(value, rangeText(range), path);
}

export function ipRangeWarnings(value: string, path: Path): string[] {
  const range = parseRange(value);
  if (range === undefined) return [];
  const { address, first } = range;
  const form = rangeText(range);
  const warnings: string[] = [];
  if (address.value !== first.value) {
    const alone = `${addressText(address)}/${address.family === 4 && !address.isMapped ? 32 : 128}`;
    const either = `should be ${quote(form)} or ${quote(alone)}?`;
    warnings.push(`${path}: CIDR value ${quote(value)} is ambiguous in this context (${either})`);
  }
  if (!range.isStrict || address.isMapped)
    warnings.push(`${path}: non-standard CIDR value ${quote(value)} is invalid: use ${quote(form)}`);
  if (warnings.length > 0 || first.family === 4 || form === value) return warnings;
  return [`${path}: IPv6 CIDR value ${quote(value)} should be in RFC 5952 canonical format (${quote(form)})`];
}

/** An interface's address with the length of its network's prefix, in the one form that there is for it. */
export function interfaceAddress(value: string, path: Path): FieldError[] {
  const range = parseRange(value);
  if (range === undefined) return [invalid(path, value, NO_INTERFACE)];
  return inOneForm(value, `${addressText(range.address)}/${range.prefix}`, path);
}

/** Addresses that no one elsewhere can mean. */
export function nonSpecialIpAddress(value: string, path: Path): FieldError[] {
  const address = parseAddress(value);
  if (address === undefined) return [invalid(path, value, 'must be a valid IP address')];
  const is = (...ranges: readonly string[]) => ranges.some((range) => beginsWith(address, range));
  const texts: string[] = [];
  if (is('0.0.0.0/32', '::/128')) texts.push(`may not be unspecified (${value})`);
  if (is('127.0.0.0/8', '::1/128')) {
    const text = 'may not be in the loopback range (127.0.0.0/8, ::1/128)';
    return [{ ...invalid(path, value, text), rule: 'loopback' }];
  }
  if (is('169.254.0.0/16', 'fe80::/10')) texts.push('may not be in the link-local range (169.254.0.0/16, fe80::/10)');
  // The low four bits of an IPv6 multicast address's second byte are its scope: 2 is the link's.
  const isLinkMulticast = address.family === 6 && ((address.value >> 112n) & 0xff0fn) === 0xff02n;
  if (is('224.0.0.0/24') || isLinkMulticast)
    texts.push('may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)');
  return texts.map((text) => invalid(path, value, text));
}
