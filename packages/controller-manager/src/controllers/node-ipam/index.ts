import type { Node } from '@keelson/api';
import { resources } from '@keelson/client';
import { list } from '@keelson/service';
import { type Decision, NOTHING, patch, tell } from '../../framework/actions.js';
import { configured } from '../../framework/configured.js';
import type { Controller } from '../../framework/controller.js';
import { reconciler } from '../../framework/reconciler.js';
import { RangePool } from './range-pool.js';

export interface NodeIpamSettings {
  /** From which nodes get their pods' addresses; of each family one at most. */
  readonly clusterCidrs: readonly string[];
  /** Not to be given to nodes, should they overlap. */
  readonly serviceCidrs: readonly string[];
  readonly maskSize: { readonly ipv4: number; readonly ipv6: number };
}

export const nodeIpamController = configured({
  name: 'node-ipam',
  flags: {
    'allocate-node-cidrs': { type: 'boolean', default: false, description: 'Give each node a range for its pods' },
    'cluster-cidr': {
      type: 'string',
      default: '',
      description: 'Ranges that nodes get theirs from, one of each family: 10.244.0.0/16,fd00:10:244::/56',
    },
    'service-cluster-ip-range': {
      type: 'string',
      default: '',
      description: 'Ranges of Services, which no node gets a part of',
    },
    'node-cidr-mask-size': { type: 'number', default: 0, description: "Bits of a node's mask, if of one family" },
    'node-cidr-mask-size-ipv4': { type: 'number', default: 24, description: "Bits of a node's mask" },
    'node-cidr-mask-size-ipv6': { type: 'number', default: 64, description: "Bits of a node's mask" },
  },
  check(args) {
    if (!args['allocate-node-cidrs']) return undefined;
    if (args['cluster-cidr'] === '') return '--cluster-cidr: must be given with --allocate-node-cidrs';
    try {
      poolsOf(settingsOf(args));
      return undefined;
    } catch (error) {
      return `--cluster-cidr: ${(error as Error).message}`;
    }
  },
  make: (args) => (args['allocate-node-cidrs'] ? nodeIpam(settingsOf(args)) : undefined),
});

function settingsOf(args: {
  readonly 'cluster-cidr': string;
  readonly 'service-cluster-ip-range': string;
  readonly 'node-cidr-mask-size': number;
  readonly 'node-cidr-mask-size-ipv4': number;
  readonly 'node-cidr-mask-size-ipv6': number;
}): NodeIpamSettings {
  const both = args['node-cidr-mask-size'];
  return {
    clusterCidrs: list(args['cluster-cidr']),
    serviceCidrs: list(args['service-cluster-ip-range']),
    maskSize: { ipv4: both || args['node-cidr-mask-size-ipv4'], ipv6: both || args['node-cidr-mask-size-ipv6'] },
  };
}

/** Gives each node a range for its pods, and takes it back when the node is gone. */
export function nodeIpam(settings: NodeIpamSettings): Controller {
  return reconciler<Node>({
    name: 'node-ipam',
    resource: resources.nodes,
    concurrency: { workers: 30 },
    setUp({ owners }) {
      const pools = poolsOf(settings);
      const occupy = (node: Node) => {
        for (const range of node.spec?.podCIDRs ?? []) for (const pool of pools) pool.occupy(range);
      };
      owners.addHandler({
        onAdd: occupy,
        onUpdate: occupy,
        onDelete(node) {
          for (const range of node.spec?.podCIDRs ?? []) for (const pool of pools) pool.release(range);
        },
      });
      return (node) => allocate(node, pools);
    },
  });
}

/** @throws Error that names the range which is wrong */
export function poolsOf({ clusterCidrs, serviceCidrs, maskSize }: NodeIpamSettings): RangePool[] {
  const pools = clusterCidrs.map((it) => new RangePool(it, it.includes(':') ? maskSize.ipv6 : maskSize.ipv4));
  if (new Set(pools.map((it) => it.family)).size < pools.length)
    throw new Error(`${clusterCidrs.join(',')}: at most one range of each family`);
  for (const pool of pools) for (const range of serviceCidrs) pool.occupy(range);
  return pools;
}

function allocate(node: Node, pools: readonly RangePool[]): Decision {
  if ((node.spec?.podCIDRs ?? []).length > 0 || node.metadata.deletionTimestamp !== undefined) return NOTHING;
  const { name, uid } = node.metadata;
  const ranges: string[] = [];
  const release = () => {
    for (const [at, range] of ranges.entries()) pools[at]!.release(range);
  };
  for (const pool of pools) {
    const range = pool.take();
    if (range === undefined) {
      release();
      // Events about nodes name them by their names, as all that look for them do.
      const about = { apiVersion: 'v1', kind: 'Node', metadata: { name: name ?? '', uid: name ?? '' } };
      const text = `Node ${name} status is now: CIDRNotAvailable`;
      return {
        steps: [[tell('Normal', 'CIDRNotAvailable', text, about)]],
        again: 60_000,
      };
    }
    ranges.push(range);
  }
  const spec = { podCIDR: ranges[0], podCIDRs: ranges };
  return {
    // Of this very node: one that was made again under its name is looked at by itself.
    steps: [[patch(resources.nodes, node, 'strategic', { metadata: { uid }, spec }, { ignore: ['NotFound'] })]],
    afterwards: (failure) => {
      if (failure !== undefined) release();
      return [];
    },
  };
}
