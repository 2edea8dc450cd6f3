import { podRequests, type Resources } from '../cache/resources.js';
import { type Plugin, SCORE_MAX } from '../framework/plugin.js';

/** Prefers nodes whose cpu and memory would be used to the same share. */
export const nodeResourcesBalancedAllocation: Plugin<Resources> = {
  name: 'NodeResourcesBalancedAllocation',
  weight: 1,
  retryAfter: [],
  prepare: ({ pod }) => podRequests(pod),
  score(_pod, node, requests) {
    // A pod that asks for nothing balances nothing.
    if (Object.keys(requests).length === 0) return 0;
    const shares = ['cpu', 'memory'].flatMap((name) => {
      const allocatable = node.allocatable[name] ?? 0;
      if (allocatable === 0) return [];
      return [Math.min(1, ((node.requested[name] ?? 0) + (requests[name] ?? 0)) / allocatable)];
    });
    return Math.floor((1 - deviation(shares)) * SCORE_MAX);
  },
};

function deviation(shares: readonly number[]): number {
  if (shares.length < 2) return 0;
  if (shares.length === 2) return Math.abs(shares[0]! - shares[1]!) / 2;
  const mean = shares.reduce((sum, it) => sum + it, 0) / shares.length;
  return Math.sqrt(shares.reduce((sum, it) => sum + (it - mean) ** 2, 0) / shares.length);
}
