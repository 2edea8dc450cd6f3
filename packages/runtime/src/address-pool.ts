import { RuntimeError } from './errors.js';

/** IPv4 addresses of a range for pods. An address is used again as late as possible: caches of clients go stale first. */
export class AddressPool {
  readonly #first: number;
  readonly #size: number;
  readonly #held = new Set<number>();
  #next = 0;

  /** `cidr` as "127.10.1.0/24". The network's own and its broadcast address are not given out. */
  constructor(cidr: string) {
    const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(cidr);
    const octets = match?.slice(1, 5).map(Number) ?? [];
    const bits = Number(match?.[5]);
    if (match === null || octets.some((octet) => octet > 255) || bits < 8 || bits > 30) {
      throw new RuntimeError('invalid', `"${cidr}" is not an IPv4 range of /8 to /30, as 127.10.1.0/24`);
    }
    const mask = (0xffffffff << (32 - bits)) >>> 0;
    this.#first = (toNumber(octets) & mask) >>> 0;
    this.#size = 2 ** (32 - bits);
  }

  /** Marks an address as held, as it is when read back from disk; addresses of another range are passed over. */
  hold(address: string): void {
    const offset = this.#offset(address);
    if (offset === undefined) return;
    this.#held.add(offset);
    this.#next = (offset + 1) % this.#size;
  }

  take(): string {
    for (let tried = 0; tried < this.#size; tried++) {
      const offset = (this.#next + tried) % this.#size;
      if (offset === 0 || offset === this.#size - 1 || this.#held.has(offset)) continue;
      this.#held.add(offset);
      this.#next = (offset + 1) % this.#size;
      return toText(this.#first + offset);
    }
    throw new RuntimeError(
      'exhausted',
      `all ${this.#size - 2} pod addresses are in use: give --pod-cidr a wider range`,
    );
  }

  release(address: string): void {
    const offset = this.#offset(address);
    if (offset !== undefined) this.#held.delete(offset);
  }

  #offset(address: string): number | undefined {
    const offset = toNumber(address.split('.').map(Number)) - this.#first;
    return offset >= 0 && offset < this.#size ? offset : undefined;
  }
}

function toNumber(octets: readonly number[]): number {
  return octets.reduce((sum, octet) => sum * 256 + octet, 0);
}

function toText(value: number): string {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');
}
