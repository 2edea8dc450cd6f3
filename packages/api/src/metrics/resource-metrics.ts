/** metrics.k8s.io: what nodes and pods use. Nothing of it is stored, and no API server serves it by itself. */
import { customKind } from '../custom/custom-kind.js';
import type { CustomResourceDefinition, ObjectMeta, Time } from '../gen/types.js';
import type { Column, Kind, KubeObject, Verb } from '../kind.js';
import { addQuantities } from '../quantity.js';

/** Quantities by the names of resources. */
export type Usage = Readonly<Record<string, string>>;

interface Metrics {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  /** The end of the time that the figures are of. */
  timestamp: Time;
  /** How long that time is. */
  window: string;
}

export interface NodeMetrics extends Metrics {
  usage: Usage;
}

export interface ContainerMetrics {
  name: string;
  usage: Usage;
}

export interface PodMetrics extends Metrics {
  containers: ContainerMetrics[];
}

export const METRICS_API = { group: 'metrics.k8s.io', version: 'v1beta1' } as const;

const VERBS: readonly Verb[] = ['get', 'list'];

const TIMES = {
  timestamp: {
    type: 'string',
    format: 'date-time',
    description: 'The end of the interval that the metrics were collected in: [Timestamp-Window, Timestamp].',
  },
  window: {
    type: 'string',
    description: 'The length of the interval that the metrics were collected in: [Timestamp-Window, Timestamp].',
  },
};
const USAGE = {
  type: 'object',
  description: 'How much of each resource was used: CPU as the mean over the window, memory as its working set.',
  additionalProperties: { 'x-kubernetes-int-or-string': true },
};

/** What `kubectl get` shows, as upstream's metrics-server has it. */
function columns<T extends Metrics>(usageOf: (it: T) => Usage): Column<T>[] {
  const used = (name: string): Column<T> => ({
    ...{ name, type: 'string', format: 'quantity' },
    value: (it) => usageOf(it)[name] ?? '0',
  });
  return [
    { name: 'Name', type: 'string', format: 'name', description: 'Name of the resource', value: nameOf },
    ...['cpu', 'memory'].map(used),
    { name: 'Window', type: 'string', format: 'duration', value: ({ window }) => window },
  ];
}

function nameOf({ metadata }: KubeObject): string {
  return metadata.name ?? '';
}

/** What all containers of a pod use. */
export function podUsage({ containers }: Pick<PodMetrics, 'containers'>): Usage {
  const sum: Record<string, string> = {};
  for (const { usage } of containers)
    for (const [name, used] of Object.entries(usage)) sum[name] = addQuantities(sum[name] ?? '0', used);
  return sum;
}

/** The kinds of the group, for whoever serves it. */
export function metricsKinds(): { nodes: Kind<NodeMetrics>; pods: Kind<PodMetrics> } {
  const nodes = kindOf('nodes', 'NodeMetrics', 'Cluster', {
    description: 'NodeMetrics tells how much a node uses.',
    properties: { ...TIMES, usage: USAGE },
  });
  const container = { type: 'object', properties: { name: { type: 'string' }, usage: USAGE } };
  const pods = kindOf('pods', 'PodMetrics', 'Namespaced', {
    description: 'PodMetrics tells how much each container of a pod uses.',
    properties: { ...TIMES, containers: { type: 'array', items: container } },
  });
  const own = { singular: '', verbs: VERBS };
  return {
    nodes: { ...nodes, ...own, columns: columns<NodeMetrics>(({ usage }) => usage) } as unknown as Kind<NodeMetrics>,
    pods: { ...pods, ...own, columns: columns<PodMetrics>(podUsage) } as unknown as Kind<PodMetrics>,
  };
}

function kindOf(plural: string, kind: string, scope: 'Cluster' | 'Namespaced', schema: object): Kind {
  const { group, version } = METRICS_API;
  const openAPIV3Schema = { type: 'object', required: ['timestamp', 'window'], ...schema };
  const definition = {
    metadata: { name: `${plural}.${group}` },
    spec: {
      ...{ group, scope, names: { plural, kind, listKind: `${kind}List` } },
      versions: [{ name: version, served: true, storage: true, schema: { openAPIV3Schema } }],
    },
  };
  return customKind(definition as CustomResourceDefinition, version);
}
