import { type FunctionDeclaration, member, overload } from '../check/functions.js';
import { BOOL, INT, opaque, STRING, type Type } from '../types/type.js';
import { NO_SUCH_OVERLOAD } from '../values/compare.js';
import { CelError, CelObject, type Value } from '../values/value.js';
import {
  AddressError,
  isMapped,
  mask,
  type Prefix,
  parseAddress,
  parsePrefix,
  prefixContains,
  showAddress,
} from './ip-address.js';
import { goQuote } from './quote.js';

export const IP = opaque('net.IP');
export const CIDR = opaque('net.CIDR');

class CelIP extends CelObject {
  readonly bytes: readonly number[];
  constructor(bytes: readonly number[]) {
    super();
    this.bytes = bytes;
  }
  override get type(): Type {
    return IP;
  }
  override get costSize(): number {
    return this.bytes.length;
  }
  equals(other: CelObject): boolean | CelError {
    return other instanceof CelIP ? showAddress(this.bytes) === showAddress(other.bytes) : NO_SUCH_OVERLOAD;
  }
}

class CelCIDR extends CelObject {
  readonly prefix: Prefix;
  constructor(prefix: Prefix) {
    super();
    this.prefix = prefix;
  }
  override get type(): Type {
    return CIDR;
  }
  override get costSize(): number {
    return Math.ceil(this.prefix.bits / 8);
  }
  equals(other: CelObject): boolean | CelError {
    return other instanceof CelCIDR ? String(this) === String(other) : NO_SUCH_OVERLOAD;
  }
  override toString(): string {
    return `${showAddress(this.prefix.bytes)}/${this.prefix.bits}`;
  }
}

/** The result, or the error that it threw as a value. */
function attempt<R extends Value>(make: () => R, wrap = (message: string) => message): R | CelError {
  try {
    return make();
  } catch (error) {
    if (error instanceof AddressError) return new CelError(wrap(error.message));
    throw error;
  }
}

function readIP(text: string): CelIP {
  let address: ReturnType<typeof parseAddress>;
  try {
    address = parseAddress(text);
  } catch (error) {
    if (!(error instanceof AddressError)) throw error;
    throw new AddressError(`IP Address ${goQuote(text)} parse error during conversion from string: ${error.message}`);
  }
  if (address.zone !== '') throw new AddressError(`IP address ${goQuote(text)} with zone value is not allowed`);
  if (isMapped(address.bytes)) throw new AddressError(`IPv4-mapped IPv6 address ${goQuote(text)} is not allowed`);
  return new CelIP(address.bytes);
}

const CONVERSION = 'network address parse error during conversion from string: ';

function readCIDR(text: string): CelCIDR {
  let prefix: Prefix;
  try {
    prefix = parsePrefix(text);
  } catch (error) {
    if (!(error instanceof AddressError)) throw error;
    throw new AddressError(`${CONVERSION}${error.message}`);
  }
  if (isMapped(prefix.bytes)) throw new AddressError(`IPv4-mapped IPv6 address ${goQuote(text)} is not allowed`);
  return new CelCIDR(prefix);
}

const ipOf = (text: Value) => attempt(() => readIP(text as string));
const cidrOf = (text: Value) =>
  attempt(
    () => readCIDR(text as string),
    (message) => `${CONVERSION}${message}`,
  );

const containsIP = (cidr: Value, ip: Value): Value =>
  ip instanceof CelIP ? prefixContains((cidr as CelCIDR).prefix, ip.bytes) : NO_SUCH_OVERLOAD;

const containsCIDR = (cidr: Value, inner: Value): Value => {
  if (!(inner instanceof CelCIDR)) return inner instanceof CelError ? inner : NO_SUCH_OVERLOAD;
  const outer = (cidr as CelCIDR).prefix;
  return outer.bits <= inner.prefix.bits && prefixContains(outer, inner.prefix.bytes);
};

const ipTest = (name: string, id: string, holds: (bytes: readonly number[]) => boolean): FunctionDeclaration => ({
  name,
  overloads: [member(id, [IP], BOOL, (ip) => holds((ip as CelIP).bytes))],
});

