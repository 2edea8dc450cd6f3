import type { Node } from '@keelson/api';
import type { Cluster } from '../../cluster/cluster.js';
import { type Command, defineCommand } from '../../command/command.js';
import type { Context } from '../../command/context.js';
import { UsageError } from '../../errors.js';
import { dryRunNote, dryRunOption } from '../../print/result.js';
import { type Found, findObjects } from '../../resources/found.js';

export const nodeFlags = {
  selector: { type: 'string', short: 'l', description: 'Nodes with these labels', value: 'SELECTOR' },
  'dry-run': {
    type: 'string',
    bare: 'client',
    default: 'none',
    choices: ['none', 'client', 'server'],
    description: 'Change nothing',
  },
} as const;

export const cordon = cordonCommand('cordon', true, 'Take no new pods on nodes');
export const uncordon = cordonCommand('uncordon', false, 'Take pods on nodes again');

function cordonCommand(name: string, unschedulable: boolean, summary: string): Command {
  return defineCommand({
    name,
    group: 'Cluster',
    summary,
    usage: 'NODE …',
    complete: 'nodes',
    examples: [`${name} node-1`],
    flags: nodeFlags,
    async run(context, { flags, positionals }) {
      const cluster = await context.cluster();
      for (const node of await findNodes(context, cluster, positionals, flags.selector)) {
        await setUnschedulable(context, cluster, node, unschedulable, flags['dry-run']);
      }
    },
  });
}

export async function findNodes(
  context: Context,
  cluster: Cluster,
  names: readonly string[],
  selector: string | undefined,
): Promise<Found[]> {
  if (names.length === 0 && selector === undefined) throw new UsageError('NODE: at least one node, or -l, is required');
  const words = names.map((name) => name.replace(/^(nodes?|no)\//, ''));
  return findObjects(context, cluster, { words: ['nodes', ...words], selector });
}

export async function setUnschedulable(
  context: Context,
  cluster: Cluster,
  { resource, name, object }: Found,
  unschedulable: boolean,
  dryRun: string,
): Promise<void> {
  const done = unschedulable ? 'cordoned' : 'uncordoned';
  const isSame = ((object as Node).spec?.unschedulable ?? false) === unschedulable;
  if (!isSame && dryRun !== 'client') {
    const patch = { spec: { unschedulable: unschedulable || null } };
    await cluster.client.patch(resource, { name }, 'strategic', patch, {
      fieldManager: 'kubectl-cordon',
      ...dryRunOption(dryRun),
    });
  }
  context.print(`node/${name} ${isSame ? `already ${done}` : done}${dryRunNote(dryRun)}`);
}
