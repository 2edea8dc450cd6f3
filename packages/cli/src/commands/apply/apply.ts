import { ApiError, isApiError, type KubeObject, parseLabelSelector } from '@keelson/api';
import type { Cluster } from '../../cluster/cluster.js';
import type { MappedResource } from '../../cluster/mapper.js';
import { defineCommand } from '../../command/command.js';
import type { Context } from '../../command/context.js';
import type { Flags } from '../../command/flags.js';
import { fieldFlags, fieldValidation, writeFlags } from '../../command/write-flags.js';
import { apiErrorText, CliError, errorText, UsageError } from '../../errors.js';
import { DefinedKinds } from '../../files/defined-kinds.js';
import { type Manifest, readManifests } from '../../files/read.js';
import { manifestTarget } from '../../files/target.js';
import { dryRunOption, printResult } from '../../print/result.js';
import { LAST_APPLIED, lastApplied, withLastApplied } from './last-applied.js';
import { applyPatch } from './patch.js';

const flags = {
  ...writeFlags,
  ...fieldFlags,
  filename: { type: 'list', whole: true, short: 'f', description: 'Files, folders or - to apply', value: 'FILE' },
  recursive: { type: 'boolean', short: 'R', default: false, description: 'Read folders within folders too' },
  selector: { type: 'string', short: 'l', description: 'Only objects with these labels', value: 'SELECTOR' },
  'server-side': { type: 'boolean', default: false, description: 'Let the server merge' },
  'force-conflicts': {
    type: 'boolean',
    default: false,
    description: 'With --server-side: take fields from other managers',
  },
  overwrite: {
    type: 'boolean',
    default: true,
    description: 'Accepted for scripts: what the manifest says always wins',
  },
} as const;

/** Managers are named as kubectl names itself, so that fields pass between the two tools without conflict. */
const CLIENT_SIDE_MANAGER = 'kubectl-client-side-apply';
const SERVER_SIDE_MANAGER = 'kubectl';
const CONFLICT_RETRIES = 5;

interface Applied {
  readonly object: KubeObject;
  readonly operation: string;
}

export const apply = defineCommand({
  name: 'apply',
  group: 'Basic',
  summary: 'Bring objects to what files say, creating those that are not there',
  usage: '-f FILE',
  examples: ['apply -f examples/', 'apply -f web.yaml --server-side', 'apply -f - < web.yaml'],
  flags,
  async run(context, { flags, positionals }) {
    if (positionals.length > 0) throw new UsageError(`unexpected arguments: ${positionals.join(' ')}`);
    if (flags.filename.length === 0) throw new UsageError('must specify one of -f: the files to apply');
    if (flags['server-side'] && flags['dry-run'] === 'client') {
      throw new UsageError("--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)");
    }
    if (flags['force-conflicts'] && !flags['server-side'])
      throw new UsageError('--force-conflicts only works with --server-side');
    const selector = parseLabelSelector(flags.selector ?? '');
    const manifests = (await readManifests(flags.filename, flags.recursive, context.io)).filter(({ object }) =>
      selector.matches(object.metadata.labels ?? {}),
    );
    if (manifests.length === 0) throw new CliError('no objects passed to apply');
    const cluster = await context.cluster();
    const defined = new DefinedKinds(cluster, context);
    let failures = 0;
    for (const manifest of manifests) {
      try {
        await defined.awaited(manifest);
        const { resource, namespace } = manifestTarget(manifest, cluster.mapper, context);
        const applied = await applyOne({ context, cluster, flags, manifest, resource, namespace });
        if (flags['dry-run'] === 'none') defined.stored(manifest.object);
        printResult(context, cluster, flags, { resource, ...applied });
      } catch (error) {
        failures++;
        context.warn(failureText(error, manifest));
      }
    }
    return failures > 0 ? 1 : 0;
  },
});

