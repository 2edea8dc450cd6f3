import type { Service } from '../gen/types.js';
import { countName, type QuotaEvaluator } from './evaluator.js';

const COUNT = countName('', 'services');
const NAMES: ReadonlySet<string> = new Set([COUNT, 'services', 'services.nodeports', 'services.loadbalancers']);

/** Services use node ports and load balancers by their type, which may change. */
export const services: QuotaEvaluator = {
  handles: ({ operation }) => operation !== 'DELETE',
  matching: (names) => names.filter((name) => NAMES.has(name)),
  usage(object) {
    const { type, ports = [], allocateLoadBalancerNodePorts } = (object as Service).spec ?? {};
    const isBalanced = type === 'LoadBalancer';
    // What gets ports is not known to have them yet: what counts is what is asked for.
    const onlyNamed = isBalanced && allocateLoadBalancerNodePorts === false;
    const counted = onlyNamed ? ports.filter(({ nodePort }) => !!nodePort) : ports;
    const nodePorts = isBalanced || type === 'NodePort' ? counted.length : 0;
    return {
      [COUNT]: '1',
      services: '1',
      'services.nodeports': String(nodePorts),
      'services.loadbalancers': isBalanced ? '1' : '0',
    };
  },
};
