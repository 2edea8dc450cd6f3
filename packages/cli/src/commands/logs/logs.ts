import { isApiError, type Pod } from '@keelson/api';
import { resources } from '@keelson/client';
import type { Cluster } from '../../cluster/cluster.js';
import { defineCommand } from '../../command/command.js';
import type { Context } from '../../command/context.js';
import type { Flags } from '../../command/flags.js';
import { CliError, errorText, INTERRUPTED, UsageError } from '../../errors.js';
import { resourceArguments } from '../../resources/arguments.js';
import { containerOf, podOf, podsOf } from '../../resources/pods.js';
import { prefixLines } from './prefix-lines.js';

const flags = {
  follow: { type: 'boolean', short: 'f', default: false, description: 'Go on as the log grows' },
  previous: { type: 'boolean', short: 'p', default: false, description: "Of the container's run before this one" },
  container: { type: 'string', short: 'c', description: 'Which container', value: 'NAME' },
  'all-containers': { type: 'boolean', default: false, description: 'Of every container of the pod' },
  'all-pods': { type: 'boolean', default: false, description: 'Of every pod of the workload' },
  selector: { type: 'string', short: 'l', description: 'Of the pods with these labels', value: 'SELECTOR' },
  tail: { type: 'integer', description: 'So many lines from the end; all, but 10 with -l' },
  since: { type: 'duration', description: 'What is younger than this' },
  'since-time': { type: 'string', description: 'What came after this time (RFC 3339)', value: 'TIME' },
  timestamps: { type: 'boolean', default: false, description: 'With the time of each line' },
  prefix: { type: 'boolean', default: false, description: 'With the pod and container of each line' },
  'limit-bytes': { type: 'integer', description: 'At most so many bytes' },
  'ignore-errors': { type: 'boolean', default: false, description: 'With -f: go on when one stream fails' },
  'max-log-requests': { type: 'integer', default: 5, description: 'With -f: at most so many streams' },
} as const;

type LogFlags = Flags<typeof flags>;

export const logs = defineCommand({
  name: 'logs',
  group: 'Troubleshooting',
  summary: 'Show what a container printed',
  usage: '(POD | TYPE/NAME | -l LABEL) [CONTAINER]',
  complete: 'pods',
  examples: [
    'logs web-1',
    'logs -f deploy/web',
    'logs -l app=web --all-containers --prefix',
    'logs web-1 --previous --tail=20',
  ],
  flags,
  async run(context, { flags, positionals }) {
    checkFlags(flags, positionals);
    const cluster = await context.cluster();
    const pods = await podsToRead(context, cluster, flags, positionals[0]);
    const sources = pods.flatMap((pod) =>
      containersToRead(context, pod, flags, positionals[1]).map((container) => ({ pod, container })),
    );
    if (flags.follow && sources.length > flags['max-log-requests']) {
      throw new CliError(
        `you are attempting to follow ${sources.length} log streams, but maximum allowed concurrency is ${flags['max-log-requests']}, use --max-log-requests to increase the limit`,
      );
    }
    if (!flags.follow) {
      for (const source of sources) await readLog(context, cluster, source, flags);
      return 0;
    }
    const ended = await Promise.allSettled(sources.map((source) => readLog(context, cluster, source, flags)));
    const failed = ended.filter((it) => it.status === 'rejected');
    for (const { reason } of failed) context.warn(errorText(reason));
    if (context.signal.aborted) return INTERRUPTED;
    return failed.length > 0 && !flags['ignore-errors'] ? 1 : 0;
  },
});

