import { isNodeRequired, matchesNodeTerm } from '@keelson/api';
import { normalizeByMax, type Plugin } from '../framework/plugin.js';
import { pass, refuseForGood } from '../framework/verdict.js';

/** Nodes that the pod's nodeSelector and node affinity ask for, and those that it prefers. */
export const nodeAffinity: Plugin = {
  name: 'NodeAffinity',
  weight: 2,
  retryAfter: ['NodeAdd', 'NodeUpdateLabel'],
  filter: (pod, { node }) =>
    isNodeRequired(pod, node) ? pass : refuseForGood("node(s) didn't match Pod's node affinity/selector"),
  score(pod, { node }) {
    const preferred = pod.spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    return preferred
      .filter((it) => it.preference !== undefined && matchesNodeTerm(it.preference, node))
      .reduce((sum, it) => sum + (it.weight ?? 0), 0);
  },
  normalize: normalizeByMax(false),
};
