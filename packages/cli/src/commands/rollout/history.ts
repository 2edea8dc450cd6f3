import {
  type ControllerRevision,
  isControlledBy,
  type KubeObject,
  type LabelSelector,
  labelSelectorMatcher,
  narrowed,
  type PodTemplateSpec,
  parseInt64,
  type ReplicaSet,
} from '@keelson/api';
import { resources } from '@keelson/client';
import type { Cluster } from '../../cluster/cluster.js';
import { CliError } from '../../errors.js';
import type { Found } from '../../resources/found.js';

export const REVISION = 'deployment.kubernetes.io/revision';
export const CHANGE_CAUSE = 'kubernetes.io/change-cause';

/** The revision that a Deployment's annotation says, of up to 64 bits. */
export function revisionOf(object: KubeObject): number {
  return narrowed(parseInt64(object.metadata.annotations?.[REVISION] ?? '') ?? 0n) ?? 0;
}

/** One state that a workload was in. */
export interface Revision {
  readonly number: number;
  readonly changeCause: string;
  readonly source: ReplicaSet | ControllerRevision;
  /** The pod template that the workload had; a ControllerRevision keeps it in its data. */
  readonly template: PodTemplateSpec | undefined;
}

/** Oldest first. */
export async function revisionsOf(cluster: Cluster, found: Found): Promise<Revision[]> {
  const revisions =
    found.resource.plural === 'deployments'
      ? await replicaSets(cluster, found)
      : await controllerRevisions(cluster, found);
  return revisions.sort((a, b) => (a.number < b.number ? -1 : 1));
}

async function owned<T extends KubeObject>(
  found: Found,
  list: (namespace: string, labelSelector: string) => Promise<{ items: T[] }>,
): Promise<T[]> {
  const { selector } = (found.object as unknown as { spec: { selector: LabelSelector } }).spec;
  const { items } = await list(found.namespace, labelSelectorMatcher(selector).toString());
  return items.filter((it) => isControlledBy(it, found.object));
}

async function replicaSets(cluster: Cluster, found: Found): Promise<Revision[]> {
  const list = (namespace: string, labelSelector: string) =>
    cluster.client.list(resources.replicaSets, { namespace, labelSelector });
  return (await owned(found, list)).map((source) => ({
    number: revisionOf(source),
    changeCause: source.metadata.annotations?.[CHANGE_CAUSE] || '<none>',
    source,
    template: source.spec?.template as PodTemplateSpec | undefined,
  }));
}

async function controllerRevisions(cluster: Cluster, found: Found): Promise<Revision[]> {
  if (!['daemonsets', 'statefulsets'].includes(found.resource.plural)) {
    throw new CliError(`no history viewer has been implemented for ${found.resource.plural}`);
  }
  const list = (namespace: string, labelSelector: string) =>
    cluster.client.list(resources.controllerRevisions, { namespace, labelSelector });
  return (await owned(found, list)).map((source) => ({
    number: source.revision ?? 0,
    changeCause: source.metadata.annotations?.[CHANGE_CAUSE] || '<none>',
    source,
    template: (source.data as { spec?: { template?: PodTemplateSpec } } | undefined)?.spec?.template,
  }));
}
