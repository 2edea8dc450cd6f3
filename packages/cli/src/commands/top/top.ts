import { METRICS_API, type NodeMetrics, type PodMetrics } from '@keelson/api';
import { resources } from '@keelson/client';
import type { Cluster } from '../../cluster/cluster.js';
import { defineCommand } from '../../command/command.js';
import type { Context } from '../../command/context.js';
import { CliError, UsageError } from '../../errors.js';
import { tabulate } from '../../print/tabwriter.js';
import { nodeRows, podRows, type SortBy, sumOf } from './rows.js';

const flags = {
  selector: { type: 'string', short: 'l', description: 'Label selector', value: 'SELECTOR' },
  'sort-by': { type: 'string', description: 'cpu or memory, the most first', value: 'RESOURCE' },
  'no-headers': { type: 'boolean', default: false, description: 'Leave the header out' },
} as const;

const HEADER = ['CPU(cores)', 'MEMORY(bytes)'];
/** Younger pods have no figures yet. */
const FRESH_MS = 120_000;

const nodes = defineCommand({
  name: 'node',
  aliases: ['nodes', 'no'],
  summary: 'Show what nodes use',
  usage: '[NAME | -l SELECTOR]',
  complete: 'nodes',
  examples: ['top nodes', 'top node node-1', 'top nodes --sort-by cpu'],
  flags: {
    ...flags,
    'show-capacity': {
      type: 'boolean',
      default: false,
      description: 'Shares of all that nodes have, reserves included',
    },
  },
  async run(context, { flags: given, positionals }) {
    const [name] = oneName(positionals, given.selector);
    const sortBy = sortKey(given['sort-by']);
    const { client } = await withMetrics(context);
    const selection = { labelSelector: given.selector };
    const [known, metrics] = await Promise.all(
      name === undefined
        ? [
            client.list(resources.nodes, selection).then(({ items }) => items),
            client.list(resources.nodeMetrics, selection).then(({ items }) => items),
          ]
        : [
            client.get(resources.nodes, { name }).then((it) => [it]),
            client.get(resources.nodeMetrics, { name }).then((it): NodeMetrics[] => [it]),
          ],
    );
    const rows = nodeRows(known, metrics, { sortBy, capacity: given['show-capacity'] });
    const header = ['NAME', 'CPU(cores)', 'CPU(%)', 'MEMORY(bytes)', 'MEMORY(%)'];
    context.io.stdout.write(tabulate(given['no-headers'] ? rows : [header, ...rows]));
  },
});

const pods = defineCommand({
  name: 'pod',
  aliases: ['pods', 'po'],
  summary: 'Show what pods use',
  usage: '[NAME | -l SELECTOR]',
  complete: 'pods',
  examples: ['top pods', 'top pods -A --containers', 'top pods -l app=web --sort-by memory'],
  flags: {
    ...flags,
    'all-namespaces': { type: 'boolean', short: 'A', default: false, description: 'Of every namespace' },
    'field-selector': { type: 'string', description: 'Field selector', value: 'SELECTOR' },
    containers: { type: 'boolean', default: false, description: 'Each container by itself' },
    sum: { type: 'boolean', default: false, description: 'All together below' },
  },
  async run(context, { flags: given, positionals }) {
    const [name] = oneName(positionals, given.selector);
    const sortBy = sortKey(given['sort-by']);
    const { client } = await withMetrics(context);
    const all = given['all-namespaces'];
    const namespace = all ? '' : context.namespace();
    if (name !== undefined && all) throw new UsageError('a pod cannot be named across all namespaces');
    const selection = { namespace, labelSelector: given.selector, fieldSelector: given['field-selector'] };
    const metrics: PodMetrics[] =
      name === undefined
        ? (await client.list(resources.podMetrics, selection)).items
        : [await client.get(resources.podMetrics, { namespace, name })];
    if (metrics.length === 0) {
      const { items } = await client.list(resources.pods, selection);
      const old = items.find(
        ({ metadata: it }) => Date.parse(it.creationTimestamp ?? '') < context.clock.now() - FRESH_MS,
      );
      if (old !== undefined)
        throw new CliError(`Metrics not available for pod ${old.metadata.namespace}/${old.metadata.name}`);
      const where = all ? '' : ` in ${namespace} namespace`;
      context.warn(items.length > 0 ? `No metrics yet${where}.` : `No resources found${where}.`);
      return;
    }
    const rows = podRows(metrics, { sortBy, containers: given.containers, withNamespace: all });
    const place = [...(all ? ['NAMESPACE'] : []), ...(given.containers ? ['POD', 'NAME'] : ['NAME'])];
    if (given.sum) {
      const blank = place.map(() => '');
      rows.push([...blank, '________', '________'], [...blank, ...sumOf(metrics)]);
    }
    context.io.stdout.write(tabulate(given['no-headers'] ? rows : [[...place, ...HEADER], ...rows]));
  },
});

export const top = defineCommand({
  name: 'top',
  group: 'Cluster',
  summary: 'Show what nodes and pods use',
  usage: '(nodes | pods) [NAME]',
  examples: ['top nodes', 'top pods -A --containers'],
  subcommands: [nodes, pods],
});

function oneName(positionals: readonly string[], selector: string | undefined): readonly string[] {
  if (positionals.length > 1) throw new UsageError(`only one name can be given, not ${positionals.join(' ')}`);
  if (positionals.length === 1 && selector !== undefined)
    throw new UsageError('only one of NAME or --selector can be provided');
  return positionals;
}

function sortKey(text: string | undefined): SortBy {
  if (text === undefined || text === 'cpu' || text === 'memory') return text;
  throw new UsageError(`--sort-by accepts only cpu or memory, not "${text}"`);
}

async function withMetrics(context: Context): Promise<Cluster> {
  const cluster = await context.cluster();
  if (!cluster.discovered.resources.some(({ group }) => group === METRICS_API.group))
    throw new CliError('Metrics API not available');
  return cluster;
}
