/** An IPv4 range. */
export interface Cidr {
  readonly text: string;
  /** Addresses in it, the first and last included. */
  readonly size: number;
  at(index: number): string;
  contains(address: string): boolean;
}

/** Reads "10.96.0.0/16". Throws for anything that is not an IPv4 range. */
export function parseCidr(text: string): Cidr {
  const match = /^(\d+\.\d+\.\d+\.\d+)\/(\d+)$/.exec(text);
  const bits = Number(match?.[2]);
  const address = match === null ? undefined : toNumber(match[1]!);
  if (address === undefined || bits > 30) throw new Error(`"${text}" is not an IPv4 range such as 10.96.0.0/16`);
  const size = 2 ** (32 - bits);
  const first = Math.floor(address / size) * size;
  return {
    text,
    size,
    at: (index) => toText(first + index),
    contains(other) {
      const value = toNumber(other);
      return value !== undefined && value >= first && value < first + size;
    },
  };
}

function toNumber(address: string): number | undefined {
  const parts = address.split('.').map(Number);
  if (parts.length !== 4 || parts.some((part) => !(part >= 0 && part <= 255))) return undefined;
  return parts.reduce((value, part) => value * 256 + part, 0);
}

function toText(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}
