import type { KubeObject } from '@keelson/api';
import type { Cluster } from '../cluster/cluster.js';
import { type MappedResource, singularName } from '../cluster/mapper.js';
import type { Context } from '../command/context.js';
import { objectText, parseOutput, withoutManagedFields } from './output.js';

interface ResultFlags {
  readonly output: string | undefined;
  readonly 'dry-run': string;
}

/** Says what was done to an object, `deployment.apps/web created`, or shows the object where -o asks for it. */
export function printResult(
  context: Context,
  cluster: Pick<Cluster, 'mapper'>,
  flags: ResultFlags,
  done: { readonly resource: MappedResource; readonly object: KubeObject; readonly operation: string },
): void {
  const { resource, object, operation } = done;
  const output = parseOutput(flags.output);
  if (output.type === 'table') {
    context.print(
      `${singularName(resource)}/${object.metadata.name ?? ''} ${operation}${dryRunNote(flags['dry-run'])}`,
    );
  } else context.io.stdout.write(objectText(output, withoutManagedFields(object), cluster.mapper));
}

export function dryRunNote(dryRun: string): string {
  return { client: ' (dry run)', server: ' (server dry run)' }[dryRun] ?? '';
}

/** The dryRun option of a request. */
export function dryRunOption(dryRun: string): { dryRun?: string[] } {
  return dryRun === 'server' ? { dryRun: ['All'] } : {};
}
