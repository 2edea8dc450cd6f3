import { type FieldError, invalid, type Path } from '../field-errors.js';
import { isIpv4, isIpv6 } from '../names.js';

const TEXT = 'must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)';

/** An interface's address with the length of its network's prefix, in the one form that there is for it. */
export function interfaceAddress(value: string, path: Path): FieldError[] {
  const [address = '', length = '', ...more] = value.split('/');
  const bits = isIpv4(address) ? 32 : isIpv6(address) ? 128 : 0;
  const isLength = /^(0|[1-9]\d{0,2})$/.test(length) && Number(length) <= bits;
  if (more.length > 0 || bits === 0 || !isLength) return [invalid(path, value, TEXT)];
  const canonical = bits === 32 ? address : new URL(`http://[${address}]`).hostname.slice(1, -1);
  if (canonical === address) return [];
  return [invalid(path, value, `must be in canonical form ("${canonical}/${length}")`)];
}
