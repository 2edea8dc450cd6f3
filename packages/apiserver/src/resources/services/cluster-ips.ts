import { apiErrors, fieldErrors, services } from '@keelson/api';
import type { Random } from '@keelson/service';
import { type Change, isSettled, refuse } from './families.js';
import type { AddressRange } from './range.js';

const { isHeadless, needsClusterIp } = services;

export interface AddressPool {
  readonly ranges: readonly AddressRange[];
  isTaken(address: string): boolean;
  readonly random: Random;
}

/** Gives a Service the addresses that it lacks, one of each of its families, and takes those that it names. */
export function giveClusterIps(change: Change, pool: AddressPool): void {
  const { next, old, name } = change;
  if (!needsClusterIp(next)) return;
  const isFirst = old === undefined || !needsClusterIp(old);
  if (isFirst ? isHeadless(next) : isSettled(change) || isHeadless(old)) return;
  const families = next.ipFamilies ?? [];
  // What there was stays; an update may add a second address.
  const from = isFirst ? 0 : 1;
  if (!isFirst && !(old.ipFamilies?.length === 1 && families.length === 2)) return;
  const given = [...(next.clusterIPs ?? [])];
  for (const [index, family] of families.entries()) {
    if (index < from) continue;
    const range = pool.ranges.find((it) => it.family === family);
    if (range === undefined) continue;
    const asked = given[index] ?? '';
    if (asked === '') given[index] = freeAddress(range, pool);
    else refuse(name, problemsOf(asked, next.clusterIPs ?? [], range, pool));
  }
  next.clusterIPs = given;
  if (given[0] !== undefined) next.clusterIP = given[0];
}

function freeAddress({ size, at }: AddressRange, { random, isTaken }: AddressPool): string {
  const start = random.integer(size);
  for (let step = 0; step < size; step++) {
    const address = at(1 + ((start + step) % size));
    if (!isTaken(address)) return address;
  }
  throw apiErrors.internalError(new Error('failed to allocate a serviceIP: range is full'));
}

function problemsOf(ip: string, all: readonly string[], range: AddressRange, pool: AddressPool) {
  const why = whyNot(ip, range, pool);
  if (why === undefined) return [];
  return [fieldErrors.invalid('spec.clusterIPs', all, `failed to allocate IP ${ip}: ${why}`)];
}

function whyNot(ip: string, range: AddressRange, { isTaken }: AddressPool): string | undefined {
  if (!range.contains(ip)) return 'the provided network does not match the current range';
  if (!range.isUsable(ip))
    return `the provided IP (${ip}) is not in the valid range. The range of valid IPs is ${range.text}`;
  return isTaken(ip) ? 'provided IP is already allocated' : undefined;
}
