import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { KubeObject, PatchType } from '@keelson/api';
import { parse } from 'yaml';
import { defineCommand } from '../../command/command.js';
import { writeFlags } from '../../command/write-flags.js';
import { CliError, UsageError } from '../../errors.js';
import { dryRunOption, printResult } from '../../print/result.js';
import { findObjects } from '../../resources/found.js';

export const patch = defineCommand({
  name: 'patch',
  group: 'Advanced',
  summary: 'Change fields of objects',
  usage: '(-f FILE | TYPE NAME | TYPE/NAME) -p PATCH',
  complete: 'resources',
  examples: [
    `patch deploy web -p '{"spec":{"replicas":2}}'`,
    `patch svc web --type=json -p '[{"op":"remove","path":"/metadata/labels/x"}]'`,
  ],
  flags: {
    ...writeFlags,
    filename: { type: 'list', whole: true, short: 'f', description: 'Files that name the objects', value: 'FILE' },
    patch: { type: 'string', short: 'p', description: 'The patch, as JSON or YAML' },
    'patch-file': { type: 'string', description: 'A file with the patch', value: 'FILE' },
    type: {
      type: 'string',
      default: 'strategic',
      choices: ['strategic', 'merge', 'json'],
      description: 'What kind of patch it is',
    },
    subresource: { type: 'string', description: 'status or scale', choices: ['status', 'scale', 'resize'] },
    'field-manager': { type: 'string', default: 'kubectl-patch', description: 'Who the fields are said to belong to' },
  },
  async run(context, { flags, positionals }) {
    const body = readPatch(flags.patch, flags['patch-file'], context.io.cwd);
    const cluster = await context.cluster();
    for (const found of await findObjects(context, cluster, { words: positionals, filename: flags.filename })) {
      const { resource, namespace, name, object: old } = found;
      const settings = {
        fieldManager: flags['field-manager'],
        ...dryRunOption(flags['dry-run']),
        ...(flags.subresource === undefined ? {} : { subresource: flags.subresource }),
      };
      const isDry = flags['dry-run'] === 'client';
      const object: KubeObject = isDry
        ? old
        : await cluster.client.patch(resource, { namespace, name }, flags.type as PatchType, body, settings);
      const isSame = !isDry && object.metadata.resourceVersion === old.metadata.resourceVersion;
      printResult(context, cluster, flags, { resource, object, operation: isSame ? 'patched (no change)' : 'patched' });
    }
  },
});

function readPatch(text: string | undefined, file: string | undefined, cwd: string): unknown {
  if ((text === undefined) === (file === undefined))
    throw new UsageError('must specify exactly one of --patch (-p) or --patch-file');
  try {
    return parse(text ?? readFileSync(resolve(cwd, file ?? ''), 'utf8'));
  } catch (error) {
    const flag = text === undefined ? '--patch-file' : '--patch';
    throw new CliError(
      `${flag}: unable to parse ${JSON.stringify(text ?? file)}: ${(error as Error).message.split('\n')[0]}`,
      { cause: error },
    );
  }
}
