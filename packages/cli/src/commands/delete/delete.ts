import { isApiError, type KubeObject, type Status } from '@keelson/api';
import type { Cluster } from '../../cluster/cluster.js';
import { singularName } from '../../cluster/mapper.js';
import { defineCommand } from '../../command/command.js';
import type { Context } from '../../command/context.js';
import type { Flags } from '../../command/flags.js';
import { CliError, errorText, UsageError } from '../../errors.js';
import { readManifests } from '../../files/read.js';
import { manifestTarget } from '../../files/target.js';
import { dryRunNote } from '../../print/result.js';
import { resourceArguments } from '../../resources/arguments.js';
import { type Found, listObjects, reference, selectionFlags } from '../../resources/found.js';
import { waitFor } from '../../resources/wait-for.js';

const flags = {
  ...selectionFlags,
  'all-namespaces': { type: 'boolean', short: 'A', default: false, description: 'Of every namespace' },
  'field-selector': { type: 'string', description: 'Field selector', value: 'SELECTOR' },
  'grace-period': { type: 'integer', default: -1, description: 'Seconds that pods get to end; negative: their own' },
  now: { type: 'boolean', default: false, description: 'As --grace-period=1' },
  force: { type: 'boolean', default: false, description: 'Delete at once, without asking the node' },
  cascade: {
    type: 'string',
    bare: 'background',
    default: 'background',
    choices: ['background', 'foreground', 'orphan', 'true', 'false'],
    description: 'What happens to what the object owns',
  },
  wait: { type: 'boolean', default: true, description: 'Return when the objects are gone' },
  timeout: { type: 'duration', default: 0, description: 'How long to wait; 0 for as long as it takes' },
  'ignore-not-found': { type: 'boolean', default: false, description: 'A missing object is no error' },
  'dry-run': {
    type: 'string',
    bare: 'client',
    default: 'none',
    choices: ['none', 'client', 'server'],
    description: 'Change nothing',
  },
  output: { type: 'string', short: 'o', choices: ['name'], description: 'Show names only', value: 'name' },
} as const;

type Target = Omit<Found, 'object'>;
type DeleteFlags = Flags<typeof flags>;

const PROPAGATION: Readonly<Record<string, 'Background' | 'Foreground' | 'Orphan'>> = {
  background: 'Background',
  true: 'Background',
  foreground: 'Foreground',
  orphan: 'Orphan',
  false: 'Orphan',
};

export const deleteCommand = defineCommand({
  name: 'delete',
  group: 'Basic',
  summary: 'Delete objects by file, name or label',
  usage: '(-f FILE | TYPE (NAME … | -l LABEL | --all) | TYPE/NAME …)',
  complete: 'resources',
  examples: [
    'delete -f examples/',
    'delete pod web-1',
    'delete pods -l app=web',
    'delete pod web-1 --grace-period=0 --force',
  ],
  flags,
  async run(context, { flags, positionals }) {
    const graceSeconds = gracePeriod(context, flags);
    const cluster = await context.cluster();
    const targets = await targetsOf(context, cluster, flags, positionals);
    if (targets.length === 0) {
      if (!flags['ignore-not-found']) context.print('No resources found');
      return 0;
    }
    let failures = 0;
    const leaving: { target: Target; uid: string }[] = [];
    for (const target of targets) {
      try {
        const uid = await deleteOne(cluster, target, flags, graceSeconds);
        report(context, target, flags);
        if (uid !== undefined) leaving.push({ target, uid });
      } catch (error) {
        if (isApiError(error, 'NotFound') && flags['ignore-not-found']) continue;
        failures++;
        context.warn(errorText(error));
      }
    }
    if (flags.wait && flags['dry-run'] === 'none') await untilGone(context, cluster, leaving, flags.timeout);
    return failures > 0 ? 1 : 0;
  },
});

