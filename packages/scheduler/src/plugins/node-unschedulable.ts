import { isTolerated, type Taint } from '@keelson/api';
import type { Plugin } from '../framework/plugin.js';
import { pass, refuseForGood } from '../framework/verdict.js';

const UNSCHEDULABLE: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

/** A cordoned node takes only pods that tolerate that. */
export const nodeUnschedulable: Plugin = {
  name: 'NodeUnschedulable',
  retryAfter: ['NodeAdd', 'NodeUpdateTaint'],
  filter: (pod, { node }) =>
    node.spec?.unschedulable === true && !isTolerated(UNSCHEDULABLE, pod.spec?.tolerations ?? [])
      ? refuseForGood('node(s) were unschedulable')
      : pass,
};
