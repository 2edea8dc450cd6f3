import { ApiError } from '@keelson/api';
import { defineCommand } from '../../command/command.js';
import { fieldFlags, fieldValidation, writeFlags } from '../../command/write-flags.js';
import { apiErrorText, errorText, UsageError } from '../../errors.js';
import { DefinedKinds } from '../../files/defined-kinds.js';
import { readManifests } from '../../files/read.js';
import { manifestTarget } from '../../files/target.js';
import { dryRunOption, printResult } from '../../print/result.js';
import { withLastApplied } from '../apply/last-applied.js';
import { CREATE_MANAGER } from './create-manager.js';
import { generators } from './generators.js';

export const create = defineCommand({
  name: 'create',
  group: 'Basic',
  summary: 'Create objects from files, or of one type from flags',
  usage: '-f FILE',
  examples: [
    'create -f web.yaml',
    'create deployment web --image=node --replicas=2',
    'create configmap settings --from-literal=colour=blue',
  ],
  subcommands: generators,
  flags: {
    ...writeFlags,
    ...fieldFlags,
    filename: {
      type: 'list',
      whole: true,
      short: 'f',
      description: 'Files, folders or - to create from',
      value: 'FILE',
    },
    recursive: { type: 'boolean', short: 'R', default: false, description: 'Read folders within folders too' },
    'save-config': { type: 'boolean', default: false, description: 'Keep what apply needs later' },
  },
  async run(context, { flags }) {
    if (flags.filename.length === 0)
      throw new UsageError("must specify -f, or a type to create: see 'keelctl create --help'");
    const manifests = await readManifests(flags.filename, flags.recursive, context.io);
    const cluster = await context.cluster();
    const defined = new DefinedKinds(cluster, context);
    let failures = 0;
    for (const manifest of manifests) {
      try {
        await defined.awaited(manifest);
        const { resource } = manifestTarget(manifest, cluster.mapper, context);
        const wanted = flags['save-config'] ? withLastApplied(manifest.object) : manifest.object;
        const settings = {
          fieldManager: flags['field-manager'] ?? CREATE_MANAGER,
          fieldValidation: fieldValidation(flags.validate),
          ...dryRunOption(flags['dry-run']),
        };
        const isDry = flags['dry-run'] === 'client';
        const object = isDry ? wanted : await cluster.client.create(resource, wanted, settings);
        if (flags['dry-run'] === 'none') defined.stored(manifest.object);
        printResult(context, cluster, flags, { resource, object, operation: 'created' });
      } catch (error) {
        failures++;
        const isAnswer = error instanceof ApiError && error.cause === undefined;
        const isInvalid = isAnswer && error.reason === 'Invalid';
        context.warn(
          isAnswer && !isInvalid ? apiErrorText(error, `error when creating "${manifest.source}"`) : errorText(error),
        );
      }
    }
    return failures > 0 ? 1 : 0;
  },
});
