import { defineCommand } from '../../command/command.js';
import { fieldFlags, fieldValidation, writeFlags } from '../../command/write-flags.js';
import { UsageError } from '../../errors.js';
import { readManifests } from '../../files/read.js';
import { manifestTarget } from '../../files/target.js';
import { dryRunOption, printResult } from '../../print/result.js';
import { waitFor } from '../../resources/wait-for.js';
import { existing } from '../apply/apply.js';

export const replace = defineCommand({
  name: 'replace',
  group: 'Advanced',
  summary: 'Put files in the place of objects',
  usage: '-f FILE',
  examples: ['replace -f web.yaml', 'replace --force -f pod.yaml'],
  flags: {
    ...writeFlags,
    ...fieldFlags,
    filename: { type: 'list', whole: true, short: 'f', description: 'Files, folders or -', value: 'FILE' },
    recursive: { type: 'boolean', short: 'R', default: false, description: 'Read folders within folders too' },
    force: { type: 'boolean', default: false, description: 'Delete the objects and create them anew' },
  },
  async run(context, { flags }) {
    if (flags.filename.length === 0) throw new UsageError('must specify --filename to replace');
    const cluster = await context.cluster();
    const settings = {
      fieldManager: flags['field-manager'] ?? 'kubectl-replace',
      fieldValidation: fieldValidation(flags.validate),
      ...dryRunOption(flags['dry-run']),
    };
    for (const manifest of await readManifests(flags.filename, flags.recursive, context.io)) {
      const { resource, namespace } = manifestTarget(manifest, cluster.mapper, context);
      const { object } = manifest;
      const name = object.metadata.name ?? '';
      if (flags.force && flags['dry-run'] === 'none') {
        const live = await existing(cluster, resource, namespace, name);
        if (live !== undefined) {
          await cluster.client.delete(
            resource,
            { namespace, name },
            { propagationPolicy: 'Background', gracePeriodSeconds: 0 },
          );
          const onTimeout = () => new Error('timed out');
          await waitFor(
            context,
            cluster,
            { resource, namespace, name },
            { timeoutMs: 0, isDone: (it) => it?.metadata.uid !== live.metadata.uid, onTimeout },
          );
          context.print(`${resource.singular} "${name}" deleted`);
        }
        const created = await cluster.client.create(resource, object, settings);
        printResult(context, cluster, flags, { resource, object: created, operation: 'replaced' });
        continue;
      }
      const isDry = flags['dry-run'] === 'client';
      // Not every kind is replaced without a word about which version is.
      if (!isDry && !object.metadata.resourceVersion) {
        const live = await existing(cluster, resource, namespace, name);
        if (live !== undefined) object.metadata.resourceVersion = live.metadata.resourceVersion;
      }
      const written = isDry ? object : await cluster.client.update(resource, object, settings);
      printResult(context, cluster, flags, { resource, object: written, operation: 'replaced' });
    }
  },
});