function checkFlags(flags: LogFlags, positionals: readonly string[]): void {
  if (positionals.length === 0 && flags.selector === undefined) {
    throw new UsageError(
      "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]': POD or TYPE/NAME is a required argument for the logs command",
    );
  }
  if (positionals.length > 0 && flags.selector !== undefined)
    throw new UsageError('only a selector (-l) or a POD name is allowed');
  if (flags.container !== undefined && flags['all-containers'])
    throw new UsageError('--all-containers=true should not be specified with container name');
  if (flags.since !== undefined && flags['since-time'] !== undefined)
    throw new UsageError('at most one of `--since-time` or `--since` may be specified');
  if (flags.since !== undefined && flags.since <= 0) throw new UsageError('--since must be greater than 0');
  if (flags.tail !== undefined && flags.tail < -1) throw new UsageError('--tail must be greater than or equal to -1');
  if (flags['limit-bytes'] !== undefined && flags['limit-bytes'] < 1)
    throw new UsageError('--limit-bytes must be greater than 0');
  if (flags['since-time'] !== undefined && Number.isNaN(Date.parse(flags['since-time']))) {
    throw new UsageError(`--since-time: "${flags['since-time']}" is not an RFC 3339 time such as 2026-01-02T15:04:05Z`);
  }
}

async function podsToRead(
  context: Context,
  cluster: Cluster,
  flags: LogFlags,
  word: string | undefined,
): Promise<Pod[]> {
  const namespace = context.namespace();
  if (flags.selector !== undefined) {
    const { items } = await cluster.client.list(resources.pods, { namespace, labelSelector: flags.selector });
    if (items.length === 0) context.warn(`No resources found in ${namespace} namespace.`);
    return items;
  }
  if (!flags['all-pods'] || word === undefined || !word.includes('/')) {
    const pod = await podOf(context, cluster, word);
    if (word?.includes('/') && !/^(po|pods?)\//.test(word)) await announceChoice(context, cluster, word, pod);
    return [pod];
  }
  const [argument] = resourceArguments([word], cluster.mapper);
  if (argument?.name === undefined) return [];
  const { resource, name } = argument;
  return podsOf(cluster, {
    resource,
    namespace,
    name,
    object: await cluster.client.get(resource, { namespace, name }),
  });
}

async function announceChoice(context: Context, cluster: Cluster, word: string, pod: Pod): Promise<void> {
  const [argument] = resourceArguments([word], cluster.mapper);
  if (argument?.name === undefined) return;
  const { resource, name } = argument;
  const namespace = context.namespace();
  const all = await podsOf(cluster, {
    resource,
    namespace,
    name,
    object: await cluster.client.get(resource, { namespace, name }),
  });
  if (all.length > 1) context.warn(`Found ${all.length} pods, using pod/${pod.metadata.name}`);
}

function containersToRead(context: Context, pod: Pod, flags: LogFlags, word: string | undefined): string[] {
  if (!flags['all-containers']) return [containerOf(context, pod, flags.container ?? word)];
  return [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])].map((it) => it.name ?? '');
}

async function readLog(
  context: Context,
  cluster: Cluster,
  { pod, container }: { readonly pod: Pod; readonly container: string },
  flags: LogFlags,
): Promise<void> {
  const { name = '', namespace = '' } = pod.metadata;
  const tail = flags.tail ?? (flags.selector === undefined ? -1 : 10);
  const request = {
    namespace,
    pod: name,
    container,
    follow: flags.follow,
    previous: flags.previous,
    timestamps: flags.timestamps,
    tailLines: tail < 0 ? undefined : tail,
    sinceSeconds: flags.since === undefined ? undefined : Math.max(1, Math.round(flags.since / 1000)),
    sinceTime: flags['since-time'],
    limitBytes: flags['limit-bytes'],
  };
  const pieces = cluster.pods.logs(request, { signal: context.signal });
  const shown = flags.prefix ? prefixLines(pieces, `[pod/${name}/${container}] `) : pieces;
  try {
    for await (const piece of shown) {
      if (!context.io.stdout.write(piece))
        await new Promise<void>((resolve) => context.io.stdout.once('drain', () => resolve()));
    }
  } catch (error) {
    if (isApiError(error) && !flags.follow && flags['ignore-errors']) context.warn(errorText(error));
    else throw error;
  }
}