const isZero = (bytes: readonly number[]) => bytes.every((byte) => byte === 0);
const isLoopback = (bytes: readonly number[]) =>
  bytes.length === 4 ? bytes[0] === 127 : isZero(bytes.slice(0, 15)) && bytes[15] === 1;
const isMulticast = (bytes: readonly number[]) =>
  bytes.length === 4 ? (bytes[0]! & 0xf0) === 0xe0 : bytes[0] === 0xff;
const isLinkLocalMulticast = (bytes: readonly number[]) =>
  bytes.length === 4
    ? bytes[0] === 224 && bytes[1] === 0 && bytes[2] === 0
    : bytes[0] === 0xff && (bytes[1]! & 0x0f) === 2;
const isLinkLocalUnicast = (bytes: readonly number[]) =>
  bytes.length === 4 ? bytes[0] === 169 && bytes[1] === 254 : bytes[0] === 0xfe && (bytes[1]! & 0xc0) === 0x80;
const isBroadcast = (bytes: readonly number[]) => bytes.length === 4 && bytes.every((byte) => byte === 255);
const isGlobalUnicast = (bytes: readonly number[]) =>
  !isZero(bytes) && !isBroadcast(bytes) && !isLoopback(bytes) && !isMulticast(bytes) && !isLinkLocalUnicast(bytes);

export const NETWORK: readonly FunctionDeclaration[] = [
  {
    name: 'ip',
    overloads: [
      overload('string_to_ip', [STRING], IP, ipOf),
      member('cidr_ip', [CIDR], IP, (cidr) => new CelIP((cidr as CelCIDR).prefix.bytes)),
    ],
  },
  {
    name: 'family',
    overloads: [member('ip_family', [IP], INT, (ip) => ((ip as CelIP).bytes.length === 4 ? 4n : 6n))],
  },
  {
    name: 'ip.isCanonical',
    overloads: [
      overload('ip_is_canonical', [STRING], BOOL, (text) => {
        const ip = ipOf(text);
        return ip instanceof CelError ? ip : showAddress(ip.bytes) === text;
      }),
    ],
  },
  ipTest('isUnspecified', 'ip_is_unspecified', isZero),
  ipTest('isLoopback', 'ip_is_loopback', isLoopback),
  ipTest('isLinkLocalMulticast', 'ip_is_link_local_multicast', isLinkLocalMulticast),
  ipTest('isLinkLocalUnicast', 'ip_is_link_local_unicast', isLinkLocalUnicast),
  ipTest('isGlobalUnicast', 'ip_is_global_unicast', isGlobalUnicast),
  { name: 'isIP', overloads: [overload('is_ip', [STRING], BOOL, (text) => !(ipOf(text) instanceof CelError))] },
  {
    name: 'string',
    overloads: [
      overload('ip_to_string', [IP], STRING, (ip) => showAddress((ip as CelIP).bytes)),
      overload('cidr_to_string', [CIDR], STRING, (cidr) => String(cidr)),
    ],
  },
  { name: 'cidr', overloads: [overload('string_to_cidr', [STRING], CIDR, cidrOf)] },
  {
    name: 'containsIP',
    overloads: [
      member('cidr_contains_ip_string', [CIDR, STRING], BOOL, (cidr, text) => containsIP(cidr!, ipOf(text!))),
      member('cidr_contains_ip_ip', [CIDR, IP], BOOL, containsIP),
    ],
  },
  {
    name: 'containsCIDR',
    overloads: [
      member('cidr_contains_cidr_string', [CIDR, STRING], BOOL, (cidr, text) => containsCIDR(cidr!, cidrOf(text!))),
      member('cidr_contains_cidr', [CIDR, CIDR], BOOL, containsCIDR),
    ],
  },
  {
    name: 'prefixLength',
    overloads: [member('cidr_prefix_length', [CIDR], INT, (cidr) => BigInt((cidr as CelCIDR).prefix.bits))],
  },
  {
    name: 'masked',
    overloads: [
      member('cidr_masked', [CIDR], CIDR, (cidr) => {
        const { bytes, bits } = (cidr as CelCIDR).prefix;
        return new CelCIDR({ bytes: mask(bytes, bits), bits });
      }),
    ],
  },
  { name: 'isCIDR', overloads: [overload('is_cidr', [STRING], BOOL, (text) => !(cidrOf(text) instanceof CelError))] },
];
