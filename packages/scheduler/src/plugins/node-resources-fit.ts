import type { NodeInfo } from '../cache/node-info.js';
import { nonZeroRequests, podRequests, type Resources } from '../cache/resources.js';
import { type Plugin, SCORE_MAX } from '../framework/plugin.js';
import { pass, type Verdict } from '../framework/verdict.js';

interface State {
  readonly requests: Resources;
  readonly nonZero: Resources;
}

/** A node has what the pod asks for, and the emptier it would be the better (LeastAllocated). */
export const nodeResourcesFit: Plugin<State> = {
  name: 'NodeResourcesFit',
  weight: 1,
  retryAfter: ['NodeAdd', 'NodeUpdateAllocatable', 'AssignedPodDelete', 'AssignedPodScaleDown'],
  prepare: ({ pod }) => ({ requests: podRequests(pod), nonZero: nonZeroRequests(pod) }),
  filter: (_pod, node, { requests }) => fits(node, requests),
  score(_pod, node, { nonZero }) {
    const scores = ['cpu', 'memory'].flatMap((name) => {
      const allocatable = node.allocatable[name] ?? 0;
      if (allocatable === 0) return [];
      const requested = (node.nonZeroRequested[name] ?? 0) + (nonZero[name] ?? 0);
      return [requested > allocatable ? 0 : Math.floor(((allocatable - requested) * SCORE_MAX) / allocatable)];
    });
    return scores.length === 0 ? 0 : Math.floor(scores.reduce((sum, it) => sum + it, 0) / scores.length);
  },
};

/** Everything that is short, in upstream's order: pods, cpu, memory, ephemeral storage, then the rest. */
function fits(node: NodeInfo, requests: Resources): Verdict {
  const reasons: string[] = [];
  let unresolvable = false;
  if (node.podCount + 1 > (node.allocatable['pods'] ?? 0)) reasons.push('Too many pods');
  const first = ['cpu', 'memory', 'ephemeral-storage'];
  const others = Object.keys(requests).filter((name) => !first.includes(name));
  for (const name of [...first, ...others]) {
    const wanted = requests[name] ?? 0;
    const allocatable = node.allocatable[name] ?? 0;
    if (wanted === 0 || wanted <= allocatable - (node.requested[name] ?? 0)) continue;
    reasons.push(`Insufficient ${name}`);
    // More than the whole node: whoever leaves, it will not fit.
    if (wanted > allocatable) unresolvable = true;
  }
  return reasons.length === 0 ? pass : { pass: false, reasons, unresolvable };
}
