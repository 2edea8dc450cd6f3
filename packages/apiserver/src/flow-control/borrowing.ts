import { allocate } from './dispatch/seat-allocation.js';
import type { PriorityLevel } from './priority-level.js';

/**
 * Gives every level the seats that it is to have for now, by what it could have used lately: what one does not need
 * of the lendable part others may have. Returns the fraction of its target that each gets where its bounds let it.
 */
export function reallocate(levels: readonly PriorityLevel[], now: number): number {
  for (const level of levels) level.measure(now);
  const exempt = levels.filter((it) => it.isExempt);
  const limited = levels.filter((it) => !it.isExempt);
  const total = sum(levels, ({ seats }) => seats.nominal);
  // What is exempt takes what it takes.
  for (const level of exempt) level.give(Math.max(level.seats.min, level.demand.highWatermark), now);
  const left = total - sum(exempt, ({ current }) => current);
  for (const level of limited) {
    const target = Math.max(lowerBound(level), level.demand.smoothed);
    level.demand = { ...level.demand, target };
  }
  const { shares, fairFraction } = share(limited, left, total);
  for (const [index, level] of limited.entries()) level.give(Math.round(shares[index]!), now);
  return fairFraction;
}

function share(
  levels: readonly PriorityLevel[],
  left: number,
  total: number,
): { shares: readonly number[]; fairFraction: number } {
  const mins = sum(levels, ({ seats }) => seats.min);
  if (left <= mins) return { shares: levels.map(({ seats }) => seats.min), fairFraction: 0 };
  const bounds = sum(levels, lowerBound);
  if (left <= bounds) {
    const part = (left - mins) / (bounds - mins);
    const between = (level: PriorityLevel) => level.seats.min + (lowerBound(level) - level.seats.min) * part;
    return { shares: levels.map(between), fairFraction: 0 };
  }
  const claims = levels.map((level) => ({
    lowerBound: lowerBound(level),
    upperBound: level.seats.max,
    target: level.demand.target,
  }));
  return allocate(total, claims) ?? { shares: levels.map(({ current }) => current), fairFraction: 0 };
}

/** What it used lately of its own it keeps. */
function lowerBound({ seats, demand }: PriorityLevel): number {
  return Math.max(seats.min, Math.min(seats.nominal, demand.highWatermark));
}

function sum(levels: readonly PriorityLevel[], of: (level: PriorityLevel) => number): number {
  return levels.reduce((total, level) => total + of(level), 0);
}
