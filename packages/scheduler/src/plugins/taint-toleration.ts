import { isTolerated } from '@keelson/api';
import { normalizeByMax, type Plugin } from '../framework/plugin.js';
import { pass, refuseForGood } from '../framework/verdict.js';

/** Taints that a pod does not tolerate keep it away, or make the node less welcome. */
export const taintToleration: Plugin = {
  name: 'TaintToleration',
  weight: 3,
  retryAfter: ['NodeAdd', 'NodeUpdateTaint'],
  filter(pod, { node }) {
    const tolerations = pod.spec?.tolerations ?? [];
    const untolerated = node.spec?.taints?.some(
      (taint) => (taint.effect === 'NoSchedule' || taint.effect === 'NoExecute') && !isTolerated(taint, tolerations),
    );
    return untolerated === true ? refuseForGood('node(s) had untolerated taint(s)') : pass;
  },
  score(pod, { node }) {
    const tolerations = (pod.spec?.tolerations ?? []).filter((it) => !it.effect || it.effect === 'PreferNoSchedule');
    const taints = node.spec?.taints?.filter((taint) => taint.effect === 'PreferNoSchedule') ?? [];
    return taints.filter((taint) => !isTolerated(taint, tolerations)).length;
  },
  normalize: normalizeByMax(true),
};
