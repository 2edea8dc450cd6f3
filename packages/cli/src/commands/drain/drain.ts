import { controllerOf, isApiError, type KubeObject, type Pod } from '@keelson/api';
import { resources } from '@keelson/client';
import type { Cluster } from '../../cluster/cluster.js';
import { defineCommand } from '../../command/command.js';
import type { Context } from '../../command/context.js';
import type { Flags } from '../../command/flags.js';
import { CliError } from '../../errors.js';
import type { Found } from '../../resources/found.js';
import { waitFor } from '../../resources/wait-for.js';
import { choosePods } from './choose-pods.js';
import { findNodes, nodeFlags, setUnschedulable } from './cordon.js';

const flags = {
  ...nodeFlags,
  'pod-selector': { type: 'string', description: 'Only pods with these labels', value: 'SELECTOR' },
  'ignore-daemonsets': { type: 'boolean', default: false, description: 'Leave pods of DaemonSets where they are' },
  'delete-emptydir-data': {
    type: 'boolean',
    default: false,
    description: 'Move pods whose emptyDir is lost with them',
  },
  force: { type: 'boolean', default: false, description: 'Delete pods that nothing brings back' },
  'disable-eviction': { type: 'boolean', default: false, description: 'Delete, past what PodDisruptionBudgets allow' },
  'grace-period': { type: 'integer', default: -1, description: 'Seconds that pods get to end; negative: their own' },
  timeout: { type: 'duration', default: 0, description: 'How long; 0 for as long as it takes' },
} as const;

type DrainFlags = Flags<typeof flags>;
/** How long to wait before an eviction that a budget refused is asked for again. */
const RETRY_MS = 5_000;

export const drain = defineCommand({
  name: 'drain',
  group: 'Cluster',
  summary: 'Move the pods of nodes elsewhere and take no new ones',
  usage: 'NODE …',
  complete: 'nodes',
  examples: ['drain node-1 --ignore-daemonsets', 'drain node-1 --force --grace-period=60'],
  flags,
  async run(context, { flags, positionals }) {
    const cluster = await context.cluster();
    for (const node of await findNodes(context, cluster, positionals, flags.selector)) {
      await setUnschedulable(context, cluster, node, true, flags['dry-run']);
      await drainNode(context, cluster, node, flags);
      context.print(`node/${node.name} drained${flags['dry-run'] === 'none' ? '' : ' (dry run)'}`);
    }
  },
});

async function drainNode(context: Context, cluster: Cluster, node: Found, flags: DrainFlags): Promise<void> {
  const fieldSelector = `spec.nodeName=${node.name}`;
  const { items } = await cluster.client.list(resources.pods, { fieldSelector, labelSelector: flags['pod-selector'] });
  const rules = {
    force: flags.force,
    ignoreDaemonSets: flags['ignore-daemonsets'],
    deleteEmptyDirData: flags['delete-emptydir-data'],
  };
  const { leaving, warnings, errors } = choosePods(items, rules, await daemonSetsOf(cluster, items));
  if (errors.length > 0) {
    const text = errors.length === 1 ? errors[0] : `[${errors.join(', ')}]`;
    throw new CliError(
      `unable to drain node "${node.name}" due to error: ${text}, continuing command...\nThere are pending nodes to be drained:\n ${node.name}\n${text}`,
    );
  }
  for (const warning of warnings) context.warn(`Warning: ${warning}`);
  const end = context.clock.monotonic() + flags.timeout;
  await Promise.all(leaving.map((pod) => move(context, cluster, pod, flags, end)));
}

async function daemonSetsOf(cluster: Cluster, pods: readonly Pod[]): Promise<Set<string>> {
  if (!pods.some((pod) => controllerOf(pod)?.kind === 'DaemonSet')) return new Set();
  const { items } = await cluster.client.list(resources.daemonSets);
  return new Set(items.map((it) => `${it.metadata.namespace}/${it.metadata.name}`));
}

async function move(context: Context, cluster: Cluster, pod: Pod, flags: DrainFlags, end: number): Promise<void> {
  const { name = '', namespace = '', uid } = pod.metadata;
  const isDry = flags['dry-run'] !== 'none';
  context.print(
    `${flags['disable-eviction'] ? 'deleting' : 'evicting'} pod ${namespace}/${name}${isDry ? ' (dry run)' : ''}`,
  );
  if (isDry) return;
  const deleteOptions = flags['grace-period'] >= 0 ? { gracePeriodSeconds: flags['grace-period'] } : {};
  const left = () => (flags.timeout > 0 ? Math.max(1, end - context.clock.monotonic()) : 0);
  if (flags['disable-eviction'])
    await ignoringMissing(cluster.client.delete(resources.pods, { namespace, name }, deleteOptions));
  else await evict(context, cluster, pod, deleteOptions, () => flags.timeout > 0 && context.clock.monotonic() > end);
  await waitFor(
    context,
    cluster,
    { resource: cluster.mapper.find('pods'), namespace, name },
    {
      timeoutMs: left(),
      isDone: (object) => object === undefined || object.metadata.uid !== uid,
      onTimeout: () =>
        new CliError(
          `error when waiting for pod "${name}" in namespace "${namespace}" to terminate: global timeout reached: ${flags.timeout / 1000}s`,
        ),
    },
  );
  context.print(`pod/${name} ${flags['disable-eviction'] ? 'deleted' : 'evicted'}`);
}

/** Asks again while a PodDisruptionBudget says no. */
async function evict(
  context: Context,
  cluster: Cluster,
  pod: Pod,
  deleteOptions: object,
  isLate: () => boolean,
): Promise<void> {
  const { name = '', namespace = '' } = pod.metadata;
  const eviction = {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name, namespace },
    deleteOptions,
  } as KubeObject;
  for (;;) {
    try {
      await ignoringMissing(cluster.client.create({ ...resources.pods }, eviction as Pod, { subresource: 'eviction' }));
      return;
    } catch (error) {
      if (!isApiError(error) || error.code !== 429 || isLate()) throw error;
      context.warn(
        `error when evicting pods/"${name}" -n "${namespace}" (will retry after ${RETRY_MS / 1000}s): ${error.message}`,
      );
      await context.clock.sleep(RETRY_MS, context.signal);
    }
  }
}

async function ignoringMissing(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!isApiError(error, 'NotFound')) throw error;
  }
}
