import { hostPorts } from '../cache/node-info.js';
import type { Plugin } from '../framework/plugin.js';
import { pass, refuse } from '../framework/verdict.js';

/** A host port is given once on a node. */
export const nodePorts: Plugin = {
  name: 'NodePorts',
  retryAfter: ['NodeAdd', 'AssignedPodDelete'],
  filter: (pod, node) =>
    hostPorts(pod).some((port) => node.takes(port))
      ? refuse("node(s) didn't have free ports for the requested pod ports")
      : pass,
};
