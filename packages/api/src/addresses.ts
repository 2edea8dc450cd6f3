/** IP addresses and ranges of them as texts say them, read the lenient way that old fields have always been read. */

export interface Address {
  /** An IPv4 address that is written as IPv6 is of IPv4. */
  readonly family: 4 | 6;
  /** Its bits, 32 or 128 of them. */
  readonly value: bigint;
  /** Written as an IPv6 address that stands for an IPv4 one. */
  readonly isMapped: boolean;
  /** No number has zeros in front that only lenient readers take. */
  readonly isStrict: boolean;
}

export interface Range {
  /** As it is written, with whatever follows the prefix. */
  readonly address: Address;
  /** The first address of the range. */
  readonly first: Address;
  readonly prefix: number;
  readonly isStrict: boolean;
}

/** What stands before the last 32 bits of an IPv4 address that is written as IPv6. */
const MAPPED_PREFIX = 0xffffn;
const IPV4_BITS = 32;
const IPV6_BITS = 128;
const IPV6_GROUPS = 8;

export function parseAddress(text: string): Address | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

function parseIpv4(text: string): Address | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^\d+$/.test(part) && Number(part) <= 255)) return undefined;
  const value = parts.reduce((sum, part) => sum * 256n + BigInt(Number(part)), 0n);
  return { family: 4, value, isMapped: false, isStrict: !parts.some((part) => /^0\d/.test(part)) };
}

function parseIpv6(text: string): Address | undefined {
  const [head = '', tail, ...more] = text.split('::');
  if (more.length > 0) return undefined;
  const front = groupsOf(head, tail === undefined);
  const back = tail === undefined ? { groups: [], isStrict: true } : groupsOf(tail, true);
  if (front === undefined || back === undefined) return undefined;
  const missing = IPV6_GROUPS - front.groups.length - back.groups.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...front.groups, ...Array.from({ length: missing }, () => 0), ...back.groups];
  const value = groups.reduce((sum, group) => sum * 65536n + BigInt(group), 0n);
  const isStrict = front.isStrict && back.isStrict;
  if (value >> 32n === MAPPED_PREFIX) return { family: 4, value: value & 0xffff_ffffn, isMapped: true, isStrict };
  return { family: 6, value, isMapped: false, isStrict };
}

/** The 16-bit numbers of one side of the gap; the last two may be written as an IPv4 address. */
function groupsOf(text: string, isLast: boolean): { groups: number[]; isStrict: boolean } | undefined {
  if (text === '') return { groups: [], isStrict: true };
  const words = text.split(':');
  const last = isLast && words.at(-1)?.includes('.') ? parseIpv4(words.pop() ?? '') : null;
  if (last === undefined || !words.every((word) => /^[0-9a-fA-F]+$/.test(word) && Number.parseInt(word, 16) <= 0xffff))
    return undefined;
  const groups = words.map((word) => Number.parseInt(word, 16));
  if (last !== null) groups.push(Number(last.value >> 16n), Number(last.value & 0xffffn));
  return { groups, isStrict: words.every((word) => word.length <= 4) && (last?.isStrict ?? true) };
}

/** An address and the length of its prefix, such as "10.0.0.0/8". */
export function parseRange(text: string): Range | undefined {
  const slash = text.indexOf('/');
  if (slash < 0) return undefined;
  const [address, length] = [parseAddress(text.slice(0, slash)), text.slice(slash + 1)];
  if (address === undefined || !/^\d+$/.test(length)) return undefined;
  const written = Number(length);
  const isLong = address.family === 6 || address.isMapped;
  if (written > (isLong ? IPV6_BITS : IPV4_BITS)) return undefined;
  const isStrict = address.isStrict && !/^0\d/.test(length);
  // Of an IPv4 address that is written as IPv6 the first 96 bits are the same for all.
  if (address.isMapped && written >= IPV6_BITS - IPV4_BITS) return rangeOf(address, written - 96, isStrict);
  if (!address.isMapped) return rangeOf(address, written, isStrict);
  const whole: Address = { ...address, family: 6, value: (MAPPED_PREFIX << 32n) | address.value };
  return { ...rangeOf(whole, written, isStrict), address };
}

function rangeOf(address: Address, prefix: number, isStrict: boolean): Range {
  const rest = BigInt((address.family === 4 ? IPV4_BITS : IPV6_BITS) - prefix);
  const first = { ...address, value: (address.value >> rest) << rest, isMapped: false };
  return { address, first, prefix, isStrict };
}

/** The one form that there is for an address; that of RFC 5952 for IPv6. */
export function addressText({ family, value }: Pick<Address, 'family' | 'value'>): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.');
  const groups = Array.from({ length: IPV6_GROUPS }, (_, index) =>
    Number((value >> BigInt(112 - 16 * index)) & 65535n),
  );
  const gap = longestZeros(groups);
  const words = (list: readonly number[]) => list.map((group) => group.toString(16)).join(':');
  if (gap.length < 2) return words(groups);
  return `${words(groups.slice(0, gap.start))}::${words(groups.slice(gap.start + gap.length))}`;
}

export function rangeText({ first, prefix }: Range): string {
  return `${addressText(first)}/${prefix}`;
}

/** The first of the longest runs of zeros. */
function longestZeros(groups: readonly number[]): { start: number; length: number } {
  let longest = { start: 0, length: 0 };
  let start = 0;
  for (const [index, group] of groups.entries()) {
    if (group !== 0) start = index + 1;
    else if (index + 1 - start > longest.length) longest = { start, length: index + 1 - start };
  }
  return longest;
}

/** Whether both families are among the addresses or ranges. */
export function areBothFamilies(items: readonly (Address | undefined)[]): boolean {
  return items.some((it) => it?.family === 4) && items.some((it) => it?.family === 6);
}

/** Whether an address begins with these bits. */
export function beginsWith({ family, value }: Address, text: string): boolean {
  const range = parseRange(text);
  if (range === undefined || range.first.family !== family) return false;
  const rest = BigInt((family === 4 ? IPV4_BITS : IPV6_BITS) - range.prefix);
  return value >> rest === range.first.value >> rest;
}
