import type { Plugin } from '../framework/plugin.js';
import { nodeResourcesBalancedAllocation } from './balanced-allocation.js';
import { nodeAffinity } from './node-affinity.js';
import { nodeName } from './node-name.js';
import { nodePorts } from './node-ports.js';
import { nodeResourcesFit } from './node-resources-fit.js';
import { nodeUnschedulable } from './node-unschedulable.js';
import { taintToleration } from './taint-toleration.js';

/** The default profile, in the order in which filters run. */
export const defaultPlugins: readonly Plugin[] = [
  nodeUnschedulable,
  nodeName,
  taintToleration,
  nodeAffinity,
  nodePorts,
  nodeResourcesFit as Plugin,
  nodeResourcesBalancedAllocation as Plugin,
];
