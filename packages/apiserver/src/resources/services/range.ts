import { addresses } from '@keelson/api';

/** No more addresses of a range than this are given out: those of an IPv6 one are too many to count. */
const SIZE_MAX = 2 ** 31;

/** A range of addresses for Services. */
export interface AddressRange {
  readonly text: string;
  readonly family: 'IPv4' | 'IPv6';
  /** Only the machine itself reaches what is there. */
  readonly isLoopback: boolean;
  /** Addresses in it that can be given out, beginning with the second of the range. */
  readonly size: number;
  /** `index` counts from zero, at the range's own address, which is not given out. */
  at(index: number): string;
  contains(address: string): boolean;
  /** Whether an address of the range is one that can be given out. */
  isUsable(address: string): boolean;
}

/** Reads "10.96.0.0/16". Throws for anything that is not a range with room for Services. */
export function parseAddressRange(text: string): AddressRange {
  const range = addresses.parseRange(text);
  const bits = range?.first.family === 4 ? 32 : 128;
  if (range === undefined || bits - range.prefix < 2)
    throw new Error(`"${text}" is not a range of addresses such as 10.96.0.0/16 or fd00:96::/112`);
  const { first, prefix } = range;
  const total = 1n << BigInt(bits - prefix);
  // The last address of an IPv4 range is for broadcasts.
  const usable = total - (first.family === 4 ? 2n : 1n);
  const offset = (address: string): bigint | undefined => {
    const parsed = addresses.parseAddress(address);
    if (parsed?.family !== first.family) return undefined;
    const distance = parsed.value - first.value;
    return distance >= 0n && distance < total ? distance : undefined;
  };
  return {
    text: addresses.rangeText(range),
    family: first.family === 4 ? 'IPv4' : 'IPv6',
    isLoopback: addresses.beginsWith(first, first.family === 4 ? '127.0.0.0/8' : '::1/128'),
    size: usable > SIZE_MAX ? SIZE_MAX : Number(usable),
    at: (index) => addresses.addressText({ ...first, value: first.value + BigInt(index) }),
    contains: (address) => offset(address) !== undefined,
    isUsable(address) {
      const distance = offset(address);
      return distance !== undefined && distance > 0n && distance <= usable;
    },
  };
}

/** Reads one range, or one of each family with a comma between them. Throws for anything else. */
export function parseAddressRanges(text: string): AddressRange[] {
  const ranges = text.split(',').map((part) => parseAddressRange(part.trim()));
  if (ranges.length > 2 || (ranges.length === 2 && ranges[0]?.family === ranges[1]?.family))
    throw new Error(`"${text}" has more than one range of the same family`);
  return ranges;
}
