import {
  addQuantities,
  compareQuantities,
  type Node,
  type NodeMetrics,
  type PodMetrics,
  podUsage,
  quantityMilliValue,
  quantityValue,
} from '@keelson/api';

export type SortBy = 'cpu' | 'memory' | undefined;

type Usage = Readonly<Record<string, string>>;

const MEBI = 1024 * 1024;
const UNKNOWN = '<unknown>';

/** What each node uses, and how much of what it has; nodes that nobody says anything of come last. */
export function nodeRows(
  nodes: readonly Node[],
  metrics: readonly NodeMetrics[],
  { sortBy, capacity }: { readonly sortBy: SortBy; readonly capacity: boolean },
): string[][] {
  const resourcesOf = new Map(
    nodes.map(({ metadata, status }) => [
      metadata.name ?? '',
      (capacity ? status?.capacity : status?.allocatable) ?? {},
    ]),
  );
  const rows = sorted(metrics, ({ usage }) => usage, sortBy).map(({ metadata: { name = '' }, usage }) => {
    const has = resourcesOf.get(name) ?? {};
    resourcesOf.delete(name);
    const parts = (['cpu', 'memory'] as const).flatMap((it) => [amount(it, usage), share(usage[it], has[it])]);
    return [name, ...parts];
  });
  const silent = [...resourcesOf.keys()].sort().map((name) => [name, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN]);
  return [...rows, ...silent];
}

/** What each pod uses, or each of its containers. */
export function podRows(
  metrics: readonly PodMetrics[],
  { sortBy, containers, withNamespace }: { sortBy: SortBy; containers: boolean; withNamespace: boolean },
): string[][] {
  return sorted(metrics, podUsage, sortBy).flatMap((pod) => {
    const { name = '', namespace = '' } = pod.metadata;
    const place = withNamespace ? [namespace, name] : [name];
    const used = (usage: Usage) => [amount('cpu', usage), amount('memory', usage)];
    if (!containers) return [[...place, ...used(podUsage(pod))]];
    return pod.containers.map((it) => [...place, it.name, ...used(it.usage)]);
  });
}

/** All together, for a line below the others. */
export function sumOf(metrics: readonly PodMetrics[]): string[] {
  const all = (resource: 'cpu' | 'memory') =>
    metrics.map((it) => podUsage(it)[resource] ?? '0').reduce((total, used) => addQuantities(total, used), '0');
  const sum = { cpu: all('cpu'), memory: all('memory') };
  return [amount('cpu', sum), amount('memory', sum)];
}

function sorted<T extends PodMetrics | NodeMetrics>(
  items: readonly T[],
  usageOf: (item: T) => Usage,
  sortBy: SortBy,
): T[] {
  const place = ({ metadata }: T) => `${metadata.namespace ?? ''}/${metadata.name ?? ''}`;
  const byPlace = (a: T, b: T) => (place(a) < place(b) ? -1 : 1);
  if (sortBy === undefined) return [...items].sort(byPlace);
  const used = new Map(items.map((item) => [item, usageOf(item)[sortBy] ?? '0']));
  return [...items].sort((a, b) => compareQuantities(used.get(b)!, used.get(a)!) || byPlace(a, b));
}

function amount(resource: 'cpu' | 'memory', usage: Usage): string {
  const used = usage[resource] ?? '0';
  return resource === 'cpu' ? `${quantityMilliValue(used)}m` : `${Math.floor(quantityValue(used) / MEBI)}Mi`;
}

function share(used = '0', has: string | undefined): string {
  const whole = has === undefined ? 0 : quantityMilliValue(has);
  return whole === 0 ? UNKNOWN : `${Math.floor((quantityMilliValue(used) / whole) * 100)}%`;
}
