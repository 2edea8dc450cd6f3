import type { KubeObject } from '@keelson/api';
import { defineCommand } from '../../command/command.js';
import { writeFlags } from '../../command/write-flags.js';
import { CliError, UsageError } from '../../errors.js';
import { dryRunOption, printResult } from '../../print/result.js';
import { type Found, findObjects, selectionFlags } from '../../resources/found.js';
import { waitFor } from '../../resources/wait-for.js';

type Scaled = KubeObject & {
  spec?: { replicas?: number };
  status?: { replicas?: number; observedGeneration?: number };
};

export const scale = defineCommand({
  name: 'scale',
  group: 'Deploy',
  summary: 'Set how many replicas a workload has',
  usage: '(-f FILE | TYPE NAME | TYPE/NAME) --replicas=N',
  complete: 'resources',
  examples: ['scale deploy/web --replicas=5', 'scale --current-replicas=2 --replicas=3 deploy/web'],
  flags: {
    ...writeFlags,
    ...selectionFlags,
    replicas: { type: 'integer', description: 'How many replicas there are to be' },
    'current-replicas': { type: 'integer', default: -1, description: 'Only if there are this many now' },
    'resource-version': { type: 'string', default: '', description: 'Only if the object is at this version' },
    timeout: { type: 'duration', default: 0, description: 'Wait so long for the replicas to be there' },
  },
  async run(context, { flags, positionals }) {
    if (flags.replicas === undefined) throw new UsageError('required flag(s) "replicas" not set: --replicas=N');
    if (flags.replicas < 0)
      throw new UsageError(
        `The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0, got ${flags.replicas}`,
      );
    const replicas = flags.replicas;
    const cluster = await context.cluster();
    const found = await findObjects(context, cluster, { words: positionals, ...flags });
    if (found.length === 0) throw new CliError('no objects passed to scale');
    for (const it of found) {
      checkPreconditions(it, flags['current-replicas'], flags['resource-version']);
      const { resource, namespace, name } = it;
      if (!resource.subresources.includes('scale'))
        throw new CliError(`${resource.plural} "${name}" has no replicas to scale`);
      if (flags['dry-run'] !== 'client') {
        const settings = { subresource: 'scale', fieldManager: 'kubectl-scale', ...dryRunOption(flags['dry-run']) };
        await cluster.client.patch(resource, { namespace, name }, 'merge', { spec: { replicas } }, settings);
      }
      printResult(context, cluster, flags, { resource, object: it.object, operation: 'scaled' });
      if (flags.timeout > 0 && flags['dry-run'] === 'none') {
        await waitFor(context, cluster, it, {
          timeoutMs: flags.timeout,
          isDone: (object) => ((object as Scaled | undefined)?.status?.replicas ?? 0) === replicas,
          onTimeout: () =>
            new CliError(`timed out waiting for ${resource.plural}/${name} to have ${replicas} replicas`),
        });
      }
    }
  },
});

function checkPreconditions({ object, name }: Found, current: number, resourceVersion: string): void {
  const replicas = (object as Scaled).spec?.replicas;
  if (current >= 0 && replicas !== current)
    throw new CliError(`Expected replicas to be ${current}, was ${replicas ?? 0}: ${name}`);
  if (resourceVersion !== '' && object.metadata.resourceVersion !== resourceVersion) {
    throw new CliError(
      `Expected resource version to be ${resourceVersion}, was ${object.metadata.resourceVersion}: ${name}`,
    );
  }
}
