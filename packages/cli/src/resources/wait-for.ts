import { isApiError, type KubeObject } from '@keelson/api';
import type { Cluster } from '../cluster/cluster.js';
import type { MappedResource } from '../cluster/mapper.js';
import type { Context } from '../command/context.js';
import { CliError, INTERRUPTED } from '../errors.js';

interface ObjectRef {
  readonly resource: MappedResource;
  readonly namespace: string;
  readonly name: string;
}

/**
 * Follows one object until `isDone` says so of it, or of its absence. Throws `onTimeout()` when `timeoutMs` passes
 * first; no time limit when that is not positive.
 */
export async function waitFor(
  context: Context,
  cluster: Cluster,
  target: ObjectRef,
  options: {
    readonly timeoutMs: number;
    readonly isDone: (object: KubeObject | undefined) => boolean;
    readonly onTimeout: () => Error;
  },
): Promise<void> {
  const late = new AbortController();
  const timer = options.timeoutMs > 0 ? context.clock.after(options.timeoutMs, () => late.abort()) : undefined;
  const signal = AbortSignal.any([context.signal, late.signal]);
  try {
    while (!signal.aborted) {
      if (await followOnce(cluster, target, options.isDone, signal)) return;
    }
  } finally {
    timer?.cancel();
  }
  throw context.signal.aborted ? new CliError('interrupted', { code: INTERRUPTED }) : options.onTimeout();
}

/** One list and one watch; false when the watch ended, or is too old, before the object was as wanted. */
async function followOnce(
  cluster: Cluster,
  { resource, namespace, name }: ObjectRef,
  isDone: (object: KubeObject | undefined) => boolean,
  signal: AbortSignal,
): Promise<boolean> {
  const selection = { namespace, fieldSelector: `metadata.name=${name}` };
  try {
    const list = await cluster.client.list(resource, selection);
    if (isDone(list.items[0])) return true;
    const resourceVersion = list.metadata.resourceVersion ?? '';
    const watch = cluster.client.watch(resource, { ...selection, resourceVersion, allowWatchBookmarks: true, signal });
    for await (const { type, object } of watch) {
      if (type === 'BOOKMARK') continue;
      if (isDone(type === 'DELETED' ? undefined : object)) return true;
    }
  } catch (error) {
    // With its kind the object is gone too.
    if (isApiError(error, 'NotFound') && isDone(undefined)) return true;
    if (!isApiError(error) || error.code !== 410) throw error;
  }
  return false;
}
