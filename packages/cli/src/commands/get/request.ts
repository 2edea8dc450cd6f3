import type { Cluster } from '../../cluster/cluster.js';
import type { Context } from '../../command/context.js';
import type { Flags } from '../../command/flags.js';
import { errorText } from '../../errors.js';
import type { Output } from '../../print/output.js';
import type { ResourceArgument } from '../../resources/arguments.js';
import type { getFlags } from './get.js';

/** A `get` whose arguments were understood. */
export interface GetRequest {
  readonly context: Context;
  readonly cluster: Cluster;
  readonly flags: Flags<typeof getFlags>;
  readonly output: Output;
  readonly chosen: readonly (ResourceArgument & { readonly namespace?: string })[];
}

export function namespaceOf(
  { context, flags }: GetRequest,
  { resource, namespace }: GetRequest['chosen'][number],
): string {
  if (!resource.namespaced || flags['all-namespaces']) return '';
  return namespace ?? context.namespace();
}

/** Goes on after a failure, so that what is there is shown; true when the failure counts. */
export function reportFailure({ context, flags }: GetRequest, error: unknown): boolean {
  if (flags['ignore-not-found'] && (error as { reason?: string }).reason === 'NotFound') return false;
  context.warn(errorText(error));
  return true;
}
