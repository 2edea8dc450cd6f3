import { type KubeObject, type LabelSelector, labelMapMatcher, labelSelectorMatcher, type Pod } from '@keelson/api';
import { resources } from '@keelson/client';
import type { Cluster } from '../cluster/cluster.js';
import type { Context } from '../command/context.js';
import { CliError, UsageError } from '../errors.js';
import { resourceArguments } from './arguments.js';
import type { Found } from './found.js';

/** The pod that `pod`, `pod/x` or `deploy/x` means: of a workload's pods, the one most able to answer. */
export async function podOf(context: Context, cluster: Cluster, word: string | undefined): Promise<Pod> {
  if (word === undefined || word === '') throw new UsageError('pod, type/name or --filename must be specified');
  const [argument] = word.includes('/') ? resourceArguments([word], cluster.mapper) : [];
  const namespace = context.namespace();
  if (argument === undefined || argument.resource.plural === 'pods') {
    return cluster.client.get(resources.pods, { namespace, name: argument?.name ?? word });
  }
  const { resource, name = '' } = argument;
  const object = await cluster.client.get(resource, { namespace, name });
  const [first] = await podsOf(cluster, { resource, namespace, name, object });
  if (first === undefined) throw new CliError(`no pods found for ${resource.singular}/${name}`);
  return first;
}

/** The pods of a workload or a Service, the readiest and oldest first. */
export async function podsOf(cluster: Cluster, { object, namespace, resource, name }: Found): Promise<Pod[]> {
  if (resource.plural === 'pods') return [object as Pod];
  const labelSelector = podSelector(object);
  if (labelSelector === undefined)
    throw new CliError(`cannot find pods of ${resource.singular}/${name}: it selects none`);
  const { items } = await cluster.client.list(resources.pods, { namespace, labelSelector });
  return items.sort(byUsefulness);
}

/** In text form; undefined where the object selects no pods. */
export function podSelector(object: KubeObject): string | undefined {
  const { selector } =
    (object as unknown as { spec?: { selector?: LabelSelector | Record<string, string> } }).spec ?? {};
  if (selector === undefined || Object.keys(selector).length === 0) return undefined;
  const isMap = object.kind === 'Service' || object.kind === 'ReplicationController';
  return (
    isMap ? labelMapMatcher(selector as Record<string, string>) : labelSelectorMatcher(selector as LabelSelector)
  ).toString();
}

function byUsefulness(a: Pod, b: Pod): number {
  const rank = (pod: Pod) =>
    (pod.spec?.nodeName ? 0 : 8) +
    ({ Running: 0, Unknown: 1, Pending: 2 }[pod.status?.phase ?? ''] ?? 3) * 2 +
    (isReady(pod) ? 0 : 1);
  return rank(a) - rank(b) || ((a.metadata.creationTimestamp ?? '') < (b.metadata.creationTimestamp ?? '') ? -1 : 1);
}

export function isReady(pod: Pod): boolean {
  return pod.status?.conditions?.some((it) => it.type === 'Ready' && it.status === 'True') ?? false;
}

export function containerNames(pod: Pod): string[] {
  return (pod.spec?.containers ?? []).map((it) => it.name ?? '');
}

const DEFAULT_CONTAINER = 'kubectl.kubernetes.io/default-container';

/** The container that is meant; tells on standard error when it was one of several and nobody named it. */
export function containerOf(context: Context, pod: Pod, named: string | undefined, quiet = false): string {
  const own = containerNames(pod);
  if (named) {
    const all = [
      ...own,
      ...(pod.spec?.initContainers ?? []).map((it) => it.name),
      ...(pod.spec?.ephemeralContainers ?? []).map((it) => it.name),
    ];
    if (!all.includes(named)) throw new CliError(`container ${named} is not valid for pod ${pod.metadata.name}`);
    return named;
  }
  const chosen = pod.metadata.annotations?.[DEFAULT_CONTAINER];
  if (chosen !== undefined && own.includes(chosen)) return chosen;
  if (own.length > 1 && !quiet) {
    const inits = (pod.spec?.initContainers ?? []).map((it) => `${it.name} (init)`);
    context.warn(`Defaulted container "${own[0]}" out of: ${[...own, ...inits].join(', ')}`);
  }
  return own[0] ?? '';
}
