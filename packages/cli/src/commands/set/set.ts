import type { Container, KubeObject, PodTemplateSpec } from '@keelson/api';
import { defineCommand } from '../../command/command.js';
import { writeFlags } from '../../command/write-flags.js';
import { CliError, UsageError } from '../../errors.js';
import { dryRunOption, printResult } from '../../print/result.js';
import { findObjects, selectionFlags } from '../../resources/found.js';

type Templated = KubeObject & {
  spec?: { template?: PodTemplateSpec; containers?: Container[]; initContainers?: Container[] };
};

/** A pod's own spec or the one of a workload's template, with the patch that reaches it. */
export function podSpecOf(
  object: KubeObject,
): { containers: Container[]; initContainers: Container[]; wrap(spec: object): object } | undefined {
  const { spec } = object as Templated;
  const inside = spec?.template?.spec ?? (spec?.containers === undefined ? undefined : spec);
  if (inside === undefined) return undefined;
  const isTemplate = spec?.template !== undefined;
  return {
    containers: (inside.containers ?? []) as Container[],
    initContainers: (inside.initContainers ?? []) as Container[],
    wrap: (patch) => ({ spec: isTemplate ? { template: { spec: patch } } : patch }),
  };
}

const setImage = defineCommand({
  name: 'image',
  summary: 'Set the images of containers',
  usage: '(-f FILE | TYPE NAME | TYPE/NAME) CONTAINER=IMAGE …',
  complete: 'resources',
  examples: ['set image deploy/web server=node:22', 'set image ds/reporter *=node:22'],
  flags: { ...writeFlags, ...selectionFlags },
  async run(context, { flags, positionals }) {
    const { words, pairs } = splitPairs(positionals, 'image');
    const cluster = await context.cluster();
    for (const found of await findObjects(context, cluster, { words, ...flags })) {
      const { resource, namespace, name, object } = found;
      const pod = podSpecOf(object);
      if (pod === undefined) throw new CliError(`${resource.plural}/${name} has no containers`);
      const patch = imagePatch(pod, pairs);
      if (patch === undefined) continue;
      const settings = { fieldManager: 'kubectl-set', ...dryRunOption(flags['dry-run']) };
      const isDry = flags['dry-run'] === 'client';
      const written = isDry
        ? object
        : await cluster.client.patch(resource, { namespace, name }, 'strategic', pod.wrap(patch), settings);
      printResult(context, cluster, flags, { resource, object: written, operation: 'image updated' });
    }
  },
});

export function imagePatch(
  pod: { containers: readonly Container[]; initContainers: readonly Container[] },
  pairs: ReadonlyMap<string, string>,
): object | undefined {
  const all = [...pod.containers, ...pod.initContainers];
  for (const name of pairs.keys()) {
    if (name !== '*' && !all.some((it) => it.name === name))
      throw new CliError(`unable to find container named "${name}"`);
  }
  const changed = (list: readonly Container[]) =>
    list.flatMap(({ name, image }) => {
      const wanted = pairs.get(name ?? '') ?? pairs.get('*');
      return wanted === undefined || wanted === image ? [] : [{ name, image: wanted }];
    });
  const [containers, initContainers] = [changed(pod.containers), changed(pod.initContainers)];
  if (containers.length + initContainers.length === 0) return undefined;
  return { ...(containers.length > 0 ? { containers } : {}), ...(initContainers.length > 0 ? { initContainers } : {}) };
}

function splitPairs(positionals: readonly string[], what: string): { words: string[]; pairs: Map<string, string> } {
  const words = positionals.filter((word) => !word.includes('='));
  const pairs = new Map(
    positionals
      .filter((word) => word.includes('='))
      .map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]),
  );
  if (pairs.size === 0) throw new UsageError(`at least one ${what} update is required: CONTAINER=IMAGE`);
  return { words, pairs };
}

const setEnv = defineCommand({
  name: 'env',
  summary: 'Set environment variables of containers',
  usage: '(-f FILE | TYPE NAME | TYPE/NAME) KEY=VALUE … KEY- …',
  complete: 'resources',
  examples: ['set env deploy/web COLOUR=blue', 'set env deploy/web COLOUR-'],
  flags: {
    ...writeFlags,
    ...selectionFlags,
    containers: {
      type: 'string',
      short: 'c',
      default: '*',
      description: 'Name of the containers; * in it for any text',
    },
    list: { type: 'boolean', default: false, description: 'Show the variables' },
  },
  async run(context, { flags, positionals }) {
    const isChange = (word: string) => /^[A-Za-z_.-][\w.-]*(=.*|-)$/s.test(word);
    const changes = positionals.filter(isChange);
    if (changes.length === 0 && !flags.list)
      throw new UsageError('at least one environment variable must be provided: KEY=VALUE or KEY-');
    const fits = new RegExp(`^${flags.containers.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`);
    const cluster = await context.cluster();
    const words = positionals.filter((word) => !isChange(word));
    for (const { resource, namespace, name, object } of await findObjects(context, cluster, { words, ...flags })) {
      const pod = podSpecOf(object);
      if (pod === undefined) throw new CliError(`${resource.plural}/${name} has no containers`);
      const containers = pod.containers.filter((it) => fits.test(it.name ?? ''));
      if (flags.list) {
        for (const container of containers) {
          context.print(`# ${resource.plural} ${name}, container ${container.name}`);
          for (const { name: key, value, valueFrom } of container.env ?? []) {
            context.print(
              valueFrom === undefined ? `${key}=${value ?? ''}` : `# ${key} from ${Object.keys(valueFrom)[0]}`,
            );
          }
        }
        continue;
      }
      const patch = pod.wrap({ containers: containers.map((it) => ({ name: it.name, env: changes.map(envPatch) })) });
      const settings = { fieldManager: 'kubectl-set', ...dryRunOption(flags['dry-run']) };
      const isDry = flags['dry-run'] === 'client';
      const written = isDry
        ? object
        : await cluster.client.patch(resource, { namespace, name }, 'strategic', patch, settings);
      printResult(context, cluster, flags, { resource, object: written, operation: 'env updated' });
    }
  },
});

function envPatch(change: string): object {
  const equals = change.indexOf('=');
  if (equals < 0) return { $patch: 'delete', name: change.slice(0, -1) };
  return { name: change.slice(0, equals), value: change.slice(equals + 1), valueFrom: null };
}

export const set = defineCommand({
  name: 'set',
  group: 'Basic',
  summary: 'Set parts of objects: image, env',
  subcommands: [setImage, setEnv],
});
