import type { Plugin } from '../framework/plugin.js';
import { pass, refuseForGood } from '../framework/verdict.js';

/** A pod that names its node goes nowhere else. */
export const nodeName: Plugin = {
  name: 'NodeName',
  retryAfter: ['NodeAdd'],
  filter: (pod, node) =>
    !pod.spec?.nodeName || pod.spec.nodeName === node.name
      ? pass
      : refuseForGood("node(s) didn't match the requested node name"),
};