function gracePeriod(context: Context, flags: DeleteFlags): number {
  const given = flags['grace-period'];
  if (flags.now && given >= 0) throw new UsageError('--now and --grace-period cannot be specified together');
  if (flags.force && given > 0)
    throw new UsageError('--force and --grace-period greater than 0 cannot be specified together');
  if (given === 0 && !flags.force) return 1;
  if (flags.force) {
    context.warn(
      'Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.',
    );
    return 0;
  }
  return flags.now ? 1 : given;
}

async function targetsOf(
  context: Context,
  cluster: Cluster,
  flags: DeleteFlags,
  words: readonly string[],
): Promise<Target[]> {
  if (flags.filename.length > 0) {
    if (words.length > 0) throw new UsageError('when paths are given by -f, no types or names may be given');
    const manifests = await readManifests(flags.filename, flags.recursive, context.io);
    return manifests.map((manifest) => ({
      ...manifestTarget(manifest, cluster.mapper, context),
      name: manifest.object.metadata.name ?? '',
    }));
  }
  if (words.length === 0)
    throw new UsageError('you must provide one or more resources: -f FILE, TYPE NAME, TYPE/NAME or TYPE -l LABEL');
  const isSelected = flags.all || flags.selector !== undefined || flags['field-selector'] !== undefined;
  const targets: Target[] = [];
  for (const { resource, name } of resourceArguments(words, cluster.mapper)) {
    const namespace = resource.namespaced && !flags['all-namespaces'] ? context.namespace() : '';
    if (name !== undefined) {
      if (isSelected) throw new UsageError('name cannot be provided when a selector or --all is specified');
      targets.push({ resource, namespace, name });
    } else {
      if (!isSelected) throw new CliError('resource(s) were provided, but no name was specified');
      if (!resource.verbs.includes('delete')) continue;
      targets.push(
        ...(await listObjects(cluster, resource, namespace, {
          selector: flags.selector,
          fieldSelector: flags['field-selector'],
        })),
      );
    }
  }
  return targets;
}

/** The uid of the object that is on its way out. */
async function deleteOne(
  cluster: Cluster,
  { resource, namespace, name }: Target,
  flags: DeleteFlags,
  graceSeconds: number,
): Promise<string | undefined> {
  if (flags['dry-run'] === 'client') {
    await cluster.client.get(resource, { namespace, name });
    return undefined;
  }
  const answer = await cluster.client.delete(
    resource,
    { namespace, name },
    {
      propagationPolicy: PROPAGATION[flags.cascade] ?? 'Background',
      ...(graceSeconds >= 0 ? { gracePeriodSeconds: graceSeconds } : {}),
      ...(flags['dry-run'] === 'server' ? { dryRun: ['All'] } : {}),
    },
  );
  if (answer.kind === 'Status') return (answer as Status).details?.uid;
  return (answer as KubeObject).metadata.uid;
}

function report(context: Context, target: Target, flags: DeleteFlags): void {
  if (flags.output === 'name') context.print(reference(target));
  else {
    const done = flags.force ? 'force deleted' : 'deleted';
    context.print(`${singularName(target.resource)} "${target.name}" ${done}${dryRunNote(flags['dry-run'])}`);
  }
}

/** An object that came anew under the old name has another uid: the one that was deleted is gone. */
async function untilGone(
  context: Context,
  cluster: Cluster,
  leaving: readonly { target: Target; uid: string }[],
  timeoutMs: number,
): Promise<void> {
  const end = context.clock.monotonic() + timeoutMs;
  for (const { target, uid } of leaving) {
    if (!target.resource.verbs.includes('watch')) continue;
    await waitFor(context, cluster, target, {
      timeoutMs: timeoutMs > 0 ? Math.max(1, end - context.clock.monotonic()) : 0,
      isDone: (object) => object === undefined || object.metadata.uid !== uid,
      onTimeout: () => new CliError(`timed out waiting for the condition on ${target.resource.plural}/${target.name}`),
    });
  }
}
