import type { KubeObject } from '@keelson/api';
import type { Cluster } from '../cluster/cluster.js';
import type { MappedResource } from '../cluster/mapper.js';
import type { Context } from '../command/context.js';
import type { FlagTable } from '../command/flags.js';
import { CliError, UsageError } from '../errors.js';
import { readManifests } from '../files/read.js';
import { manifestTarget } from '../files/target.js';
import { resourceArguments } from './arguments.js';

/** An object that a command is to work on. */
export interface Found {
  readonly resource: MappedResource;
  readonly namespace: string;
  readonly name: string;
  readonly object: KubeObject;
}

/** The flags by which commands choose objects. */
export const selectionFlags = {
  filename: {
    type: 'list',
    whole: true,
    short: 'f',
    description: 'Files, folders or - that name the objects',
    value: 'FILE',
  },
  recursive: { type: 'boolean', short: 'R', default: false, description: 'Read folders within folders too' },
  selector: { type: 'string', short: 'l', description: 'Label selector', value: 'SELECTOR' },
  all: { type: 'boolean', default: false, description: 'All objects of the types, in the namespace' },
} as const satisfies FlagTable;

export interface Choice {
  readonly words: readonly string[];
  readonly filename?: readonly string[];
  readonly recursive?: boolean;
  readonly selector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly all?: boolean;
  readonly allNamespaces?: boolean;
  /** Objects that are named but are not there are left out. */
  readonly ignoreNotFound?: boolean;
  readonly onMissing?: (error: unknown) => void;
}

/** Fetches what the words, files and selectors choose. Fails where a named object is missing. */
export async function findObjects(context: Context, cluster: Cluster, choice: Choice): Promise<Found[]> {
  if ((choice.filename ?? []).length > 0) return findByFile(context, cluster, choice);
  const chosen = resourceArguments(choice.words, cluster.mapper);
  if (chosen.length === 0) {
    throw new UsageError('must specify one of -f or a resource: TYPE/NAME, TYPE NAME, or TYPE with -l or --all');
  }
  const found: Found[] = [];
  for (const { resource, name } of chosen) {
    const namespace = resource.namespaced && choice.allNamespaces !== true ? context.namespace() : '';
    if (name === undefined) {
      if (!choice.all && choice.selector === undefined && choice.fieldSelector === undefined) {
        throw new CliError('resource(s) were provided, but no name was specified');
      }
      found.push(...(await listObjects(cluster, resource, namespace, choice)));
    } else {
      if (choice.selector !== undefined) throw new UsageError('name cannot be provided when a selector is specified');
      if (choice.all) throw new UsageError('setting --all and giving a name at once is not allowed');
      const one = await attempt(choice, () => cluster.client.get(resource, { namespace, name }));
      if (one !== undefined) found.push({ resource, namespace, name, object: one });
    }
  }
  return found;
}

async function attempt<T>(choice: Choice, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    const isMissing = (error as { reason?: string }).reason === 'NotFound';
    if (isMissing && choice.ignoreNotFound === true) return undefined;
    if (isMissing && choice.onMissing !== undefined) {
      choice.onMissing(error);
      return undefined;
    }
    throw error;
  }
}

export async function listObjects(
  cluster: Cluster,
  resource: MappedResource,
  namespace: string,
  { selector, fieldSelector }: Pick<Choice, 'selector' | 'fieldSelector'>,
): Promise<Found[]> {
  const found: Found[] = [];
  let continueToken: string | undefined;
  do {
    const page = await cluster.client.list(resource, {
      namespace,
      labelSelector: selector,
      fieldSelector,
      limit: 500,
      continueToken,
    });
    for (const object of page.items) {
      const { name = '', namespace: own = '' } = object.metadata;
      found.push({ resource, namespace: own, name, object });
    }
    continueToken = page.metadata.continue || undefined;
  } while (continueToken !== undefined);
  return found;
}

async function findByFile(context: Context, cluster: Cluster, choice: Choice): Promise<Found[]> {
  if (choice.words.length > 0) throw new UsageError('when paths are given by -f, no types or names may be given');
  const found: Found[] = [];
  for (const manifest of await readManifests(choice.filename ?? [], choice.recursive ?? false, context.io)) {
    const { resource, namespace } = manifestTarget(manifest, cluster.mapper, context);
    const name = manifest.object.metadata.name ?? '';
    const object = await attempt(choice, () => cluster.client.get(resource, { namespace, name }));
    if (object !== undefined) found.push({ resource, namespace, name, object });
  }
  return found;
}

/** `deployment.apps/web`. */
export function reference({ resource, name }: Pick<Found, 'resource' | 'name'>): string {
  return `${resource.singular}${resource.group === '' ? '' : `.${resource.group}`}/${name}`;
}
