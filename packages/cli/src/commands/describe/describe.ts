import type { KubeObject } from '@keelson/api';
import type { Cluster } from '../../cluster/cluster.js';
import { defineCommand } from '../../command/command.js';
import type { Context } from '../../command/context.js';
import { errorText, UsageError } from '../../errors.js';
import { resourceArguments } from '../../resources/arguments.js';
import { type Found, findObjects, listObjects, selectionFlags } from '../../resources/found.js';
import { Description } from './description.js';
import { events, eventsOf } from './events.js';
import { describerOf, WITHOUT_EVENTS } from './kinds/index.js';

export const describe = defineCommand({
  name: 'describe',
  group: 'Troubleshooting',
  summary: 'Show all that is known of objects, with their events',
  usage: '(-f FILE | TYPE [NAME PREFIX | -l LABEL] | TYPE/NAME)',
  complete: 'resources',
  examples: ['describe pod web-1', 'describe node/node-0', 'describe pods -l app=web'],
  flags: {
    filename: selectionFlags.filename,
    recursive: selectionFlags.recursive,
    selector: selectionFlags.selector,
    'all-namespaces': { type: 'boolean', short: 'A', default: false, description: 'Of every namespace' },
    'show-events': { type: 'boolean', default: true, description: 'With the events of each object' },
  },
  async run(context, { flags, positionals }) {
    if (positionals.length === 0 && flags.filename.length === 0)
      throw new UsageError('you must specify the type of resource to describe');
    const cluster = await context.cluster();
    const { found, failures } = await choose(context, cluster, flags, positionals);
    for (const [at, it] of found.entries()) {
      if (at > 0) context.io.stdout.write('\n\n');
      context.io.stdout.write(await describeObject(context, cluster, it, flags['show-events']));
    }
    if (found.length === 0 && failures === 0) {
      context.warn(
        flags['all-namespaces'] ? 'No resources found' : `No resources found in ${context.namespace()} namespace.`,
      );
    }
    return failures > 0 ? 1 : 0;
  },
});

interface DescribeFlags {
  readonly filename: readonly string[];
  readonly recursive: boolean;
  readonly selector: string | undefined;
  readonly 'all-namespaces': boolean;
}

async function choose(
  context: Context,
  cluster: Cluster,
  flags: DescribeFlags,
  words: readonly string[],
): Promise<{ found: Found[]; failures: number }> {
  if (flags.filename.length > 0)
    return { found: await findObjects(context, cluster, { words, ...flags }), failures: 0 };
  const found: Found[] = [];
  let failures = 0;
  for (const { resource, name } of resourceArguments(words, cluster.mapper)) {
    const namespace = resource.namespaced && !flags['all-namespaces'] ? context.namespace() : '';
    if (name === undefined)
      found.push(...(await listObjects(cluster, resource, namespace, { selector: flags.selector })));
    else {
      try {
        found.push({ resource, namespace, name, object: await cluster.client.get(resource, { namespace, name }) });
      } catch (error) {
        const alike =
          (error as { code?: number }).code === 404 ? await listObjects(cluster, resource, namespace, {}) : [];
        const prefixed = alike.filter((it) => it.name.startsWith(name));
        if (prefixed.length === 0) {
          failures++;
          context.warn(errorText(error));
        }
        found.push(...prefixed);
      }
    }
  }
  return { found, failures };
}

async function describeObject(
  context: Context,
  cluster: Cluster,
  { object }: Found,
  withEvents: boolean,
): Promise<string> {
  const now = new Date(context.clock.now());
  const out = new Description();
  await describerOf(object)(out, object, { cluster, now });
  if (withEvents && !WITHOUT_EVENTS.has(`${object.apiVersion}/${object.kind}`)) {
    events(out, await eventsOf(cluster, object as KubeObject), now);
  }
  return out.toString();
}