function failureText(error: unknown, { source }: Manifest): string {
  if (!(error instanceof ApiError) || error.cause !== undefined) return errorText(error);
  if (isApiError(error, 'Conflict') && error.message.startsWith('Apply failed')) return conflictText(error);
  return error.reason === 'Invalid' ? `The ${error.message}` : apiErrorText(error, `error when applying "${source}"`);
}

function conflictText(error: ApiError): string {
  return `error: ${error.message}
Other managers hold these fields. Either
* take them over, with --force-conflicts, or
* leave them out of the manifest, or
* write the values that they have now, and so share them.`;
}

interface ApplyCall {
  readonly context: Context;
  readonly cluster: Cluster;
  readonly flags: Flags<typeof flags>;
  readonly manifest: Manifest;
  readonly resource: MappedResource;
  readonly namespace: string;
}

async function applyOne(call: ApplyCall): Promise<Applied> {
  const { name } = call.manifest.object.metadata;
  if (!name) {
    if (call.manifest.object.metadata.generateName) {
      throw new CliError(`from ${call.manifest.object.metadata.generateName}: cannot use generate name with apply`);
    }
    throw new CliError(
      `error when retrieving current configuration of "${call.manifest.source}": resource name may not be empty`,
    );
  }
  if (call.flags['server-side']) return applyOnServer(call, name);
  for (let attempt = 1; ; attempt++) {
    try {
      return await applyOnClient(call, name);
    } catch (error) {
      if (!isApiError(error, 'Conflict') || attempt > CONFLICT_RETRIES) throw error;
    }
  }
}

async function applyOnServer(
  { cluster, flags, manifest, resource, namespace }: ApplyCall,
  name: string,
): Promise<Applied> {
  const object = await cluster.client.patch(resource, { namespace, name }, 'apply', manifest.object, {
    fieldManager: flags['field-manager'] ?? SERVER_SIDE_MANAGER,
    fieldValidation: fieldValidation(flags.validate),
    force: flags['force-conflicts'],
    ...dryRunOption(flags['dry-run']),
  });
  return { object, operation: 'serverside-applied' };
}

async function applyOnClient(call: ApplyCall, name: string): Promise<Applied> {
  const { context, cluster, flags, manifest, resource, namespace } = call;
  const settings = {
    fieldManager: flags['field-manager'] ?? CLIENT_SIDE_MANAGER,
    fieldValidation: fieldValidation(flags.validate),
    ...dryRunOption(flags['dry-run']),
  };
  const live = await existing(cluster, resource, namespace, name);
  const isDry = flags['dry-run'] === 'client';
  if (live === undefined) {
    const wanted = withLastApplied(manifest.object);
    return { object: isDry ? wanted : await cluster.client.create(resource, wanted, settings), operation: 'created' };
  }
  if (live.metadata.deletionTimestamp) {
    context.warn(`Warning: Detected changes to resource ${name} which is currently being deleted.`);
  }
  if (lastApplied(live) === undefined) {
    context.warn(
      `Warning: resource ${resource.plural}/${name} is missing the ${LAST_APPLIED} annotation which is required by keelctl apply. keelctl apply should only be used on resources created declaratively by either keelctl create --save-config or keelctl apply. The missing annotation will be patched automatically.`,
    );
  }
  const { type, patch, isEmpty } = applyPatch(resource, manifest.object, live);
  if (isEmpty) return { object: live, operation: 'unchanged' };
  if (isDry) return { object: live, operation: 'configured' };
  const object = await cluster.client.patch(resource, { namespace, name }, type, patch, settings);
  const isSame = object.metadata.resourceVersion === live.metadata.resourceVersion;
  return { object, operation: isSame ? 'unchanged' : 'configured' };
}

export async function existing(
  cluster: Cluster,
  resource: MappedResource,
  namespace: string,
  name: string,
): Promise<KubeObject | undefined> {
  try {
    return await cluster.client.get(resource, { namespace, name });
  } catch (error) {
    if (isApiError(error, 'NotFound')) return undefined;
    throw error;
  }
}
